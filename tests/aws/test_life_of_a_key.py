"""The rules in whole runs: what happens to a key on which day, and what is reported."""

from datetime import timedelta

from key_rotation.domain.model import Reason
from tests.aws.aws_account import AwsAccount


def test_a_key_is_noticed_deactivated_and_deleted_with_a_reminder_before_each(
    account: AwsAccount,
) -> None:
    """Days 83, 90 and 120 of a key that no one rotates; other days send no message."""
    key_id = account.create_key("alice", age=0)
    created = account.now
    subjects: dict[int, str] = {}
    status: dict[int, str | None] = {}
    for day in (0, 40, *range(81, 92), 105, *range(117, 123)):
        messages = len(account.messages)
        account.now = created + timedelta(days=day)
        account.run()
        status[day] = account.status(key_id)
        if account.messages[messages:]:
            [message] = account.messages[messages:]
            subjects[day] = message["subject"].partition(": ")[2]
    assert subjects == {
        83: "1 notice",
        89: "1 due tomorrow",
        90: "1 deactivated",
        119: "1 due tomorrow",
        120: "1 deleted",
    }
    assert [status[day] for day in (89, 90, 119, 120)] == ["Active", "Inactive", "Inactive", None]
    assert account.history(key_id) == ["notice", "deactivate", "delete"]
    assert account.watch(key_id) is None


def test_the_response_lists_each_key_under_what_happened_to_it(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=83)
    response = account.run()
    assert response["noticed"] == [
        {
            "user": "alice",
            "access_key_id": key_id,
            "age_days": 83,
            "last_used": None,
            "reason": "at least max-age-days old by the due day",
            "due": "2026-12-01",
        }
    ]
    assert (response["run_id"], response["mode"], response["users"], response["keys"]) == (
        "run-1",
        "enforce",
        1,
        1,
    )


def test_a_use_in_the_grace_window_extends_the_window(account: AwsAccount) -> None:
    """The extension is reported; the key is deleted at the end of the new window."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    account.now += timedelta(days=10)
    account.use_key(key_id, account.now - timedelta(days=4))
    [extended] = account.run()["extended"]
    assert (extended["access_key_id"], extended["due"]) == (key_id, "2027-01-06")
    assert account.run()["extended"] == []
    account.run_after(25)
    assert account.status(key_id) == "Inactive"
    [deleted] = account.run_after(1)["deleted"]
    assert deleted["access_key_id"] == key_id


def test_a_key_that_its_owner_deletes_is_closed_and_reported_once(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.delete_key("alice", key_id)
    [closed] = account.run_after(1)["closed"]
    assert closed["access_key_id"] == key_id
    assert account.run_after(1)["closed"] == []
    assert account.history(key_id) == ["notice", "close"]


def test_a_key_that_its_owner_deactivates_and_reactivates_gets_a_new_notice(
    account: AwsAccount,
) -> None:
    """While its owner has deactivated it, it is neither watched nor deleted."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.set_status("alice", key_id, "Inactive")
    response = account.run_after(60)
    assert [response[name] for name in ("deactivated", "deleted", "upcoming")] == [[], [], []]
    account.set_status("alice", key_id, "Active")
    [noticed] = account.run_after(1)["noticed"]
    assert noticed["due"] == f"{account.now + timedelta(days=7):%Y-%m-%d}"
    assert account.status(key_id) == "Active"


def test_an_inactive_key_is_adopted_only_if_so_set_and_deleted_after_a_full_window(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=400, status="Inactive")
    assert account.run()["adopted"] == []
    assert account.run_after(40)["deleted"] == []
    account.put_parameters(adopt_inactive_keys="true")
    [adopted] = account.run()["adopted"]
    assert adopted["access_key_id"] == key_id
    assert account.run_after(29)["deleted"] == []
    [deleted] = account.run_after(1)["deleted"]
    assert deleted["access_key_id"] == key_id
    assert account.history(key_id) == ["adopt", "delete"]


def test_a_key_stays_while_deletion_is_off_and_its_deletion_is_announced_when_it_is_on(
    account: AwsAccount,
) -> None:
    """The run that first sees the edit deletes nothing that no e-mail has announced."""
    key_id = account.create_key("alice", age=83)
    account.put_parameters(delete_unused_keys="false")
    account.run()
    account.run_after(7)
    [upcoming] = account.run_after(40)["upcoming"]
    assert upcoming["reason"] == Reason.DELETION_OFF
    assert account.status(key_id) == "Inactive"
    account.put_parameters(delete_unused_keys="true")
    [upcoming] = account.run_after(1)["upcoming"]
    assert upcoming["due"] == f"{account.now + timedelta(days=2):%Y-%m-%d}"
    [entry] = account.messages[-1]["data"]["upcoming"]
    assert entry["due"] == upcoming["due"]
    assert len(account.run_after(1)["upcoming"]) == 1
    [deleted] = account.run_after(1)["deleted"]
    assert deleted["access_key_id"] == key_id


