"""Promise 4: at most max-changes-per-run keys are changed in one run, oldest first."""

from datetime import timedelta

import pytest

from key_rotation.domain.budget import Budget
from key_rotation.domain.model import Now
from key_rotation.request import Request
from key_rotation.run import run
from key_rotation.service_layer import inventory
from tests.aws.faults import refused
from tests.aws.world import World


def stale_keys(world: World, count: int) -> list[str]:
    """Keys whose notice is over, oldest first; one is a day older than the next."""
    keys = [world.key(f"user{n}", age=400 - n) for n in range(count)]
    world.run()
    return keys


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_the_oldest_are_changed_and_the_rest_is_deferred_and_named(
    world: World, limit: int
) -> None:
    keys = stale_keys(world, 4)
    world.put(max_changes_per_run=str(limit))
    answer = world.after(7)
    assert [entry["access_key_id"] for entry in answer["deactivated"]] == keys[:limit]
    assert [entry["access_key_id"] for entry in answer["deferred"]] == keys[limit:]
    assert [world.status(key_id) for key_id in keys] == ["Inactive"] * limit + ["Active"] * (
        4 - limit
    )
    assert f"{4 - limit} deferred" in world.mails[-1]["subject"]


def test_what_was_deferred_comes_in_the_next_run(world: World) -> None:
    keys = stale_keys(world, 5)
    world.put(max_changes_per_run="2")
    days = [[e["access_key_id"] for e in world.after(d)["deactivated"]] for d in (7, 1, 1, 1)]
    assert days == [keys[:2], keys[2:4], keys[4:], []]


def test_deactivations_and_deletions_count_together(world: World) -> None:
    old, young = world.key("alice", age=400), world.key("bob", age=60)
    world.run()
    world.after(7)
    world.after(23)
    world.put(max_changes_per_run="1")
    answer = world.after(7)
    assert [entry["access_key_id"] for entry in answer["deleted"]] == [old]
    assert [entry["access_key_id"] for entry in answer["deferred"]] == [young]
    assert (world.status(old), world.status(young)) == (None, "Active")


def test_a_change_that_failed_makes_room_for_no_other(world: World) -> None:
    """Whether it happened may not be known; the limit is of what a run tries."""
    keys = stale_keys(world, 3)
    world.put(max_changes_per_run="1")
    with refused(world, "iam.UpdateAccessKey", of=keys[0]):
        answer = world.after(7)
    assert (answer["deactivated"], len(answer["failed"]), len(answer["deferred"])) == ([], 1, 2)
    assert [world.status(key_id) for key_id in keys] == ["Active"] * 3


def test_finishing_what_an_earlier_run_began_counts_as_no_change(world: World) -> None:
    keys = stale_keys(world, 2)

    def dies(**_: object) -> None:
        raise KeyboardInterrupt

    world.put(max_changes_per_run="1")
    events = world.clients.iam.meta.events
    events.register_first("after-call.iam.UpdateAccessKey", dies)
    with pytest.raises(KeyboardInterrupt):
        world.after(7)
    events.unregister("after-call.iam.UpdateAccessKey", dies)
    assert [world.status(key_id) for key_id in keys] == ["Inactive", "Active"]
    answer = world.run()
    assert [entry["access_key_id"] for entry in answer["deactivated"]] == keys
    assert answer["deferred"] == []


def test_notices_are_not_limited(world: World) -> None:
    world.put(max_changes_per_run="0")
    for n in range(4):
        world.key(f"user{n}", age=400)
    answer = world.run()
    assert (len(answer["noticed"]), answer["deferred"]) == (4, [])


def test_a_change_of_which_nobody_knows_counts_for_the_parts_of_a_run_that_follow(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It happened, and could not be recorded: the next part may change so many fewer."""
    stale_keys(world, 4)
    world.put(max_changes_per_run="3")
    world.now += timedelta(days=7)
    monkeypatch.setattr(inventory, "BATCH", 2)
    short_of_time = Budget(lambda: timedelta(minutes=6), timedelta(minutes=15))
    with refused(world, "dynamodb.TransactWriteItems", "InternalServerError", since=1):
        part = run(
            Request(),
            world.place,
            world.clients,
            now=Now(instant=world.now, zone=world.zone),
            run_id="part-0",
            budget=short_of_time,
        )
    assert [status for _, status, _ in world.iam().values()].count("Inactive") == 2
    assert part.remainder is not None
    assert part.remainder.changes_left == 1
