"""The rules from end to end: what happens to a key on which day, and what people read of it."""

from datetime import timedelta

from key_rotation.domain.model import Reason
from tests.aws.world import World


def test_a_key_is_noticed_deactivated_watched_and_deleted_with_a_reminder_before_each(
    world: World,
) -> None:
    """Day 83, 90 and 120, of a key that nobody cares for; on all other days there is silence."""
    key_id = world.key("alice", age=0)
    born = world.now
    told: dict[int, str] = {}
    status: dict[int, str | None] = {}
    for day in (0, 40, *range(81, 92), 105, *range(117, 123)):
        mails = len(world.mails)
        world.now = born + timedelta(days=day)
        world.run()
        status[day] = world.status(key_id)
        if world.mails[mails:]:
            [mail] = world.mails[mails:]
            told[day] = mail["subject"].partition(": ")[2]
    assert told == {
        83: "1 noticed",
        89: "1 due tomorrow",
        90: "1 deactivated",
        119: "1 due tomorrow",
        120: "1 deleted",
    }
    assert [status[day] for day in (89, 90, 119, 120)] == ["Active", "Inactive", "Inactive", None]
    assert world.history(key_id) == ["notice", "deactivate", "delete"]
    assert world.watch(key_id) is None


def test_the_answer_names_each_key_under_what_happened_to_it(world: World) -> None:
    key_id = world.key("alice", age=83)
    answer = world.run()
    assert answer["noticed"] == [
        {
            "user": "alice",
            "access_key_id": key_id,
            "age_days": 83,
            "last_used": None,
            "reason": "at least max-age-days old by the due day",
            "due": "2026-12-01",
        }
    ]
    assert (answer["run_id"], answer["mode"], answer["users"], answer["keys"]) == (
        "run-1",
        "enforce",
        1,
        1,
    )


def test_a_use_in_the_grace_window_starts_it_again_from_that_use(world: World) -> None:
    """And it is announced; the key is deleted when its new window is over."""
    key_id = world.key("alice", age=83)
    world.run()
    world.after(7)
    world.now += timedelta(days=10)
    world.use(key_id, world.now - timedelta(days=4))
    [extended] = world.run()["extended"]
    assert (extended["access_key_id"], extended["due"]) == (key_id, "2027-01-06")
    assert world.run()["extended"] == []
    world.after(25)
    assert world.status(key_id) == "Inactive"
    [deleted] = world.after(1)["deleted"]
    assert deleted["access_key_id"] == key_id


def test_a_key_that_its_owner_rotates_is_closed_and_told_once(world: World) -> None:
    old = world.key("alice", age=83)
    world.run()
    world.delete("alice", old)
    [closed] = world.after(1)["closed"]
    assert closed["access_key_id"] == old
    assert world.after(1)["closed"] == []
    assert world.history(old) == ["notice", "close"]


def test_a_key_that_its_owner_turns_off_gets_a_new_notice_when_it_is_turned_on_again(
    world: World,
) -> None:
    """What was inactive by somebody else's doing is not ours: it is neither watched nor deleted."""
    key_id = world.key("alice", age=83)
    world.run()
    world.turn("alice", key_id, "Inactive")
    answer = world.after(60)
    assert [answer[name] for name in ("deactivated", "deleted", "upcoming")] == [[], [], []]
    world.turn("alice", key_id, "Active")
    [noticed] = world.after(1)["noticed"]
    assert noticed["due"] == f"{world.now + timedelta(days=7):%Y-%m-%d}"
    assert world.status(key_id) == "Active"


def test_an_inactive_key_is_adopted_only_if_so_set_and_deleted_after_a_whole_window(
    world: World,
) -> None:
    key_id = world.key("alice", age=400, status="Inactive")
    assert world.run()["adopted"] == []
    assert world.after(40)["deleted"] == []
    world.put(adopt_inactive_keys="true")
    [adopted] = world.run()["adopted"]
    assert adopted["access_key_id"] == key_id
    assert world.after(29)["deleted"] == []
    [deleted] = world.after(1)["deleted"]
    assert deleted["access_key_id"] == key_id
    assert world.history(key_id) == ["adopt", "delete"]


def test_while_deletion_is_off_a_key_stays_and_is_deleted_once_it_is_on(world: World) -> None:
    key_id = world.key("alice", age=83)
    world.put(delete_unused_keys="false")
    world.run()
    world.after(7)
    [upcoming] = world.after(40)["upcoming"]
    assert upcoming["reason"] == Reason.DELETION_OFF
    assert world.status(key_id) == "Inactive"
    world.put(delete_unused_keys="true")
    [deleted] = world.after(1)["deleted"]
    assert deleted["access_key_id"] == key_id


