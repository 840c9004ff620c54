"""The days of a forecast, where `tests/simulation` compares too few of them with runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from key_rotation.domain.model import Now, Status
from key_rotation.domain.plan import Terms, make_plan
from key_rotation.domain.watch import Deactivated, Deactivating, Lapsed, Watch
from key_rotation.reporting.outcome import Section
from key_rotation_cli.preview.forecast import Start, forecast
from key_rotation_cli.preview.recorded import watch_after_run
from tests.unit.builders import (
    NOW,
    TODAY,
    a_key,
    a_watch,
    an_inventory,
    deactivated,
    in_days,
    noticed,
    observed_key,
    owner_settings,
    settings,
    watches_of,
)


def recorded(watch: Watch, *, status: str = "Active", limit: int = 25, **changed: str) -> Watch:
    """Return the watch of a key of 400 days as today's run leaves it."""
    current = settings(**changed)
    terms = Terms(now=NOW, settings=current, limit=limit, usual_limit=25)
    inventory = an_inventory(observed_key(a_key(age=400, status=status)))
    [step] = make_plan(inventory, watches_of(watch), terms).steps
    found = watch_after_run(step, NOW, current)
    assert found
    return found


def test_only_a_notice_in_force_becomes_the_earliest_day_of_another_deactivation() -> None:
    """A run records its intent first, and that keeps the notice only."""
    lapsed = a_watch(a_key(age=400), Lapsed(due=in_days(-3)))
    state = recorded(lapsed, notice_days="0").state
    assert isinstance(state, Deactivated)
    assert state.earliest_deactivation is None
    state = recorded(a_watch(a_key(age=400), noticed(due=0, announced=-1))).state
    assert isinstance(state, Deactivated)
    assert state.earliest_deactivation == TODAY


def test_the_intent_of_a_change_that_is_deferred_is_cancelled() -> None:
    notice = noticed(due=0, announced=-1)
    begun = a_watch(a_key(age=400), Deactivating(notice=notice))
    assert recorded(begun, limit=0).state == notice


def test_an_edit_concerns_the_first_run_only() -> None:
    """A key that is stale when notice-days becomes 0 is announced; a later one is not."""
    edited = replace(settings(notice_days="0"), edited=frozenset({"notice-days"}))
    keys = tuple(observed_key(a_key(age=age, key_id=f"AKIA{age}")) for age in (95, 87))
    found = forecast(Start(now=NOW, settings=edited, keys=keys), 4)
    notices = [key.access_key_id for day in found for key in day.in_section(Section.NOTICED)]
    assert notices == ["AKIA95"]
    assert [
        [key.access_key_id for key in day.in_section(Section.DEACTIVATED)] for day in found
    ] == [[], [], ["AKIA95"], ["AKIA87"]]


@pytest.mark.parametrize(("pending", "deactivated_on"), [(True, 7), (False, None)])
def test_a_mail_to_an_earlier_owner_that_waits_counts_from_the_first_run(
    *, pending: bool, deactivated_on: int | None
) -> None:
    """Nobody owns the key any more, so that no new mail is sent."""
    key = a_key(age=400)
    start = Start(
        now=NOW,
        settings=owner_settings(owner_notice="require"),
        keys=(observed_key(key),),
        watches=watches_of(a_watch(key, noticed(due=1, at=6))),
        pending=frozenset({key.access_key_id} if pending else ()),
        unowned=frozenset({key.access_key_id}),
    )
    days = [
        number
        for number, day in enumerate(forecast(start, 15))
        if day.in_section(Section.DEACTIVATED)
    ]
    assert days == ([] if deactivated_on is None else [deactivated_on])


def test_runs_take_place_at_the_same_time_of_the_day_when_the_clocks_change() -> None:
    """23:30 in Berlin; an hour more or less would be another day."""
    late = datetime(2026, 10, 20, 21, 30, tzinfo=UTC)
    now = Now(instant=late, zone=ZoneInfo("Europe/Berlin"))
    found = forecast(Start(now=now, settings=settings(), keys=()), 10)
    assert [day.date for day in found] == [now.today + timedelta(days=n) for n in range(10)]


@pytest.mark.parametrize(("gap", "runs"), [(1, 14), (7, 2)])
def test_runs_are_as_far_apart_as_the_schedule_lets_them_be(gap: int, runs: int) -> None:
    now = replace(NOW, days_between_runs=gap)
    assert len(forecast(Start(now=now, settings=settings(), keys=()), 14)) == runs


def test_a_key_whose_last_use_is_unknown_is_taken_for_unused() -> None:
    """Else a missing permission of the reader would hide a day; the function has it."""
    window = deactivated(since=30, due=0)
    watch = a_watch(a_key(age=400), window)
    key = replace(observed_key(a_key(age=400, status="Inactive")), last_use=None)
    start = Start(now=NOW, settings=settings(), keys=(key,), watches=watches_of(watch))
    [today] = forecast(start, 1)
    assert [each.section for each in today.keys] == [Section.DELETED]


def test_a_forecast_changes_nothing_that_it_was_given() -> None:
    keys, watches = (observed_key(a_key(age=400)),), watches_of()
    first = forecast(Start(now=NOW, settings=settings(), keys=keys, watches=watches), 60)
    assert first == forecast(Start(now=NOW, settings=settings(), keys=keys, watches=watches), 60)
    assert (keys[0].key.status, watches.by_key_id) == (Status.ACTIVE, {})
