"""What a run could not report is reported by a later run, as it is by then."""

from datetime import timedelta

import pytest

from key_rotation.errors import PublishError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import refused


def deactivate_unreported(account: AwsAccount, *, silent_days: int) -> str:
    """Deactivate a key of alice, while SNS refuses every message for some days; returns its id."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=6)
    with refused(account, "sns.Publish"):
        for _ in range(silent_days):
            account.now += timedelta(days=1)
            with pytest.raises(PublishError):
                account.run()
    assert account.status(key_id) == "Inactive"
    return key_id


@pytest.mark.parametrize(("grace", "silent_days"), [("1", 1), ("1", 9), ("30", 1), ("30", 34)])
def test_a_late_message_names_the_one_day_that_will_come(
    account: AwsAccount, grace: str, silent_days: int
) -> None:
    """The key is deleted on the day that all entries of the message name."""
    account.put_parameters(grace_days=grace)
    key_id = deactivate_unreported(account, silent_days=silent_days)
    account.now += timedelta(days=1)
    account.run()
    data = account.messages[-1]["data"]
    days = {e["due"] for section in ("deactivated", "upcoming") for e in data[section]}
    [day] = days
    assert day > f"{account.now:%Y-%m-%d}"
    while f"{account.now:%Y-%m-%d}" < day:
        assert account.status(key_id) == "Inactive"
        account.now += timedelta(days=1)
        account.run()
    assert account.status(key_id) is None


def test_a_late_message_about_a_key_that_cannot_be_read_names_a_day_that_is_kept(
    account: AwsAccount,
) -> None:
    """Its window is over, and the next run of the same day must not delete it."""
    account.put_parameters(grace_days="1")
    key_id = deactivate_unreported(account, silent_days=3)
    account.now += timedelta(days=1)
    with refused(account, "iam.GetAccessKeyLastUsed", "AccessDenied"):
        account.run()
    [entry] = account.messages[-1]["data"]["deactivated"]
    assert entry["due"] == f"{account.now + timedelta(days=1):%Y-%m-%d}"
    account.now += timedelta(hours=1)
    assert account.run()["deleted"] == []
    assert [e["access_key_id"] for e in account.run_after(1)["deleted"]] == [key_id]


def test_a_late_message_names_no_day_for_a_key_that_was_turned_on_again(
    account: AwsAccount,
) -> None:
    key_id = deactivate_unreported(account, silent_days=1)
    account.set_status("alice", key_id, "Active")
    account.now += timedelta(days=1)
    account.run()
    data = account.messages[-1]["data"]
    [late], [notice] = data["deactivated"], data["noticed"]
    assert (late["due"], "restore" in late) == (None, False)
    assert notice["due"] == f"{account.now + timedelta(days=7):%Y-%m-%d}"


def test_a_late_message_gives_the_name_that_iam_knows_today(account: AwsAccount) -> None:
    """In the entry, in the command that restores the key, and in the history from then on."""
    key_id = deactivate_unreported(account, silent_days=1)
    account.clients.iam.update_user(UserName="alice", NewUserName="alicia")
    account.rename_owner("alice", "alicia")
    account.now += timedelta(days=1)
    account.run()
    message = account.messages[-1]
    [late] = message["data"]["deactivated"]
    assert late["user"] == "alicia"
    assert "--user-name=alicia" in late["restore"]
    assert "--user-name=alicia" in message["text"]
    assert "alice" not in message["text"]
    account.delete_key("alicia", key_id)
    [closed] = account.run_after(1)["closed"]
    assert closed["user"] == "alicia"
    assert account.items(f"HISTORY#{key_id}")[-1]["user"] == "alicia"
