"""Promise 1: no key is deactivated without a notice, delivered, at least notice-days earlier."""

from datetime import timedelta

import pytest

from key_rotation.errors import NobodyListensError, NotDeliveredError
from tests.aws.faults import answer_lost, on, refused
from tests.aws.world import World

PUBLISH = "sns.Publish"


@pytest.mark.parametrize("age", [83, 90, 91, 400, 3000])
def test_a_key_first_seen_at_any_age_gets_its_full_notice(world: World, age: int) -> None:
    key_id = world.key("alice", age=age)
    [noticed] = world.run()["noticed"]
    assert noticed["due"] == f"{world.now + timedelta(days=7):%Y-%m-%d}"
    assert world.after(6)["deactivated"] == []
    assert world.status(key_id) == "Active"
    assert len(world.after(1)["deactivated"]) == 1


def test_where_nobody_listens_the_run_raises_and_nothing_is_recorded_or_cut(world: World) -> None:
    """A subscription that was never confirmed is nobody."""
    noticed = world.key("alice", age=83)
    world.run()
    found_today = world.key("bob", age=400)
    ledger, mails = world.items("WATCH"), len(world.mails)
    world.now += timedelta(days=7)
    with (
        world.nobody_listening(),
        pytest.raises(NobodyListensError, match="no confirmed subscription"),
    ):
        world.run()
    assert (world.status(noticed), world.status(found_today)) == ("Active", "Active")
    assert (world.items("WATCH"), len(world.mails)) == (ledger, mails)


@pytest.mark.parametrize("code", ["AuthorizationError", "Throttling", "NotFound"])
def test_where_it_cannot_be_read_whether_anybody_listens_nobody_does(
    world: World, code: str
) -> None:
    """An error never reads as permission."""
    key_id = world.key("alice", age=83)
    world.run()
    world.now += timedelta(days=7)
    with (
        refused(world, "sns.ListSubscriptionsByTopic", code),
        pytest.raises(NobodyListensError, match=code),
    ):
        world.run()
    assert world.status(key_id) == "Active"


def test_in_report_mode_nobody_need_listen(world: World) -> None:
    world.key("alice", age=83)
    with world.nobody_listening():
        assert len(world.run({"mode": "report"})["noticed"]) == 1


def test_a_notice_that_sns_does_not_take_is_none(world: World) -> None:
    """It is not recorded; given the next day, it counts from then."""
    key_id = world.key("alice", age=400)
    with refused(world, PUBLISH, "InternalError"), pytest.raises(NotDeliveredError):
        world.run()
    assert (world.watch(key_id), world.history(key_id)) == (None, [])
    assert world.after(1)["noticed"][0]["due"] == "2026-12-02"
    assert world.after(6)["deactivated"] == []
    assert len(world.after(1)["deactivated"]) == 1


def test_a_notice_whose_answer_was_lost_counts_as_not_given(world: World) -> None:
    """It may come twice; it never comes too late."""
    key_id = world.key("alice", age=400)
    with answer_lost(world, PUBLISH), pytest.raises(NotDeliveredError):
        world.run()
    assert world.watch(key_id) is None
    assert len(world.run()["noticed"]) == 1
    assert [mail["subject"].partition(": ")[2] for mail in world.mails] == ["1 noticed"] * 2


def test_a_notice_that_the_ledger_does_not_take_is_given_again(world: World) -> None:
    """Delivered, but not remembered: the run says so, and nothing is cut by it."""
    key_id = world.key("alice", age=400)
    with refused(world, "dynamodb.TransactWriteItems", "InternalServerError"):
        answer = world.run()
    assert "told, but not remembered" in answer["failed"][0]["reason"]
    assert world.watch(key_id) is None
    assert world.after(7)["deactivated"] == []
    assert len(world.run()["upcoming"]) == 1


def test_a_notice_of_a_run_that_dies_before_it_remembers_is_given_again(world: World) -> None:
    key_id = world.key("alice", age=400)

    def dies(**_: object) -> None:
        raise KeyboardInterrupt

    with (
        on(world, "after-call.sns.Publish", dies),
        pytest.raises(KeyboardInterrupt),
    ):
        world.run()
    assert world.watch(key_id) is None
    assert len(world.after(7)["noticed"]) == 1
    assert world.status(key_id) == "Active"