def test_a_notice_is_withdrawn_when_max_age_is_raised_and_its_day_is_kept(
    account: AwsAccount,
) -> None:
    """When max-age is lowered again, the announced day is not moved earlier."""
    key_id = account.create_key("alice", age=83)
    account.put_parameters(notice_days="14")
    assert account.run()["noticed"][0]["due"] == "2026-12-08"
    account.put_parameters(max_age_days="365")
    [withdrawn] = account.run_after(1)["withdrawn"]
    assert withdrawn["access_key_id"] == key_id
    assert account.run_after(1)["withdrawn"] == []
    account.put_parameters(max_age_days="30", notice_days="1")
    assert account.run_after(1)["noticed"][0]["due"] == "2026-12-08"
    assert account.history(key_id) == ["notice", "withdraw", "notice"]


def test_a_reactivated_key_gets_two_full_notices_and_is_then_held(account: AwsAccount) -> None:
    """The hold is reported, and again once a month; nothing more is done to the key."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    for _ in range(2):
        account.set_status("alice", key_id, "Active")
        [noticed] = account.run_after(1)["noticed"]
        assert noticed["reason"] == Reason.REACTIVATED
        assert account.run_after(6)["deactivated"] == []
        assert len(account.run_after(1)["deactivated"]) == 1
    account.set_status("alice", key_id, "Active")
    messages = len(account.messages)
    [held] = account.run_after(1)["held"]
    assert (held["access_key_id"], held["reason"]) == (
        key_id,
        Reason.REACTIVATED_TOO_OFTEN,
    )
    assert [message["subject"].partition(": ")[2] for message in account.messages[messages:]] == [
        "1 held"
    ]
    assert account.run_after(29)["held"][0]["reason"] == Reason.STILL_HELD
    assert len(account.messages) == messages + 1
    assert account.run_after(1)["held"][0]["reason"] == Reason.STILL_HELD
    assert len(account.messages) == messages + 2
    assert account.status(key_id) == "Active"


def a_held_key(account: AwsAccount) -> None:
    """Create a key and reactivate it three times, so that it is held."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    for _ in range(3):
        account.set_status("alice", key_id, "Active")
        account.run_after(1)
        account.run_after(7)
    assert len(account.run()["held"]) == 1


def test_a_report_run_with_an_exemption_does_not_end_a_hold(account: AwsAccount) -> None:
    """That would make a later run stronger."""
    a_held_key(account)
    account.put_parameters(exemptions="alice")
    assert len(account.run({"mode": "report"})["exempt"]) == 1
    account.put_parameters(exemptions="none")
    assert len(account.run_after(1)["held"]) == 1


def test_an_exemption_ends_a_hold(account: AwsAccount) -> None:
    """When the exemption ends, the key is noticed like any other."""
    a_held_key(account)
    account.put_parameters(exemptions="alice until 2027-01-31 # under review")
    response = account.run()
    assert (response["held"], len(response["exempt"])) == ([], 1)
    account.put_parameters(exemptions="none")
    [noticed] = account.run_after(1)["noticed"]
    assert noticed["reason"] == "at least max-age-days old by the due day"


def test_a_key_with_an_unknown_status_is_never_changed_and_reported_once_a_month(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.set_status("alice", key_id, "Expired")
    messages = len(account.messages)
    [held] = account.run_after(7)["held"]
    assert held["reason"] == f"{Reason.STATUS_UNKNOWN}: Expired"
    assert len(account.messages) == messages + 1
    account.run_after(29)
    assert len(account.messages) == messages + 1
    account.run_after(1)
    assert len(account.messages) == messages + 2
    assert account.status(key_id) == "Expired"


def test_a_notice_that_a_month_without_runs_made_outdated_is_given_again(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    [noticed] = account.run_after(7 + 31)["noticed"]
    assert noticed["access_key_id"] == key_id
    assert account.status(key_id) == "Active"
    assert len(account.run_after(7)["deactivated"]) == 1


def test_with_zero_notice_days_the_run_that_finds_a_stale_key_deactivates_it(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=90)
    young = account.create_key("bob", age=89)
    account.put_parameters(notice_days="0")
    [deactivated] = account.run()["deactivated"]
    assert deactivated["access_key_id"] == key_id
    assert (account.status(key_id), account.status(young)) == ("Inactive", "Active")


def test_a_run_with_nothing_to_report_sends_no_message(account: AwsAccount) -> None:
    """Young, exempt, upcoming and inactive keys."""
    account.put_parameters(exemptions="eve")
    account.create_key("alice", age=10)
    account.create_key("bob", age=85)
    account.create_key("carol", age=400, status="Inactive")
    account.create_key("eve", age=400)
    account.run()
    messages = len(account.messages)
    response = account.run_after(1)
    assert [len(response[name]) for name in ("upcoming", "exempt", "noticed")] == [1, 1, 0]
    assert len(account.messages) == messages


def test_days_are_calendar_days_in_the_configured_time_zone(account: AwsAccount) -> None:
    """A run shortly after midnight finds a key of the evening before one day old."""
    account.now = account.now.replace(hour=23, minute=59)
    key_id = account.create_key("alice", age=0)
    account.now += timedelta(days=82, minutes=2)
    assert [entry["access_key_id"] for entry in account.run()["noticed"]] == [key_id]
