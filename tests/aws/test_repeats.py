"""Promise 5: started again or twice at once, a run acts once, says it once, and forgets nothing.

That it can die at any call is in `test_crashes`.
"""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.adapters import lease
from key_rotation.errors import AnotherRunError, LeaseLostError
from tests.aws.faults import answer_lost, meanwhile, refused
from tests.aws.world import World

TRANSACTION = "dynamodb.TransactWriteItems"
LEASE = {"pk": "RUN", "sk": "LEASE"}


def a_key_to_deactivate(world: World) -> str:
    """A key that the run of today deactivates."""
    key_id = world.key("alice", age=83)
    world.run()
    world.now += timedelta(days=7)
    return key_id


def test_a_run_repeated_at_once_changes_and_says_nothing(world: World) -> None:
    a_key_to_deactivate(world)
    world.run()
    before = (world.iam(), world.items("WATCH"), len(world.mails))
    world.run()
    assert (world.iam(), world.items("WATCH"), len(world.mails)) == before


def test_two_runs_at_once_act_once_and_say_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds the first at work, and leaves."""
    monkeypatch.setattr(lease, "BEAT_EVERY", 0.005)
    monkeypatch.setattr(lease, "DEAD_AFTER", 1.0)
    keys = [world.key(f"user{n}", age=400 - n) for n in range(3)]
    world.run()
    world.now += timedelta(days=7)
    mails = len(world.mails)
    came: Counter[str] = Counter()
    start = threading.Barrier(2)

    def a_run() -> None:
        start.wait()
        try:
            world.run()
            came["through"] += 1
        except AnotherRunError:
            came["left"] += 1

    threads = [threading.Thread(target=a_run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came["through"] >= 1
    assert came.total() == 2
    assert [world.history(key_id) for key_id in keys] == [["notice", "deactivate"]] * 3
    told = Counter(
        entry["access_key_id"]
        for mail in world.mails[mails:]
        for entry in mail["data"].get("deactivated", ())
    )
    assert told == dict.fromkeys(keys, 1)


def test_a_run_that_finds_another_one_at_work_leaves_before_it_reads_anything(
    world: World,
) -> None:
    """Its heartbeat tells."""
    key_id = a_key_to_deactivate(world)
    table = world.clients.table
    beats = iter(range(1000))

    def beat(**_: Any) -> None:
        table.meta.client.meta.events.unregister("before-call.dynamodb.GetItem", beat)
        table.put_item(Item={**LEASE, "run_id": "run-x", "beats": next(beats)})
        table.meta.client.meta.events.register_first("before-call.dynamodb.GetItem", beat)

    beat()
    try:
        with refused(world, "ssm.GetParameters"), pytest.raises(AnotherRunError, match="run-x"):
            world.run()
    finally:
        table.meta.client.meta.events.unregister("before-call.dynamodb.GetItem", beat)
    assert world.status(key_id) == "Active"


def test_a_lease_whose_heart_stands_still_is_taken_over(world: World) -> None:
    """A run that was killed blocks the next for some seconds only."""
    key_id = a_key_to_deactivate(world)
    world.clients.table.put_item(Item={**LEASE, "run_id": "dead", "beats": 7})
    assert len(world.run()["deactivated"]) == 1
    assert world.status(key_id) == "Inactive"
    assert [item["sk"] for item in world.items("RUN")] == ["STATE"]


def test_a_run_that_lost_its_lease_changes_nothing_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was silent for too long, and another one took over."""
    monkeypatch.setattr(lease, "BEAT_EVERY", 0.001)
    key_id = a_key_to_deactivate(world)
    mails = len(world.mails)

    def taken() -> None:
        world.clients.table.put_item(Item={**LEASE, "run_id": "another", "beats": 1})
        threading.Event().wait(0.3)

    with meanwhile(world, "iam.ListUsers", taken), pytest.raises(LeaseLostError):
        world.run()
    assert world.status(key_id) == "Active"
    assert len(world.mails) == mails
    assert [item["run_id"] for item in world.items("RUN") if item["sk"] == "LEASE"] == ["another"]


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_a_record_whose_answer_was_lost_is_read_back(world: World, nth: int) -> None:
    """The intent, the outcome, and that it was told: each counts as written if it is."""
    key_id = a_key_to_deactivate(world)
    with answer_lost(world, TRANSACTION, nth=nth):
        answer = world.run()
    assert (len(answer["deactivated"]), answer["failed"]) == (1, [])
    assert world.history(key_id) == ["notice", "deactivate"]
    assert world.run()["deactivated"] == []


