"""Promise 1: no key is deactivated without a notice, delivered, at least notice-days earlier."""

from datetime import timedelta

import pytest

from key_rotation.errors import NoSubscriberError, PublishError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import on_event, refused, response_lost

PUBLISH = "sns.Publish"


@pytest.mark.parametrize("age", [83, 90, 91, 400, 3000])
def test_a_key_first_seen_at_any_age_gets_its_full_notice(account: AwsAccount, age: int) -> None:
    key_id = account.create_key("alice", age=age)
    [noticed] = account.run()["noticed"]
    assert noticed["due"] == f"{account.now + timedelta(days=7):%Y-%m-%d}"
    assert account.run_after(6)["deactivated"] == []
    assert account.status(key_id) == "Active"
    assert len(account.run_after(1)["deactivated"]) == 1


def test_where_nobody_listens_the_run_raises_and_nothing_is_recorded_or_cut(
    account: AwsAccount,
) -> None:
    """A subscription that was never confirmed is nobody."""
    noticed = account.create_key("alice", age=83)
    account.run()
    found_today = account.create_key("bob", age=400)
    watches, messages = account.items("WATCH"), len(account.messages)
    account.now += timedelta(days=7)
    with (
        account.without_subscriber(),
        pytest.raises(NoSubscriberError, match="no confirmed subscription"),
    ):
        account.run()
    assert (account.status(noticed), account.status(found_today)) == ("Active", "Active")
    assert (account.items("WATCH"), len(account.messages)) == (watches, messages)


