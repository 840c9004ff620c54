"""A notice that a later step delivers counts from that step on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from key_rotation.domain.model import NEVER_USED, Action, Now, Reason
from key_rotation.domain.organisation.delivery import at_delivery
from key_rotation.domain.watch import Deactivated, Event, Noticed, State, Watch, WatchChange
from tests.unit.builders import ALICE, KEY_ID, NOON, NOW, days_ago, in_days

WEEK = timedelta(days=7)


def a_change(state: State, action: Action, *, due: int) -> WatchChange:
    """Return a change that the account step decided at noon."""
    watch = Watch(access_key_id=KEY_ID, user=ALICE, created=days_ago(100), state=state, version=3)
    event = Event(action=action, reason=Reason.STALE, at=NOON, run_id="run-1", due=in_days(due))
    return WatchChange(watch=watch, events=(event,))


def a_notice(due: int) -> WatchChange:
    """Return a notice that the account step decided at noon."""
    state = Noticed(at=NOON, due=in_days(due), announced_on=NOW.today)
    return a_change(state, Action.NOTICE, due=due)


@pytest.mark.parametrize(
    ("hours", "due", "delivered_due"),
    [(0, 7, 7), (11, 7, 7), (12, 7, 8), (36, 7, 9), (12, 20, 20), (11, 6, 7)],
)
def test_the_day_of_a_notice_is_at_least_its_period_after_its_delivery(
    hours: int, due: int, delivered_due: int
) -> None:
    """A run over midnight shortens nobody's notice; a later day stays."""
    later = Now(instant=NOON + timedelta(hours=hours), zone=NOW.zone)
    delivered = at_delivery(a_notice(due), later, WEEK)
    state = delivered.watch.state
    assert isinstance(state, Noticed)
    assert (state.at, state.due, state.announced_on) == (
        later.instant,
        in_days(delivered_due),
        later.today,
    )
    assert [(event.at, event.due) for event in delivered.events] == [(state.at, state.due)]
    assert delivered.watch.version == 3


def test_any_other_change_stays_as_it_is() -> None:
    window = Deactivated(
        since=NOON, start=NOON, baseline=NEVER_USED, due=in_days(1), announced_on=NOW.today
    )
    later = replace(NOW, instant=NOON + timedelta(days=5))
    noticed = replace(a_notice(1), events=())
    for change in (a_change(window, Action.DEACTIVATE, due=1), noticed):
        assert at_delivery(change, later, WEEK) == change
