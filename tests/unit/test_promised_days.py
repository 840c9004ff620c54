"""The announced day is the day: how a plan gives days to notices and windows."""

from dataclasses import replace
from datetime import date

import pytest

from key_rotation.domain.model import Action, LastUse
from key_rotation.domain.plan import Plan
from key_rotation.domain.watch import Watch
from tests.unit.builders import (
    a_key,
    a_plan,
    a_watch,
    an_inventory,
    days_ago,
    deactivated,
    in_days,
    noticed,
    observed_key,
    used,
    watches_of,
)


def days_by_key(plan: Plan) -> dict[str, date | None]:
    """Return the day of each decision, by key id, oldest key first."""
    return {step.access_key_id: step.decision.due for step in plan.steps}


def plan_with_limit(limit: int, *watches: Watch, new: int = 0, notice_days: str = "7") -> Plan:
    """Plan `new` stale keys without a notice, and a key for each watch."""
    keys = [a_key(age=age, key_id=f"AKIA{age:04}") for age in range(400, 400 - new, -1)]
    watched = [
        a_key(
            age=(watch.created - days_ago(0)).days * -1,
            key_id=watch.access_key_id,
            status="Active" if watch.state.__class__.__name__ == "Noticed" else "Inactive",
        )
        for watch in watches
    ]
    return a_plan(
        an_inventory(*map(observed_key, [*keys, *watched])),
        watches_of(*watches),
        max_changes_per_run=str(limit),
        notice_days=notice_days,
    )


def test_the_oldest_keys_get_the_first_days() -> None:
    plan = plan_with_limit(2, new=5)
    assert list(days_by_key(plan).items()) == [
        ("AKIA0400", in_days(7)),
        ("AKIA0399", in_days(7)),
        ("AKIA0398", in_days(8)),
        ("AKIA0397", in_days(8)),
        ("AKIA0396", in_days(9)),
    ]


def test_a_day_announced_before_keeps_its_room() -> None:
    """Also for younger keys: only new days are given by age."""
    watch = a_watch(a_key(age=100, key_id="AKIA"), noticed(due=7))
    days = days_by_key(plan_with_limit(1, watch, new=2))
    assert days == {"AKIA0400": in_days(8), "AKIA0399": in_days(9), "AKIA": in_days(7)}


@pytest.mark.parametrize("read", [True, False])
def test_the_deletion_of_a_noticed_key_has_its_room(*, read: bool) -> None:
    """Whether or not this part of the run has read the key."""
    watch = a_watch(a_key(age=300, key_id="AKIA"), noticed(due=4))
    other = a_key(age=200, key_id="AKIAWINDOW", status="Inactive")
    inventory = an_inventory(
        observed_key(other, used(days_ago(4))),
        *([observed_key(a_key(age=300, key_id="AKIA"))] * read),
    )
    window = a_watch(other, deactivated(since=10, due=34))
    plan = a_plan(inventory, watches_of(watch, window), max_changes_per_run="1")
    assert days_by_key(plan)["AKIAWINDOW"] == in_days(35)


def test_a_window_ends_on_the_day_for_which_the_notice_made_room() -> None:
    """However many notices and windows came after it."""
    watch = a_watch(a_key(age=450, key_id="AKIA"), noticed(due=0))
    plan = plan_with_limit(1, watch, new=40)
    assert days_by_key(plan)["AKIA"] == in_days(30)
    others = [day for key_id, day in days_by_key(plan).items() if key_id != "AKIA"]
    assert len(set(others)) == 40
    assert in_days(30) not in others


@pytest.mark.parametrize(
    ("status", "last_use", "action", "earliest"),
    [
        ("Inactive", used(days_ago(1)), Action.EXTEND, 29),
        ("Active", used(days_ago(1)), Action.NOTICE, 7),
    ],
)
def test_a_window_or_notice_that_starts_again_gets_a_day_with_room(
    status: str, last_use: LastUse, action: Action, earliest: int
) -> None:
    key = a_key(age=300, key_id="AKIA", status=status)
    full = [
        a_watch(
            a_key(age=200 - n, key_id=f"AKIAFULL{n}", status="Inactive"),
            deactivated(since=30 - earliest),
        )
        for n in range(2)
    ]
    keys = [a_key(age=200 - n, key_id=f"AKIAFULL{n}", status="Inactive") for n in range(2)]
    plan = a_plan(
        an_inventory(observed_key(key, last_use), *map(observed_key, keys)),
        watches_of(a_watch(key, deactivated(since=20, due=5)), *full),
        max_changes_per_run="2",
    )
    [step] = [step for step in plan.steps if step.access_key_id == "AKIA"]
    assert step.decision.action is action
    assert step.decision.due == in_days(earliest + 1)


def test_days_are_given_by_the_usual_limit_while_it_is_zero() -> None:
    """The last limit above zero; here the one of a new deployment."""
    days = days_by_key(plan_with_limit(0, new=26))
    assert list(days.values()) == [in_days(7)] * 25 + [in_days(8)]


def test_what_is_deferred_takes_the_room_of_the_next_days() -> None:
    watches = [a_watch(a_key(age=300 - n, key_id=f"AKIADUE{n}"), noticed(due=0)) for n in range(20)]
    days = days_by_key(plan_with_limit(2, *watches, new=1, notice_days="1"))
    assert days["AKIA0400"] == in_days(10)


def test_a_key_whose_change_was_refused_keeps_no_room_and_comes_last() -> None:
    """Promise 4: refused keys never keep others from being changed."""
    refused = [
        replace(a_watch(a_key(age=300 - n, key_id=f"AKIANO{n}"), noticed(due=-5)), refused=True)
        for n in range(3)
    ]
    due = [a_watch(a_key(age=200 - n, key_id=f"AKIADUE{n}"), noticed(due=0)) for n in range(2)]
    plan = plan_with_limit(3, *refused, *due, new=3, notice_days="1")
    changed = [s.access_key_id for s in plan.steps if s.is_change]
    assert changed == ["AKIANO0", "AKIADUE0", "AKIADUE1"]
    assert [day for key_id, day in days_by_key(plan).items() if key_id < "AKIA1"] == [
        in_days(1)
    ] * 3


def test_after_deletions_were_off_each_window_gets_a_day_with_room() -> None:
    """They were all over long ago; none of them is deleted in the run that sees the edit."""
    watches = [
        a_watch(
            a_key(age=300 - n, key_id=f"AKIA{n}", status="Inactive"),
            replace(deactivated(since=90), announced_on=date.min),
        )
        for n in range(5)
    ]
    plan = plan_with_limit(2, *watches)
    assert {step.decision.action for step in plan.steps} == {Action.KEEP}
    assert all(step.decision.remind for step in plan.steps)
    assert list(days_by_key(plan).values()) == [in_days(d) for d in (2, 2, 3, 3, 4)]