@pytest.mark.parametrize("code", ["AuthorizationError", "Throttling", "NotFound"])
def test_where_it_cannot_be_read_whether_anybody_listens_nobody_does(
    account: AwsAccount, code: str
) -> None:
    """An error never reads as permission."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    with (
        refused(account, "sns.ListSubscriptionsByTopic", code),
        pytest.raises(NoSubscriberError, match=code),
    ):
        account.run()
    assert account.status(key_id) == "Active"


def test_in_report_mode_nobody_need_listen(account: AwsAccount) -> None:
    account.create_key("alice", age=83)
    with account.without_subscriber():
        assert len(account.run({"mode": "report"})["noticed"]) == 1


def test_a_notice_that_sns_does_not_take_is_none(account: AwsAccount) -> None:
    """It is not recorded; given the next day, it counts from then."""
    key_id = account.create_key("alice", age=400)
    with refused(account, PUBLISH, "InternalError"), pytest.raises(PublishError):
        account.run()
    assert (account.watch(key_id), account.history(key_id)) == (None, [])
    assert account.run_after(1)["noticed"][0]["due"] == "2026-12-02"
    assert account.run_after(6)["deactivated"] == []
    assert len(account.run_after(1)["deactivated"]) == 1


def test_a_notice_whose_answer_was_lost_counts_as_not_given(account: AwsAccount) -> None:
    """It may come twice; it never comes too late."""
    key_id = account.create_key("alice", age=400)
    with response_lost(account, PUBLISH), pytest.raises(PublishError):
        account.run()
    assert account.watch(key_id) is None
    assert len(account.run()["noticed"]) == 1
    assert [message["subject"].partition(": ")[2] for message in account.messages] == [
        "1 notice"
    ] * 2


def test_a_notice_that_the_ledger_does_not_take_is_given_again(account: AwsAccount) -> None:
    """Delivered, but not remembered: the run says so, and nothing is cut by it."""
    key_id = account.create_key("alice", age=400)
    with refused(account, "dynamodb.TransactWriteItems", "InternalServerError"):
        response = account.run()
    assert "reported, but not recorded" in response["failed"][0]["reason"]
    assert account.watch(key_id) is None
    assert account.run_after(7)["deactivated"] == []
    assert len(account.run()["upcoming"]) == 1


def test_a_notice_of_a_run_that_dies_before_it_remembers_is_given_again(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=400)

    def kill_run(**_: object) -> None:
        raise KeyboardInterrupt

    with (
        on_event(account, "after-call.sns.Publish", kill_run),
        pytest.raises(KeyboardInterrupt),
    ):
        account.run()
    assert account.watch(key_id) is None
    assert len(account.run_after(7)["noticed"]) == 1
    assert account.status(key_id) == "Active"


def test_a_report_that_says_would_is_no_notice(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=400)
    for _ in range(9):
        assert len(account.run({"mode": "report"})["noticed"]) == 1
        account.now += timedelta(days=1)
    assert account.watch(key_id) is None
    assert len(account.run()["noticed"]) == 1
    assert account.status(key_id) == "Active"


def test_notice_days_raised_meanwhile_lengthen_a_notice_that_runs(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=400)
    account.run()
    account.put_parameters(notice_days="30")
    account.run_after(7)
    assert account.status(key_id) == "Active"
    assert len(account.run_after(23)["deactivated"]) == 1


def test_notice_days_lowered_meanwhile_do_not_shorten_a_notice_that_runs(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=400)
    account.run()
    account.put_parameters(notice_days="0")
    account.run_after(6)
    assert account.status(key_id) == "Active"
    assert len(account.run_after(1)["deactivated"]) == 1


@pytest.mark.parametrize("days", [6, 36])
def test_a_reminder_comes_once_on_the_day_before_however_often_the_run_runs(
    account: AwsAccount, days: int
) -> None:
    """Before a deactivation, and before a deletion."""
    account.create_key("alice", age=83)
    account.run()
    if days > 7:
        account.run_after(7)
        days -= 7
    account.now += timedelta(days=days)
    messages = len(account.messages)
    for _ in range(3):
        account.run()
        account.now += timedelta(minutes=10)
    subjects = [message["subject"].partition(": ")[2] for message in account.messages[messages:]]
    assert subjects == ["1 due tomorrow"]


def test_a_second_run_of_the_day_says_nothing(account: AwsAccount) -> None:
    account.create_key("alice", age=83)
    account.run()
    account.run()
    assert len(account.messages) == 1
    account.run_after(7)
    account.run()
    assert len(account.messages) == 2


def test_the_description_tag_is_read_with_the_notice_kept_and_shown(account: AwsAccount) -> None:
    """A tag that is gone when the key is deactivated is shown all the same."""
    key_id = account.create_key("alice", age=83)
    account.tag_key("alice", key_id, "CI upload")
    account.run()
    assert "description: CI upload" in account.messages[0]["text"]
    watch = account.watch(key_id)
    assert watch is not None
    assert watch["description"] == "CI upload"
    account.clients.iam.untag_user(UserName="alice", TagKeys=[key_id])
    account.run_after(7)
    assert account.messages[-1]["data"]["deactivated"][0]["description"] == "CI upload"


def test_a_tag_that_cannot_be_read_stops_no_notice(account: AwsAccount) -> None:
    """It is for the reader only."""
    account.create_key("alice", age=83)
    with refused(account, "iam.ListUserTags"):
        assert len(account.run()["noticed"]) == 1
    assert "description" not in account.messages[0]["text"]


def test_a_newer_key_of_the_user_is_shown_with_its_last_use(account: AwsAccount) -> None:
    """So that the owner sees whether the old one can go."""
    account.create_key("alice", age=83)
    newer = account.create_key("alice", age=5)
    account.use_key(newer, account.now - timedelta(days=2))
    account.create_key("alice", age=3, status="Inactive")
    account.run()
    text = " ".join(account.messages[0]["text"].split())
    assert f"newer key {newer}: active, last used Sun 22 Nov 2026 by s3" in text
    assert account.messages[0]["data"]["noticed"][0]["newer_key"] == {
        "access_key_id": newer,
        "last_used": "2026-11-22T09:00:00+00:00",
    }


def test_a_newer_key_whose_use_cannot_be_read_is_shown_without_it(account: AwsAccount) -> None:
    account.create_key("alice", age=83)
    newer = account.create_key("alice", age=5)
    with refused(account, "iam.GetAccessKeyLastUsed", only_for=newer):
        assert len(account.run()["noticed"]) == 1
    text = " ".join(account.messages[0]["text"].split())
    assert f"newer key {newer}: active, last use not known" in text
