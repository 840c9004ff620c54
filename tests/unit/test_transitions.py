"""What is remembered of a key after each thing that happens to it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from key_rotation.domain.model import NEVER_USED, Action, Decision, LastUse, Reason, Status
from key_rotation.domain.transitions import (
    after_action,
    after_digest_sent,
    after_no_action,
    after_notice,
    cancel_intent,
    new_watch,
    record_intent,
)
from key_rotation.domain.watch import (
    Deactivated,
    Deactivating,
    Deleting,
    Ended,
    Event,
    Held,
    Lapsed,
    Noticed,
    State,
)
from tests.unit.builders import (
    NOON,
    NOW,
    TODAY,
    a_key,
    a_watch,
    days_ago,
    in_days,
    observed_key,
    used,
)
from tests.unit.builders import deactivated as a_window
from tests.unit.builders import noticed as a_notice

KEY = a_key(age=97)


def an_event(action: Action, reason: Reason = Reason.NOTICE_OVER) -> Event:
    """Something that this run did."""
    return Event(action=action, reason=reason, at=NOON, run_id="run-1", due=in_days(30))


def state_after(
    state: State,
    action: Action,
    reason: Reason = Reason.NOTICE_OVER,
    *,
    due: date | None = None,
    last_use: LastUse = NEVER_USED,
) -> Any:
    """The state after something happened to a key."""
    decision = Decision(action=action, reason=reason, due=due)
    event = an_event(action, reason)
    return after_action(a_watch(KEY, state), decision, observed_key(KEY, last_use), event).state


def test_the_memory_of_a_key_begins_with_what_was_seen_of_it() -> None:
    """Its version says that it was never written."""
    assert new_watch(KEY) == a_watch(KEY, Lapsed(due=None), version=0)


@pytest.mark.parametrize("state", [a_notice(due=0), Held()])
def test_no_intent_to_delete_rests_on_anything_but_a_window(state: State) -> None:
    """It would be a mistake of ours, and says so."""
    with pytest.raises(ValueError, match=type(state).__name__):
        record_intent(a_watch(KEY, state), Action.DELETE)


def test_no_window_is_without_a_day() -> None:
    """It would be a mistake of ours, and says so."""
    with pytest.raises(ValueError, match="NOTICE_OVER"):
        state_after(a_notice(due=0), Action.DEACTIVATE, due=None)


def test_a_notice_is_remembered_with_its_day_and_the_day_it_was_told() -> None:
    """It was told today."""
    decision = Decision(action=Action.NOTICE, reason=Reason.STALE, due=in_days(7))
    watch = after_notice(new_watch(KEY), decision, NOW, "CI upload")
    assert watch.state == Noticed(at=NOON, due=in_days(7), announced_on=TODAY)
    assert (watch.description, watch.reactivations) == ("CI upload", 0)


def test_a_notice_for_a_key_that_was_turned_on_again_is_counted() -> None:
    """Twice it gets one; the third time it is held."""
    decision = Decision(action=Action.NOTICE, reason=Reason.REACTIVATED, due=in_days(7))
    watch = after_notice(a_watch(KEY, a_window(since=3), reactivations=1), decision, NOW, None)
    assert watch.reactivations == 2


@pytest.mark.parametrize(
    ("state", "notice"),
    [
        (a_notice(due=0), a_notice(due=0)),
        (Deactivating(notice=a_notice(due=0)), a_notice(due=0)),
        (Lapsed(due=None), None),
    ],
)
def test_the_intent_to_deactivate_keeps_the_notice_it_rests_on(
    state: State, notice: Noticed | None
) -> None:
    """So that a run that died is decided again by it."""
    assert record_intent(a_watch(KEY, state), Action.DEACTIVATE).state == Deactivating(
        notice=notice
    )


@pytest.mark.parametrize("state", [a_window(since=30), Deleting(window=a_window(since=30))])
def test_the_intent_to_delete_keeps_the_window_it_rests_on(state: State) -> None:
    """So that a run that died is decided again by it."""
    expected = Deleting(window=a_window(since=30))
    assert record_intent(a_watch(KEY, state), Action.DELETE).state == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (Deactivating(notice=a_notice(due=0)), a_notice(due=0)),
        (Deactivating(notice=None), Lapsed(due=None)),
        (Deleting(window=a_window(since=30)), a_window(since=30)),
        (Held(), Held()),
    ],
)
def test_an_intent_that_iam_refused_is_taken_back(state: State, expected: State) -> None:
    assert cancel_intent(a_watch(KEY, state)) == a_watch(KEY, expected)


@pytest.mark.parametrize(("action", "adopted"), [(Action.DEACTIVATE, False), (Action.ADOPT, True)])
def test_a_deactivation_opens_a_window_with_the_last_use_as_its_baseline(
    action: Action, *, adopted: bool
) -> None:
    """An adoption does the same."""
    state = state_after(Lapsed(due=None), action, due=in_days(30), last_use=used(days_ago(2)))
    assert state == Deactivated(
        since=NOON,
        start=NOON,
        baseline=used(days_ago(2)),
        due=in_days(30),
        announced_on=date.min,
        adopted=adopted,
    )


def test_a_use_starts_the_window_again_from_that_use() -> None:
    """The use is its new baseline."""
    state = state_after(
        a_window(since=10),
        Action.EXTEND,
        Reason.USED_IN_WINDOW,
        due=in_days(26),
        last_use=used(days_ago(4)),
    )
    assert (state.start, state.baseline, state.due) == (days_ago(4), used(days_ago(4)), in_days(26))
    assert (state.since, state.announced_on) == (days_ago(10), date.min)


def test_no_window_gets_shorter_by_a_use_before_its_start() -> None:
    """It started again after an exemption, and then an older use came to light."""
    state = state_after(
        a_window(since=10, start=2),
        Action.EXTEND,
        Reason.USED_IN_WINDOW,
        due=in_days(28),
        last_use=used(days_ago(4)),
    )
    assert state.start == days_ago(2)


def test_the_end_of_an_interruption_starts_the_window_today() -> None:
    """Even where a use came to light: today is later."""
    state = state_after(
        a_window(since=10, interrupted=True),
        Action.EXTEND,
        Reason.INTERRUPTION_ENDED,
        due=in_days(30),
        last_use=used(days_ago(4)),
    )
    assert (state.start, state.baseline, state.interrupted) == (NOON, used(days_ago(4)), False)


@pytest.mark.parametrize(
    ("state", "earliest_deactivation"),
    [
        (a_notice(due=3), in_days(3)),
        (Lapsed(due=in_days(3)), in_days(3)),
        (Deactivating(notice=a_notice(due=0)), in_days(0)),
        (Deactivating(notice=None), None),
        (Lapsed(due=None), None),
    ],
)
def test_a_window_remembers_the_day_that_was_promised_before(
    state: State, earliest_deactivation: date | None
) -> None:
    """So that a key that is adopted, and turned on again, is not due before it."""
    assert (
        state_after(state, Action.ADOPT, due=in_days(30)).earliest_deactivation
        == earliest_deactivation
    )


def test_a_window_that_an_exemption_ends_leaves_its_promise_behind() -> None:
    window = replace(a_window(since=3), earliest_deactivation=in_days(9))
    exempt = Decision(action=Action.EXEMPT, reason=Reason.EXEMPT)
    assert after_no_action(a_watch(KEY, window), exempt, Status.ACTIVE).state == Lapsed(
        due=in_days(9)
    )


@pytest.mark.parametrize(
    ("action", "state"),
    [
        (Action.WITHDRAW, Lapsed(due=in_days(3))),
        (Action.HOLD, Held()),
        (Action.DELETE, Ended()),
        (Action.CLOSE, Ended()),
    ],
)
def test_what_happened_decides_what_is_remembered(action: Action, state: State) -> None:
    """A withdrawn notice leaves its day behind."""
    assert state_after(a_notice(due=3), action) == state


@pytest.mark.parametrize("action", [Action.KEEP, Action.NOTICE, Action.EXEMPT])
def test_what_does_not_happen_by_itself_is_no_event(action: Action) -> None:
    """A notice is remembered by its delivery, and the others are silent."""
    with pytest.raises(ValueError, match=action):
        state_after(a_notice(due=3), action)


def test_what_happened_waits_to_be_told() -> None:
    """Behind what waits already."""
    watch = a_watch(KEY, a_notice(due=0))
    decision = Decision(action=Action.DEACTIVATE, reason=Reason.NOTICE_OVER, due=in_days(30))
    first, second = an_event(Action.DEACTIVATE), an_event(Action.DELETE)
    deactivated_watch = after_action(watch, decision, observed_key(KEY), first)
    ended_watch = after_action(
        deactivated_watch, Decision(action=Action.DELETE, reason=Reason.UNUSED), None, second
    )
    assert ended_watch.unreported_events == (first, second)


@pytest.mark.parametrize("state", [a_notice(due=3), a_window(since=3)])
def test_what_was_told_waits_no_longer(state: State) -> None:
    """And today is the day on which it was told."""
    unreported = replace(a_watch(KEY, state), unreported_events=(an_event(Action.DEACTIVATE),))
    watch = after_digest_sent(unreported, NOW)
    assert watch.unreported_events == ()
    assert watch.state.announced_on == TODAY  # type: ignore[union-attr]  # both states have it


def test_telling_a_held_key_changes_nothing_else() -> None:
    """It has no day to come."""
    assert after_digest_sent(a_watch(KEY, Held()), NOW).state == Held()


NOTICE, WINDOW = a_notice(due=3), a_window(since=3)
INTERRUPTED = a_window(since=3, interrupted=True)
DAY = in_days(3)


@pytest.mark.parametrize("reason", [Reason.EXEMPT, Reason.STATUS_UNKNOWN])
@pytest.mark.parametrize(
    ("state", "status", "expected"),
    [
        (NOTICE, Status.ACTIVE, Lapsed(due=DAY)),
        (Deactivating(notice=NOTICE), Status.ACTIVE, Lapsed(due=DAY)),
        (Deactivating(notice=None), Status.ACTIVE, Lapsed(due=None)),
        (Lapsed(due=DAY), Status.ACTIVE, Lapsed(due=DAY)),
        (WINDOW, Status.INACTIVE, INTERRUPTED),
        (WINDOW, Status.OTHER, INTERRUPTED),
        (Deleting(window=WINDOW), Status.INACTIVE, INTERRUPTED),
        (WINDOW, Status.ACTIVE, Lapsed(due=None)),
        (Deleting(window=WINDOW), Status.ACTIVE, Lapsed(due=None)),
    ],
)
def test_an_exemption_or_unknown_status_voids_a_notice_and_breaks_a_window(
    reason: Reason, state: State, status: Status, expected: State
) -> None:
    """What comes after starts anew, and never before a day once told."""
    decision = Decision(action=Action.KEEP, reason=reason)
    assert after_no_action(a_watch(KEY, state), decision, status).state == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(Reason.EXEMPT, Lapsed(due=None)), (Reason.STATUS_UNKNOWN, Held())],
)
def test_to_exempt_a_held_key_is_to_have_looked(reason: Reason, expected: State) -> None:
    """It is no longer held, and its count begins anew."""
    watch = a_watch(KEY, Held(), reactivations=2)
    changed = after_no_action(watch, Decision(action=Action.KEEP, reason=reason), Status.ACTIVE)
    assert changed.state == expected
    assert changed.reactivations == (0 if reason is Reason.EXEMPT else 2)


@pytest.mark.parametrize(
    ("state", "expected"),
    [(NOTICE, Lapsed(due=DAY)), (Lapsed(due=DAY), Lapsed(due=DAY))],
)
def test_a_notice_lapses_when_the_owner_turns_the_key_off(state: State, expected: State) -> None:
    """Turned on again, it gets a new one."""
    decision = Decision(action=Action.KEEP, reason=Reason.NOT_OURS)
    assert after_no_action(a_watch(KEY, state), decision, Status.INACTIVE).state == expected


@pytest.mark.parametrize("state", [a_window(since=9), Deleting(window=a_window(since=9))])
def test_a_key_that_was_turned_on_breaks_its_window_before_anybody_is_told(state: State) -> None:
    decision = Decision(action=Action.NOTICE, reason=Reason.REACTIVATED, due=in_days(7))
    changed = after_no_action(a_watch(KEY, state), decision, Status.ACTIVE)
    assert changed.state == a_window(since=9, interrupted=True)


def test_a_deletion_that_is_off_takes_its_intent_back() -> None:
    decision = Decision(action=Action.KEEP, reason=Reason.DELETION_OFF)
    changed = after_no_action(
        a_watch(KEY, Deleting(window=a_window(since=30))), decision, Status.INACTIVE
    )
    assert changed.state == a_window(since=30)


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (NOTICE, Reason.NOTICE_RUNNING, a_notice(due=5)),
        (Deactivating(notice=NOTICE), Reason.NOTICE_RUNNING, a_notice(due=5)),
        (WINDOW, Reason.IN_WINDOW, a_window(since=3, due=5)),
        (Deleting(window=WINDOW), Reason.IN_WINDOW, a_window(since=3, due=5)),
    ],
)
def test_a_day_that_moved_later_is_remembered(
    state: State, reason: Reason, expected: State
) -> None:
    """So that it never moves back."""
    decision = Decision(action=Action.KEEP, reason=reason, due=in_days(5))
    assert after_no_action(a_watch(KEY, state), decision, Status.ACTIVE).state == expected


@pytest.mark.parametrize("reason", [Reason.FRESH, Reason.DELETION_OFF, Reason.ALREADY_GONE])
def test_a_key_that_is_only_kept_is_remembered_as_it_was(reason: Reason) -> None:
    """Nothing is written for it."""
    watch = a_watch(KEY, WINDOW)
    assert (
        after_no_action(watch, Decision(action=Action.KEEP, reason=reason), Status.INACTIVE)
        is watch
    )


@pytest.mark.parametrize("reason", [Reason.NOTICE_OVER, Reason.UNUSED, Reason.STILL_HELD])
def test_a_reason_that_belongs_to_an_action_is_recorded_with_its_event_only(reason: Reason) -> None:
    decision = Decision(action=Action.KEEP, reason=reason)
    with pytest.raises(ValueError, match=str(reason)):
        after_no_action(a_watch(KEY, WINDOW), decision, Status.INACTIVE)