def test_a_report_that_says_would_is_no_notice(world: World) -> None:
    key_id = world.key("alice", age=400)
    for _ in range(9):
        assert len(world.run({"mode": "report"})["noticed"]) == 1
        world.now += timedelta(days=1)
    assert world.watch(key_id) is None
    assert len(world.run()["noticed"]) == 1
    assert world.status(key_id) == "Active"


def test_notice_days_raised_meanwhile_lengthen_a_notice_that_runs(world: World) -> None:
    key_id = world.key("alice", age=400)
    world.run()
    world.put(notice_days="30")
    world.after(7)
    assert world.status(key_id) == "Active"
    assert len(world.after(23)["deactivated"]) == 1


def test_notice_days_lowered_meanwhile_do_not_shorten_a_notice_that_runs(world: World) -> None:
    key_id = world.key("alice", age=400)
    world.run()
    world.put(notice_days="0")
    world.after(6)
    assert world.status(key_id) == "Active"
    assert len(world.after(1)["deactivated"]) == 1


@pytest.mark.parametrize("days", [6, 36])
def test_a_reminder_comes_once_on_the_day_before_however_often_the_run_runs(
    world: World, days: int
) -> None:
    """Before a deactivation, and before a deletion."""
    world.key("alice", age=83)
    world.run()
    if days > 7:
        world.after(7)
        days -= 7
    world.now += timedelta(days=days)
    mails = len(world.mails)
    for _ in range(3):
        world.run()
        world.now += timedelta(minutes=10)
    subjects = [mail["subject"].partition(": ")[2] for mail in world.mails[mails:]]
    assert subjects == ["1 due tomorrow"]


def test_a_second_run_of_the_day_says_nothing(world: World) -> None:
    world.key("alice", age=83)
    world.run()
    world.run()
    assert len(world.mails) == 1
    world.after(7)
    world.run()
    assert len(world.mails) == 2


def test_the_description_tag_is_read_with_the_notice_kept_and_shown(world: World) -> None:
    """A tag that is gone when the key is deactivated is shown all the same."""
    key_id = world.key("alice", age=83)
    world.tag("alice", key_id, "CI upload")
    world.run()
    assert "description: CI upload" in world.mails[0]["text"]
    watch = world.watch(key_id)
    assert watch is not None
    assert watch["description"] == "CI upload"
    world.clients.iam.untag_user(UserName="alice", TagKeys=[key_id])
    world.after(7)
    assert world.mails[-1]["data"]["deactivated"][0]["description"] == "CI upload"


def test_a_tag_that_cannot_be_read_stops_no_notice(world: World) -> None:
    """It is for the reader only."""
    world.key("alice", age=83)
    with refused(world, "iam.ListUserTags"):
        assert len(world.run()["noticed"]) == 1
    assert "description" not in world.mails[0]["text"]


def test_a_newer_key_of_the_user_is_shown_with_its_last_use(world: World) -> None:
    """So that the owner sees whether the old one can go."""
    world.key("alice", age=83)
    newer = world.key("alice", age=5)
    world.use(newer, world.now - timedelta(days=2))
    world.key("alice", age=3, status="Inactive")
    world.run()
    text = " ".join(world.mails[0]["text"].split())
    assert f"newer key {newer}: active, last used Sun 22 Nov 2026 by s3" in text
    assert world.mails[0]["data"]["noticed"][0]["newer_key"] == {
        "access_key_id": newer,
        "last_used": "2026-11-22T09:00:00+00:00",
    }


def test_a_newer_key_whose_use_cannot_be_read_is_shown_without_it(world: World) -> None:
    world.key("alice", age=83)
    newer = world.key("alice", age=5)
    with refused(world, "iam.GetAccessKeyLastUsed", of=newer):
        assert len(world.run()["noticed"]) == 1
    text = " ".join(world.mails[0]["text"].split())
    assert f"newer key {newer}: active, last use not known" in text
