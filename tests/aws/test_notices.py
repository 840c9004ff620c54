"""Promise 1: no key is deactivated without a notice, delivered, at least notice-days earlier."""

from datetime import timedelta

import pytest

from key_rotation.errors import NoSubscriberError, PublishError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import answer_lost, on, refused

PUBLISH = "sns.Publish"


@pytest.mark.parametrize("age", [83, 90, 91, 400, 3000])
def test_a_key_first_seen_at_any_age_gets_its_full_notice(account: AwsAccount, age: int) -> None:
    key_id = account.key("alice", age=age)
    [noticed] = account.run()["noticed"]
    assert noticed["due"] == f"{account.now + timedelta(days=7):%Y-%m-%d}"
    assert account.after(6)["deactivated"] == []
    assert account.status(key_id) == "Active"
    assert len(account.after(1)["deactivated"]) == 1


def test_where_nobody_listens_the_run_raises_and_nothing_is_recorded_or_cut(
    account: AwsAccount,
) -> None:
    """A subscription that was never confirmed is nobody."""
    noticed = account.key("alice", age=83)
    account.run()
    found_today = account.key("bob", age=400)
    ledger, mails = account.items("WATCH"), len(account.mails)
    account.now += timedelta(days=7)
    with (
        account.nobody_listening(),
        pytest.raises(NoSubscriberError, match="no confirmed subscription"),
    ):
        account.run()
    assert (account.status(noticed), account.status(found_today)) == ("Active", "Active")
    assert (account.items("WATCH"), len(account.mails)) == (ledger, mails)


@pytest.mark.parametrize("code", ["AuthorizationError", "Throttling", "NotFound"])
def test_where_it_cannot_be_read_whether_anybody_listens_nobody_does(
    account: AwsAccount, code: str
) -> None:
    """An error never reads as permission."""
    key_id = account.key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    with (
        refused(account, "sns.ListSubscriptionsByTopic", code),
        pytest.raises(NoSubscriberError, match=code),
    ):
        account.run()
    assert account.status(key_id) == "Active"


def test_in_report_mode_nobody_need_listen(account: AwsAccount) -> None:
    account.key("alice", age=83)
    with account.nobody_listening():
        assert len(account.run({"mode": "report"})["noticed"]) == 1


def test_a_notice_that_sns_does_not_take_is_none(account: AwsAccount) -> None:
    """It is not recorded; given the next day, it counts from then."""
    key_id = account.key("alice", age=400)
    with refused(account, PUBLISH, "InternalError"), pytest.raises(PublishError):
        account.run()
    assert (account.watch(key_id), account.history(key_id)) == (None, [])
    assert account.after(1)["noticed"][0]["due"] == "2026-12-02"
    assert account.after(6)["deactivated"] == []
    assert len(account.after(1)["deactivated"]) == 1


def test_a_notice_whose_answer_was_lost_counts_as_not_given(account: AwsAccount) -> None:
    """It may come twice; it never comes too late."""
    key_id = account.key("alice", age=400)
    with answer_lost(account, PUBLISH), pytest.raises(PublishError):
        account.run()
    assert account.watch(key_id) is None
    assert len(account.run()["noticed"]) == 1
    assert [mail["subject"].partition(": ")[2] for mail in account.mails] == ["1 notice"] * 2


def test_a_notice_that_the_ledger_does_not_take_is_given_again(account: AwsAccount) -> None:
    """Delivered, but not remembered: the run says so, and nothing is cut by it."""
    key_id = account.key("alice", age=400)
    with refused(account, "dynamodb.TransactWriteItems", "InternalServerError"):
        answer = account.run()
    assert "reported, but not recorded" in answer["failed"][0]["reason"]
    assert account.watch(key_id) is None
    assert account.after(7)["deactivated"] == []
    assert len(account.run()["upcoming"]) == 1


def test_a_notice_of_a_run_that_dies_before_it_remembers_is_given_again(
    account: AwsAccount,
) -> None:
    key_id = account.key("alice", age=400)

    def dies(**_: object) -> None:
        raise KeyboardInterrupt

    with (
        on(account, "after-call.sns.Publish", dies),
        pytest.raises(KeyboardInterrupt),
    ):
        account.run()
    assert account.watch(key_id) is None
    assert len(account.after(7)["noticed"]) == 1
    assert account.status(key_id) == "Active"