def test_a_notice_whose_record_had_its_answer_lost_is_read_back(world: World) -> None:
    key_id = world.key("alice", age=83)
    with answer_lost(world, TRANSACTION):
        answer = world.run()
    assert (len(answer["noticed"]), answer["failed"]) == (1, [])
    assert world.history(key_id) == ["notice"]


def test_a_deactivation_that_could_not_be_recorded_is_finished_and_told_by_the_next_run(
    world: World,
) -> None:
    """Its window begins with the record, and so it is no shorter."""
    key_id = a_key_to_deactivate(world)
    with refused(world, TRANSACTION, "InternalServerError", since=1):
        first = world.run()
    assert (first["deactivated"], len(first["failed"])) == ([], 1)
    assert world.status(key_id) == "Inactive"
    assert "could not deactivate" not in first["failed"][0]["reason"]
    [finished] = world.after(1)["deactivated"]
    assert finished["due"] == f"{world.now + timedelta(days=30):%Y-%m-%d}"
    assert world.after(29)["deleted"] == []
    assert len(world.after(1)["deleted"]) == 1
    assert world.history(key_id) == ["notice", "deactivate", "delete"]


def test_a_deletion_that_could_not_be_recorded_is_finished_and_told_by_the_next_run(
    world: World,
) -> None:
    key_id = a_key_to_deactivate(world)
    world.run()
    world.now += timedelta(days=30)
    with refused(world, TRANSACTION, "InternalServerError", since=1):
        first = world.run()
    assert (first["deleted"], len(first["failed"])) == ([], 1)
    assert world.status(key_id) is None
    assert "could not delete" not in first["failed"][0]["reason"]
    assert [entry["access_key_id"] for entry in world.after(1)["deleted"]] == [key_id]
    assert world.after(1)["deleted"] == []
    assert world.history(key_id) == ["notice", "deactivate", "delete"]


def test_what_was_done_and_could_not_be_told_is_told_by_the_next_run(world: World) -> None:
    """Once, and with the time at which it was done."""
    key_id = a_key_to_deactivate(world)
    with refused(world, "sns.Publish", "InternalError"), pytest.raises(Exception, match="SNS did"):
        world.run()
    assert world.status(key_id) == "Inactive"
    [told] = world.after(1)["deactivated"]
    assert told["access_key_id"] == key_id
    assert "done 2026-12-01 09:00 UTC by a run that could not tell it" in world.mails[-1]["text"]
    assert world.after(1)["deactivated"] == []


def test_a_deletion_that_could_not_be_told_is_told_by_the_next_run(world: World) -> None:
    key_id = a_key_to_deactivate(world)
    world.run()
    world.now += timedelta(days=30)
    with refused(world, "sns.Publish", "InternalError"), pytest.raises(Exception, match="SNS did"):
        world.run()
    assert world.status(key_id) is None
    assert [entry["access_key_id"] for entry in world.after(1)["deleted"]] == [key_id]
    assert world.watch(key_id) is None
    assert world.after(1)["deleted"] == []


def test_the_history_only_grows_and_names_what_when_why_and_by_which_run(world: World) -> None:
    """For the auditor: the whole life of a key, after the key and its watch are gone."""
    key_id = world.key("alice", age=83)
    seen: list[dict[str, Any]] = []
    for days in (0, 7, 10, 30, 1):
        world.after(days)
        if days == 10:
            world.use(key_id, world.now - timedelta(days=1))
            world.run()
        items = world.items(f"HISTORY#{key_id}")
        assert items[: len(seen)] == seen
        seen = items
    assert [(item["action"], item["reason"], item["at"][:10], item["run_id"]) for item in seen] == [
        ("notice", "STALE", "2026-11-24", "run-1"),
        ("deactivate", "NOTICE_OVER", "2026-12-01", "run-2"),
        ("extend", "USED_IN_WINDOW", "2026-12-11", "run-4"),
        ("delete", "UNUSED", "2027-01-10", "run-5"),
    ]
    assert world.watch(key_id) is None
    assert all(item["user"] == "alice" for item in seen)


def test_every_watch_names_the_run_that_wrote_it(world: World) -> None:
    key_id = world.key("alice", age=83)
    world.run()
    watch = world.watch(key_id)
    assert watch is not None
    assert watch["written_by"] == "run-1"