def test_a_notice_is_withdrawn_when_the_limit_is_raised_and_its_day_stands(world: World) -> None:
    """Lowered again, the day that was told is not brought forward."""
    key_id = world.key("alice", age=83)
    world.put(notice_days="14")
    assert world.run()["noticed"][0]["due"] == "2026-12-08"
    world.put(max_age_days="365")
    [withdrawn] = world.after(1)["withdrawn"]
    assert withdrawn["access_key_id"] == key_id
    assert world.after(1)["withdrawn"] == []
    world.put(max_age_days="30", notice_days="1")
    assert world.after(1)["noticed"][0]["due"] == "2026-12-08"
    assert world.history(key_id) == ["notice", "withdraw", "notice"]


def test_a_key_turned_on_again_gets_two_full_notices_and_is_then_held(world: World) -> None:
    """Held once, and told once; nothing more is done to it, however old it grows."""
    key_id = world.key("alice", age=83)
    world.run()
    world.after(7)
    for _ in range(2):
        world.turn("alice", key_id, "Active")
        [noticed] = world.after(1)["noticed"]
        assert noticed["reason"] == Reason.REACTIVATED
        assert world.after(6)["deactivated"] == []
        assert len(world.after(1)["deactivated"]) == 1
    world.turn("alice", key_id, "Active")
    mails = len(world.mails)
    [held] = world.after(1)["held"]
    assert (held["access_key_id"], held["reason"]) == (
        key_id,
        Reason.REACTIVATED_TOO_OFTEN,
    )
    assert [mail["subject"].partition(": ")[2] for mail in world.mails[mails:]] == ["1 held"]
    assert world.after(60)["held"][0]["reason"] == Reason.STILL_HELD
    assert len(world.mails) == mails + 1
    assert world.status(key_id) == "Active"


def a_held_key(world: World) -> None:
    """It was turned on again for the third time."""
    key_id = world.key("alice", age=83)
    world.run()
    world.after(7)
    for _ in range(3):
        world.turn("alice", key_id, "Active")
        world.after(1)
        world.after(7)
    assert len(world.run()["held"]) == 1


def test_a_held_key_is_not_released_by_a_report_of_its_exemption(world: World) -> None:
    """That would make a later run stronger."""
    a_held_key(world)
    world.put(exemptions="alice")
    assert len(world.run({"mode": "report"})["exempt"]) == 1
    world.put(exemptions="none")
    assert len(world.after(1)["held"]) == 1


def test_a_held_key_is_released_by_exempting_it(world: World) -> None:
    """When the exemption ends, it gets its notice like any other."""
    a_held_key(world)
    world.put(exemptions="alice until 2027-01-31 # being looked at")
    answer = world.run()
    assert (answer["held"], len(answer["exempt"])) == ([], 1)
    world.put(exemptions="none")
    [noticed] = world.after(1)["noticed"]
    assert noticed["reason"] == "at least max-age-days old by the due day"


def test_a_key_of_an_unknown_status_is_never_touched_and_told_once(world: World) -> None:
    key_id = world.key("alice", age=83)
    world.run()
    world.turn("alice", key_id, "Expired")
    mails = len(world.mails)
    [held] = world.after(7)["held"]
    assert held["reason"] == f"{Reason.STATUS_UNKNOWN}: Expired"
    assert len(world.mails) == mails + 1
    world.after(1)
    world.after(60)
    assert len(world.mails) == mails + 1
    assert world.status(key_id) == "Expired"


def test_a_notice_outdated_by_a_month_without_runs_is_given_again(world: World) -> None:
    key_id = world.key("alice", age=83)
    world.run()
    [noticed] = world.after(7 + 31)["noticed"]
    assert noticed["access_key_id"] == key_id
    assert world.status(key_id) == "Active"
    assert len(world.after(7)["deactivated"]) == 1


def test_without_notice_days_a_stale_key_is_deactivated_by_the_run_that_finds_it(
    world: World,
) -> None:
    key_id = world.key("alice", age=90)
    young = world.key("bob", age=89)
    world.put(notice_days="0")
    [deactivated] = world.run()["deactivated"]
    assert deactivated["access_key_id"] == key_id
    assert (world.status(key_id), world.status(young)) == ("Inactive", "Active")


def test_a_run_of_which_nothing_is_to_be_told_sends_nothing(world: World) -> None:
    """Young, exempt, upcoming and foreign keys."""
    world.put(exemptions="eve")
    world.key("alice", age=10)
    world.key("bob", age=85)
    world.key("carol", age=400, status="Inactive")
    world.key("eve", age=400)
    world.run()
    mails = len(world.mails)
    answer = world.after(1)
    assert [len(answer[name]) for name in ("upcoming", "exempt", "noticed")] == [1, 1, 0]
    assert len(world.mails) == mails


def test_days_are_counted_by_the_calendar_of_the_configured_time_zone(world: World) -> None:
    """A run shortly after midnight finds a key of yesterday evening a day old."""
    world.now = world.now.replace(hour=23, minute=59)
    key_id = world.key("alice", age=0)
    world.now += timedelta(days=82, minutes=2)
    assert [entry["access_key_id"] for entry in world.run()["noticed"]] == [key_id]
