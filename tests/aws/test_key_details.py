"""What only makes the digest more useful is read if it can be, and never stops a run."""

from datetime import timedelta

import pytest

from key_rotation.domain.execution import TimeBudget
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import refused

ALIAS = "example-prod"
TOTAL = timedelta(minutes=16)


@pytest.fixture
def aliased(account: AwsAccount) -> AwsAccount:
    """An account with an alias, and a stale key with a description and a newer key beside it."""
    account.clients.iam.create_account_alias(AccountAlias=ALIAS)
    key_id = account.create_key("alice", age=83)
    account.create_key("alice", age=1)
    account.tag_key("alice", key_id, "CI upload")
    return account


def test_the_digest_gives_alias_description_and_newer_key(aliased: AwsAccount) -> None:
    aliased.run()
    text = aliased.messages[-1]["text"]
    assert text.startswith(f"Key rotation in account {ALIAS} (")
    assert "description: CI upload" in text
    assert "newer key AKIA" in text


@pytest.mark.parametrize("call", ["ListAccountAliases", "ListUserTags"])
@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "ServiceFailure"])
def test_a_detail_that_cannot_be_read_is_left_out_and_the_notice_is_given(
    aliased: AwsAccount, call: str, code: str
) -> None:
    with refused(aliased, f"iam.{call}", code):
        response = aliased.run()
    assert (len(response["noticed"]), response["failed"]) == (1, [])
    text = aliased.messages[-1]["text"]
    assert (ALIAS in text, "CI upload" in text) == (
        call != "ListAccountAliases",
        call != "ListUserTags",
    )


@pytest.mark.parametrize(("left", "read"), [(2.01, True), (2, False), (0.5, False)])
def test_details_are_not_read_in_the_last_eighth_of_the_time(
    aliased: AwsAccount, left: float, *, read: bool
) -> None:
    """So that the digest is published before Lambda ends the function."""
    aliased.run_within(TimeBudget(lambda: timedelta(minutes=left), TOTAL))
    message = aliased.messages[-1]
    assert len(message["data"]["noticed"]) == 1
    assert (ALIAS in message["text"], "CI upload" in message["text"]) == (read, read)


def test_a_description_that_cannot_be_read_again_is_kept(aliased: AwsAccount) -> None:
    """A key that was turned on again gets its next notice with the description of the first."""
    [first] = aliased.run()["noticed"]
    aliased.run_after(7)
    aliased.set_status("alice", first["access_key_id"], "Active")
    aliased.now += timedelta(days=1)
    with refused(aliased, "iam.ListUserTags", "Throttling"):
        aliased.run()
    [noticed] = aliased.messages[-1]["data"]["noticed"]
    assert noticed["description"] == "CI upload"
    watch = aliased.watch(first["access_key_id"])
    assert watch is not None
    assert watch["description"] == "CI upload"


def test_the_json_has_the_tags_that_say_who_is_responsible(account: AwsAccount) -> None:
    """Also where owners get no mail: then others can route the notice."""
    account.create_key("alice", age=83)
    tags = {"Owner": "Alice", "team": "payments", "contact": "#payments", "cost-centre": "42"}
    account.clients.iam.tag_user(
        UserName="alice", Tags=[{"Key": name, "Value": value} for name, value in tags.items()]
    )
    account.run()

    [entry] = account.messages[-1]["data"]["noticed"]

    assert entry["tags"] == {"Owner": "Alice", "team": "payments", "contact": "#payments"}
    assert "owner" not in entry
