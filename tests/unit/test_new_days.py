"""Which days the plan may still choose: those that no digest has named."""

from dataclasses import replace
from datetime import date

import pytest

from key_rotation.domain.decide import decide
from key_rotation.domain.model import Action, Decision, Reason
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Event, Held, State, Watch
from tests.unit.builders import (
    NOW,
    a_key,
    a_watch,
    days_ago,
    deactivated,
    in_days,
    noticed,
    observed_key,
    settings,
)


def decision(
    state: State | None, current: Settings, *, status: str = "Active", age: float = 400
) -> Decision:
    """Decide a key of 400 days in a state."""
    key = a_key(age=age, status=status)
    watch = a_watch(key, state) if state else None
    return decide(observed_key(key), watch, now=NOW, settings=current)


@pytest.mark.parametrize(
    ("state", "current", "status", "reason", "earliest"),
    [
        (None, settings(), "Active", Reason.STALE, 7),
        (noticed(due=-31, at=40), settings(), "Active", Reason.NOTICE_OUTDATED, 7),
        (noticed(due=0), settings(), "Active", Reason.NOTICE_OVER, 30),
        (deactivated(since=9, due=21), settings(), "Active", Reason.REACTIVATED, 7),
        (None, settings(adopt_inactive_keys="true"), "Inactive", Reason.ADOPTED, 30),
    ],
)
def test_the_plan_chooses_a_day_that_no_digest_has_named(
    state: State | None, current: Settings, status: str, reason: Reason, earliest: int
) -> None:
    found = decision(state, current, status=status)
    assert (found.reason, found.due, found.new_day) == (reason, in_days(earliest), True)


@pytest.mark.parametrize("state", [noticed(due=3), noticed(due=1)])
def test_a_day_that_a_digest_has_named_stays(state: State) -> None:
    assert not decision(state, settings()).new_day


@pytest.mark.parametrize(("unreported", "first"), [(True, 1), (False, 2)])
def test_a_deletion_that_no_digest_has_named_comes_a_day_after_the_first_that_does(
    first: int, *, unreported: bool
) -> None:
    """An event that is still to be reported brings its day with it; otherwise a reminder does."""
    key = a_key(age=400, status="Inactive")
    window = replace(deactivated(since=40, due=-2), announced_on=date.min)
    event = Event(
        action=Action.DEACTIVATE, reason=Reason.NOTICE_OVER, at=days_ago(40), run_id="run-1"
    )
    watch: Watch = replace(a_watch(key, window), unreported_events=(event,) if unreported else ())
    found = decide(observed_key(key), watch, now=NOW, settings=settings())
    assert (found.action, found.reason, found.due) == (
        Action.KEEP,
        Reason.IN_WINDOW,
        in_days(first),
    )
    assert (found.new_day, found.remind) == (True, not unreported)


def test_a_window_lasts_all_its_days_also_where_an_earlier_day_was_recorded() -> None:
    state = replace(deactivated(since=10, due=5), due=in_days(5))
    assert decision(state, settings(), status="Inactive").due == in_days(20)


def test_a_key_that_comes_back_late_keeps_no_earlier_day_than_was_announced() -> None:
    state = replace(noticed(due=20), inactive_since=in_days(-8))
    found = decision(state, settings())
    assert (found.reason, found.due) == (Reason.STALE, in_days(20))


def test_a_key_that_comes_back_soon_keeps_its_notice() -> None:
    state = replace(noticed(due=20), inactive_since=in_days(-7))
    found = decision(state, settings())
    assert (found.action, found.reason, found.due) == (
        Action.KEEP,
        Reason.NOTICE_RUNNING,
        in_days(20),
    )


def test_a_hold_that_an_ended_exemption_ends_keeps_the_key() -> None:
    found = decision(
        Held(since=days_ago(9)), settings(exemptions=f"alice until {in_days(-1).isoformat()}")
    )
    assert (found.action, found.reason) == (Action.KEEP, Reason.RELEASED)
