"""Promise 1: no key is deactivated without a notice that was delivered notice-days earlier."""

from datetime import timedelta

import pytest

from key_rotation.errors import NoListenerError, PublishError, SubscriptionsUnreadableError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import on_event, refused, response_lost

PUBLISH = "sns.Publish"


@pytest.mark.parametrize("age", [83, 90, 91, 400, 3000])
def test_a_key_first_seen_at_any_age_gets_a_full_notice(account: AwsAccount, age: int) -> None:
    key_id = account.create_key("alice", age=age)
    [noticed] = account.run()["noticed"]
    assert noticed["due"] == f"{account.now + timedelta(days=7):%Y-%m-%d}"
    assert account.run_after(6)["deactivated"] == []
    assert account.status(key_id) == "Active"
    assert len(account.run_after(1)["deactivated"]) == 1


def test_without_a_listener_the_run_raises_and_changes_nothing(
    account: AwsAccount,
) -> None:
    """A pending subscription is no listener."""
    noticed = account.create_key("alice", age=83)
    account.run()
    found_today = account.create_key("bob", age=400)
    watches, messages = account.items("WATCH"), len(account.messages)
    account.now += timedelta(days=7)
    with (
        account.without_listener(),
        pytest.raises(NoListenerError, match="no listener"),
    ):
        account.run()
    assert (account.status(noticed), account.status(found_today)) == ("Active", "Active")
    assert (account.items("WATCH"), len(account.messages)) == (watches, messages)


@pytest.mark.parametrize("code", ["AuthorizationError", "Throttling", "NotFound"])
def test_if_the_subscriptions_cannot_be_read_the_run_raises(account: AwsAccount, code: str) -> None:
    """An error never permits a change."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    with (
        refused(account, "sns.ListSubscriptionsByTopic", code),
        pytest.raises(SubscriptionsUnreadableError, match=code),
    ):
        account.run()
    assert account.status(key_id) == "Active"


def test_a_report_run_needs_no_listener(account: AwsAccount) -> None:
    account.create_key("alice", age=83)
    with account.without_listener():
        assert len(account.run({"mode": "report"})["noticed"]) == 1


def test_a_notice_that_sns_refuses_does_not_count(account: AwsAccount) -> None:
    """It is not recorded; the notice of the next day counts."""
    key_id = account.create_key("alice", age=400)
    with refused(account, PUBLISH, "InternalError"), pytest.raises(PublishError):
        account.run()
    assert (account.watch(key_id), account.history(key_id)) == (None, [])
    assert account.run_after(1)["noticed"][0]["due"] == "2026-12-02"
    assert account.run_after(6)["deactivated"] == []
    assert len(account.run_after(1)["deactivated"]) == 1


def test_a_notice_whose_response_was_lost_does_not_count(account: AwsAccount) -> None:
    """It may be delivered twice, but never too late."""
    key_id = account.create_key("alice", age=400)
    with response_lost(account, PUBLISH), pytest.raises(PublishError):
        account.run()
    assert account.watch(key_id) is None
    assert len(account.run()["noticed"]) == 1
    assert [message["subject"].partition(": ")[2] for message in account.messages] == [
        "1 notice"
    ] * 2


def test_a_notice_that_the_ledger_refuses_is_given_again(account: AwsAccount) -> None:
    """It was delivered, but not recorded: the run reports a failure."""
    key_id = account.create_key("alice", age=400)
    with refused(account, "dynamodb.TransactWriteItems", "InternalServerError"):
        response = account.run()
    assert "reported, but not recorded" in response["failed"][0]["reason"]
    assert account.watch(key_id) is None
    assert account.run_after(7)["deactivated"] == []
    assert len(account.run()["upcoming"]) == 1


def test_a_notice_that_a_crash_left_unrecorded_is_given_again(
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


def test_a_notice_in_a_report_run_does_not_count(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=400)
    for _ in range(9):
        assert len(account.run({"mode": "report"})["noticed"]) == 1
        account.now += timedelta(days=1)
    assert account.watch(key_id) is None
    assert len(account.run()["noticed"]) == 1
    assert account.status(key_id) == "Active"


def test_raising_notice_days_lengthens_a_notice_in_force(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=400)
    account.run()
    account.put_parameters(notice_days="30")
    account.run_after(7)
    assert account.status(key_id) == "Active"
    assert len(account.run_after(23)["deactivated"]) == 1


def test_lowering_notice_days_does_not_shorten_a_notice_in_force(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=400)
    account.run()
    account.put_parameters(notice_days="0")
    account.run_after(6)
    assert account.status(key_id) == "Active"
    assert len(account.run_after(1)["deactivated"]) == 1


@pytest.mark.parametrize("days", [6, 36])
def test_the_reminder_is_sent_once_however_often_a_run_takes_place_that_day(
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


def test_a_second_run_of_a_day_sends_no_message(account: AwsAccount) -> None:
    account.create_key("alice", age=83)
    account.run()
    account.run()
    assert len(account.messages) == 1
    account.run_after(7)
    account.run()
    assert len(account.messages) == 2


def test_the_description_tag_is_read_with_the_notice_and_kept(account: AwsAccount) -> None:
    """The deactivation shows it even if the tag was removed since."""
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


def test_an_unreadable_tag_does_not_prevent_the_notice(account: AwsAccount) -> None:
    """The description is only shown to people."""
    account.create_key("alice", age=83)
    with refused(account, "iam.ListUserTags"):
        assert len(account.run()["noticed"]) == 1
    assert "description" not in account.messages[0]["text"]


def test_a_newer_key_of_the_user_is_shown_with_its_last_use(account: AwsAccount) -> None:
    """It shows the owner whether the old key can be deleted."""
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


def test_a_newer_key_whose_last_use_cannot_be_read_is_shown_without_it(account: AwsAccount) -> None:
    account.create_key("alice", age=83)
    newer = account.create_key("alice", age=5)
    with refused(account, "iam.GetAccessKeyLastUsed", only_for=newer):
        assert len(account.run()["noticed"]) == 1
    text = " ".join(account.messages[0]["text"].split())
    assert f"newer key {newer}: active, last use not known" in text