def test_a_report_that_says_would_is_no_notice(account: AwsAccount) -> None:
    key_id = account.key("alice", age=400)
    for _ in range(9):
        assert len(account.run({"mode": "report"})["noticed"]) == 1
        account.now += timedelta(days=1)
    assert account.watch(key_id) is None
    assert len(account.run()["noticed"]) == 1
    assert account.status(key_id) == "Active"


def test_notice_days_raised_meanwhile_lengthen_a_notice_that_runs(account: AwsAccount) -> None:
    key_id = account.key("alice", age=400)
    account.run()
    account.put(notice_days="30")
    account.after(7)
    assert account.status(key_id) == "Active"
    assert len(account.after(23)["deactivated"]) == 1


def test_notice_days_lowered_meanwhile_do_not_shorten_a_notice_that_runs(
    account: AwsAccount,
) -> None:
    key_id = account.key("alice", age=400)
    account.run()
    account.put(notice_days="0")
    account.after(6)
    assert account.status(key_id) == "Active"
    assert len(account.after(1)["deactivated"]) == 1


@pytest.mark.parametrize("days", [6, 36])
def test_a_reminder_comes_once_on_the_day_before_however_often_the_run_runs(
    account: AwsAccount, days: int
) -> None:
    """Before a deactivation, and before a deletion."""
    account.key("alice", age=83)
    account.run()
    if days > 7:
        account.after(7)
        days -= 7
    account.now += timedelta(days=days)
    mails = len(account.mails)
    for _ in range(3):
        account.run()
        account.now += timedelta(minutes=10)
    subjects = [mail["subject"].partition(": ")[2] for mail in account.mails[mails:]]
    assert subjects == ["1 due tomorrow"]


def test_a_second_run_of_the_day_says_nothing(account: AwsAccount) -> None:
    account.key("alice", age=83)
    account.run()
    account.run()
    assert len(account.mails) == 1
    account.after(7)
    account.run()
    assert len(account.mails) == 2


def test_the_description_tag_is_read_with_the_notice_kept_and_shown(account: AwsAccount) -> None:
    """A tag that is gone when the key is deactivated is shown all the same."""
    key_id = account.key("alice", age=83)
    account.tag("alice", key_id, "CI upload")
    account.run()
    assert "description: CI upload" in account.mails[0]["text"]
    watch = account.watch(key_id)
    assert watch is not None
    assert watch["description"] == "CI upload"
    account.clients.iam.untag_user(UserName="alice", TagKeys=[key_id])
    account.after(7)
    assert account.mails[-1]["data"]["deactivated"][0]["description"] == "CI upload"


def test_a_tag_that_cannot_be_read_stops_no_notice(account: AwsAccount) -> None:
    """It is for the reader only."""
    account.key("alice", age=83)
    with refused(account, "iam.ListUserTags"):
        assert len(account.run()["noticed"]) == 1
    assert "description" not in account.mails[0]["text"]


def test_a_newer_key_of_the_user_is_shown_with_its_last_use(account: AwsAccount) -> None:
    """So that the owner sees whether the old one can go."""
    account.key("alice", age=83)
    newer = account.key("alice", age=5)
    account.use(newer, account.now - timedelta(days=2))
    account.key("alice", age=3, status="Inactive")
    account.run()
    text = " ".join(account.mails[0]["text"].split())
    assert f"newer key {newer}: active, last used Sun 22 Nov 2026 by s3" in text
    assert account.mails[0]["data"]["noticed"][0]["newer_key"] == {
        "access_key_id": newer,
        "last_used": "2026-11-22T09:00:00+00:00",
    }


def test_a_newer_key_whose_use_cannot_be_read_is_shown_without_it(account: AwsAccount) -> None:
    account.key("alice", age=83)
    newer = account.key("alice", age=5)
    with refused(account, "iam.GetAccessKeyLastUsed", of=newer):
        assert len(account.run()["noticed"]) == 1
    text = " ".join(account.mails[0]["text"].split())
    assert f"newer key {newer}: active, last use not known" in text
