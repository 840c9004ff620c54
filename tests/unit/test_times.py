"""Hours, gaps between runs, and edits: when an announced day is not enough."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from key_rotation.domain.decide import decide
from key_rotation.domain.model import AccessKey, Action, Reason
from key_rotation.domain.watch import Held, Noticed
from tests.unit.builders import (
    NOW,
    TODAY,
    a_key,
    a_watch,
    days_ago,
    deactivated,
    in_days,
    noticed,
    observed_key,
    settings,
)

MORNING = replace(NOW, instant=NOW.instant.replace(hour=8))
ACTIVE, INACTIVE = a_key(age=400), a_key(age=400, status="Inactive")


def hours_ago(hours: float) -> datetime:
    return MORNING.instant - timedelta(hours=hours)


def due_today(at: datetime) -> Noticed:
    """Return a notice of an instant whose day is today."""
    return Noticed(at=at, due=TODAY, announced_on=NOW.day(at))


@pytest.mark.parametrize(
    ("hours", "notice_days", "action"),
    [
        (10, "1", Action.KEEP),
        (11.99, "1", Action.KEEP),
        (12, "1", Action.DEACTIVATE),
        (24, "1", Action.DEACTIVATE),
        (155.99, "7", Action.KEEP),
        (156, "7", Action.DEACTIVATE),
    ],
)
def test_a_notice_lasts_its_days_in_hours_less_twelve(
    hours: float, notice_days: str, action: Action
) -> None:
    """Promise 1: with an hourly schedule, one day of notice is never one hour."""
    watch = a_watch(ACTIVE, due_today(hours_ago(hours)))
    changed = settings(notice_days=notice_days)
    decision = decide(observed_key(ACTIVE), watch, now=MORNING, settings=changed)
    assert decision.action is action
    assert action is Action.DEACTIVATE or decision.due == TODAY
    assert not decision.remind


@pytest.mark.parametrize("hour", [8, 16])
def test_a_longer_notice_counts_from_the_day_of_the_notice(hour: int) -> None:
    """Whatever the hour at which it was given: an announced day only moves later."""
    given = days_ago(4).replace(hour=hour)
    notice = replace(noticed(due=3), at=given)
    decision = decide(
        observed_key(ACTIVE),
        a_watch(ACTIVE, notice),
        now=NOW,
        settings=settings(notice_days="14"),
    )
    assert (decision.action, decision.due) == (Action.KEEP, in_days(10))


@pytest.mark.parametrize("hour", [8, 16])
def test_a_longer_window_counts_from_the_day_on_which_it_opened(hour: int) -> None:
    window = replace(deactivated(since=4), start=days_ago(4).replace(hour=hour))
    decision = decide(
        observed_key(INACTIVE),
        a_watch(INACTIVE, window),
        now=NOW,
        settings=settings(grace_days="45"),
    )
    assert (decision.action, decision.due) == (Action.KEEP, in_days(41))


@pytest.mark.parametrize(
    ("hours", "action"), [(11.99, Action.KEEP), (12, Action.DELETE), (36, Action.DELETE)]
)
def test_a_window_lasts_its_days_in_hours_less_twelve(hours: float, action: Action) -> None:
    """Promise 2."""
    window = replace(deactivated(since=1), start=hours_ago(hours), due=TODAY)
    decision = decide(
        observed_key(INACTIVE),
        a_watch(INACTIVE, window),
        now=MORNING,
        settings=settings(grace_days="1"),
    )
    assert decision.action is action


@pytest.mark.parametrize(
    ("gap", "left", "announced", "remind"),
    [
        (1, 2, -6, False),
        (1, 1, -6, True),
        (1, 1, -1, True),
        (1, 1, 0, False),
        (1, 0, -6, False),
        (3, 4, -6, False),
        (3, 3, -6, True),
        (3, 1, -6, True),
        (3, 1, -2, False),
        (3, 3, -1, True),
        (3, 3, 0, False),
        (7, 7, -6, True),
        (7, 6, -1, False),
    ],
)
def test_the_reminder_comes_with_the_last_run_that_is_certainly_before_the_day(
    gap: int, left: int, announced: int, *, remind: bool
) -> None:
    """Runs are at most `gap` days apart. There is one reminder for a day."""
    now = replace(NOW, days_between_runs=gap)
    notice = replace(noticed(due=left), at=days_ago(20), announced_on=in_days(announced))
    window = replace(deactivated(since=30 - left), announced_on=in_days(announced))
    for key, state in ((ACTIVE, notice), (INACTIVE, window)):
        decision = decide(observed_key(key), a_watch(key, state), now=now, settings=settings())
        assert decision.remind is (remind and left > 0)


@pytest.mark.parametrize(
    ("due", "inactive_for", "action", "day"),
    [
        (5, 1, Action.KEEP, 5),
        (2, 1, Action.KEEP, 3),
        (0, 1, Action.KEEP, 3),
        (-6, 7, Action.KEEP, 3),
        (-6, 8, Action.NOTICE, 7),
        (-31, 1, Action.NOTICE, 7),
    ],
)
def test_a_notice_survives_a_short_absence_of_its_key(
    due: int, inactive_for: int, action: Action, day: int
) -> None:
    """The owner turned the key off and on again; three days are left at least."""
    notice = replace(
        noticed(due=due),
        at=days_ago(40),
        inactive_since=in_days(-inactive_for),
        announced_on=in_days(-40),
    )
    watch = a_watch(ACTIVE, notice)
    decision = decide(observed_key(ACTIVE), watch, now=NOW, settings=settings())
    assert (decision.action, decision.due) == (action, in_days(day))
    assert decision.remind is (action is Action.KEEP and day > due)


@pytest.mark.parametrize(
    ("edited", "action", "day"),
    [
        ((), Action.DEACTIVATE, 30),
        (("grace-days",), Action.DEACTIVATE, 30),
        (("notice-days",), Action.NOTICE, 2),
        (("max-age-days",), Action.NOTICE, 2),
        (("exemptions",), Action.NOTICE, 2),
        (("mode",), Action.NOTICE, 2),
    ],
)
def test_without_notice_days_a_run_that_first_sees_an_edit_only_announces(
    edited: tuple[str, ...], action: Action, day: int
) -> None:
    current = replace(settings(notice_days="0"), edited=frozenset(edited))
    decision = decide(observed_key(ACTIVE), None, now=NOW, settings=current)
    assert (decision.action, decision.due) == (action, in_days(day))


@pytest.mark.parametrize("since", [3, 30, 300])
def test_an_adopted_key_rests_once_adoption_is_off_again(since: int) -> None:
    window = replace(deactivated(since=since), adopted=True)
    watch = a_watch(INACTIVE, window)
    decision = decide(observed_key(INACTIVE), watch, now=NOW, settings=settings())
    assert (decision.action, decision.reason) == (Action.KEEP, Reason.NOT_ADOPTED)


@pytest.mark.parametrize(("since", "day"), [(3, 27), (30, None), (300, None)])
def test_no_window_is_over_while_deletions_are_off(since: int, day: int | None) -> None:
    off = settings(delete_unused_keys="false")
    watch = a_watch(INACTIVE, deactivated(since=since))
    decision = decide(observed_key(INACTIVE), watch, now=NOW, settings=off)
    assert (decision.action, decision.reason) == (Action.KEEP, Reason.DELETION_OFF)
    assert decision.due == (None if day is None else in_days(day))


@pytest.mark.parametrize(
    ("until", "reason"),
    [
        (-3, Reason.STILL_HELD),
        (-2, Reason.RELEASED),
        (-1, Reason.RELEASED),
    ],
)
@pytest.mark.parametrize("key", [ACTIVE, INACTIVE])
def test_an_exemption_that_no_run_saw_ends_a_hold(
    key: AccessKey, until: int, reason: Reason
) -> None:
    """It was exempt after the run that held it, and the exemption has ended by the next."""
    held = a_watch(key, Held(since=days_ago(2)))
    exempt = settings(exemptions=f"alice until {in_days(until)}")
    decision = decide(observed_key(key), held, now=NOW, settings=exempt)
    assert decision.reason is reason


def test_a_hold_of_an_earlier_version_ends_as_before() -> None:
    """Its day is not known, so only an exemption that a run sees in force ends it."""
    ended = settings(exemptions=f"alice until {in_days(-1)}")
    held = a_watch(ACTIVE, Held())
    assert decide(observed_key(ACTIVE), held, now=NOW, settings=ended).reason is Reason.STILL_HELD
