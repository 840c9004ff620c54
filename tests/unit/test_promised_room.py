"""What takes room on a day before new days are given: all that was announced, or is done today."""

from dataclasses import replace
from datetime import date

import pytest

from key_rotation.domain.plan import Plan
from key_rotation.domain.watch import Deactivating, Deleting, State, Watch
from tests.unit.builders import (
    NOW,
    a_key,
    a_plan,
    a_watch,
    an_inventory,
    deactivated,
    in_days,
    noticed,
    observed_key,
    watches_of,
)

NEW = a_key(age=500, key_id="AKIANEW")
REACTIVATED = a_watch(NEW, deactivated(since=3))
INTERRUPTED = a_key(age=600, key_id="AKIAEXTENDED", status="Inactive")
EXTENDED = a_watch(INTERRUPTED, deactivated(since=3, interrupted=True))
"""The oldest key, so that its new day is given first; today + 30 at the earliest."""


def day_of(plan: Plan, key_id: str) -> date | None:
    """Return the day of the decision of a key."""
    [step] = [step for step in plan.steps if step.access_key_id == key_id]
    return step.decision.due


def first_day(wanted: int, watch: Watch, *, status: str | None = None, deletes: bool = True) -> int:
    """Return after how many days a notice is due that is wanted in `wanted` days.

    status: of the key of a watch; None where this part of the run does not read it
    """
    key = a_key(age=300, key_id=watch.access_key_id, status=status or "Active")
    plan = a_plan(
        an_inventory(observed_key(NEW), *([observed_key(key)] if status else [])),
        watches_of(REACTIVATED, watch),
        max_changes_per_run="1",
        notice_days=str(wanted),
        delete_unused_keys=str(deletes).lower(),
    )
    day = day_of(plan, NEW.access_key_id)
    assert day
    return (day - NOW.today).days


def test_a_notice_of_an_earlier_part_takes_its_room_before_it_was_delivered() -> None:
    """The ledger has an older state of that key, or none; it is not decided again."""
    key = a_key(age=300, key_id="AKIAOTHER")
    plan = a_plan(
        an_inventory(observed_key(NEW), observed_key(key)),
        watches_of(a_watch(key, noticed(due=20))),
        undelivered=[a_watch(key, noticed(due=7))],
        max_changes_per_run="1",
    )
    assert [step.access_key_id for step in plan.steps] == [NEW.access_key_id]
    assert day_of(plan, NEW.access_key_id) == in_days(8)


def other(state: State) -> Watch:
    """Return the watch of another key."""
    return a_watch(a_key(age=300, key_id="AKIAOTHER"), state)


@pytest.mark.parametrize(
    ("due", "wanted", "day"), [(5, 5, 6), (5, 4, 4), (0, 0, 1), (-1, 0, 1), (5, 35, 35)]
)
@pytest.mark.parametrize("begun", [False, True])
def test_a_window_that_this_part_does_not_read_keeps_the_room_of_its_day(
    due: int, wanted: int, day: int, *, begun: bool
) -> None:
    """It takes room for one deletion, and none for another one after it."""
    window = deactivated(since=25, due=due)
    state = Deleting(window=window) if begun else window
    assert first_day(wanted, other(state)) == day


@pytest.mark.parametrize(("due", "wanted", "day"), [(5, 5, 6), (0, 0, 1), (-1, 0, 0)])
def test_with_deletions_off_a_window_that_is_over_keeps_no_room(
    due: int, wanted: int, day: int
) -> None:
    assert first_day(wanted, other(deactivated(since=25, due=due)), deletes=False) == day


@pytest.mark.parametrize(("wanted", "day"), [(0, 1), (1, 1), (30, 30)])
def test_a_deletion_takes_the_room_of_today_only(wanted: int, day: int) -> None:
    assert first_day(wanted, other(deactivated(since=30)), status="Inactive") == day


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (noticed(due=0), "Active"),
        (Deactivating(notice=noticed(due=0)), "Inactive"),
    ],
    ids=["done today", "begun by an earlier run"],
)
def test_a_window_that_opens_today_has_its_day_before_any_new_one(
    state: State, status: str
) -> None:
    """Even before that of an older key: its notice made room for it."""
    key = a_key(age=300, key_id="AKIAOPENS", status=status)
    plan = a_plan(
        an_inventory(observed_key(INTERRUPTED), observed_key(key)),
        watches_of(EXTENDED, a_watch(key, state)),
        max_changes_per_run="1",
    )
    assert day_of(plan, "AKIAOPENS") == in_days(30)
    assert day_of(plan, "AKIAEXTENDED") == in_days(31)


@pytest.mark.parametrize(
    ("state", "status", "day"),
    [
        (noticed(due=0), "Active", 32),
        (deactivated(since=30), "Inactive", 31),
    ],
    ids=["deactivation", "deletion"],
)
def test_a_deferred_deactivation_keeps_the_room_of_its_deletion(
    state: State, status: str, day: int
) -> None:
    """The key changed today has its deletion in 30 days, and the one deferred a day later."""
    first = a_key(age=400, key_id="AKIAFIRST")
    second = a_key(age=300, key_id="AKIASECOND", status=status)
    plan = a_plan(
        an_inventory(*map(observed_key, (INTERRUPTED, first, second))),
        watches_of(EXTENDED, a_watch(first, noticed(due=0)), a_watch(second, state)),
        max_changes_per_run="1",
    )
    assert [step.access_key_id for step in plan.steps if step.deferred] == ["AKIASECOND"]
    assert day_of(plan, "AKIAEXTENDED") == in_days(day)


@pytest.mark.parametrize(("gap", "last"), [(1, 9), (3, 13)])
def test_new_days_share_the_limit_of_the_days_between_two_runs(gap: int, last: int) -> None:
    keys = [a_key(age=400 - n, key_id=f"AKIA{n}") for n in range(3)]
    plan = a_plan(
        an_inventory(*map(observed_key, keys)),
        now=replace(NOW, days_between_runs=gap),
        max_changes_per_run="1",
    )
    assert [step.decision.due for step in plan.steps] == [
        in_days(day) for day in range(7, last + 1, gap)
    ]
