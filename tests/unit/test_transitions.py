"""How the watch of a key changes with each thing that is recorded."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from key_rotation.domain.model import NEVER_USED, Action, Decision, LastUse, Reason, Status
from key_rotation.domain.transitions import (
    after_action,
    after_digest_sent,
    after_failure,
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
    """Return an event of this run."""
    return Event(action=action, reason=reason, at=NOON, run_id="run-1", due=in_days(30))


def state_after(
    state: State,
    action: Action,
    reason: Reason = Reason.NOTICE_OVER,
    *,
    due: date | None = None,
    last_use: LastUse = NEVER_USED,
) -> Any:
    """Return the state of a watch after an action."""
    decision = Decision(action=action, reason=reason, due=due)
    event = an_event(action, reason)
    return after_action(a_watch(KEY, state), decision, observed_key(KEY, last_use), event).state


def test_a_new_watch_contains_the_key_and_was_never_written() -> None:
    """Version 0 means that it was never written."""
    assert new_watch(KEY) == a_watch(KEY, Lapsed(due=None), version=0)


@pytest.mark.parametrize("state", [a_notice(due=0), Held()])
def test_an_intent_to_delete_without_a_window_is_an_error(state: State) -> None:
    with pytest.raises(ValueError, match=type(state).__name__):
        record_intent(a_watch(KEY, state), Action.DELETE)


def test_a_window_without_a_due_day_is_an_error() -> None:
    with pytest.raises(ValueError, match="NOTICE_OVER"):
        state_after(a_notice(due=0), Action.DEACTIVATE, due=None)


@pytest.mark.parametrize("action", [Action.DEACTIVATE, Action.ADOPT, Action.EXTEND])
def test_a_window_whose_last_use_was_not_read_is_an_error(action: Action) -> None:
    """A key of which nothing was read does not count as never used."""
    decision = Decision(action=action, reason=Reason.NOTICE_OVER, due=in_days(30))
    watch, event = a_watch(KEY, a_window(since=3)), an_event(action)
    with pytest.raises(ValueError, match="last_use=None"):
        after_action(watch, decision, observed_key(KEY, None), event)


def test_a_notice_is_recorded_with_its_due_day_and_the_day_of_the_announcement() -> None:
    decision = Decision(action=Action.NOTICE, reason=Reason.STALE, due=in_days(7))
    watch = after_notice(new_watch(KEY), decision, NOW, "CI upload")
    assert watch.state == Noticed(at=NOON, due=in_days(7), announced_on=TODAY)
    assert (watch.description, watch.reactivations) == ("CI upload", 0)


def test_a_notice_for_a_reactivated_key_counts_the_reactivation() -> None:
    """The key is noticed twice, and held the third time."""
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
def test_the_intent_to_deactivate_contains_the_notice(state: State, notice: Noticed | None) -> None:
    """So that the key is decided again by its notice if the run dies."""
    assert record_intent(a_watch(KEY, state), Action.DEACTIVATE).state == Deactivating(
        notice=notice
    )


@pytest.mark.parametrize("state", [a_window(since=30), Deleting(window=a_window(since=30))])
def test_the_intent_to_delete_contains_the_window(state: State) -> None:
    """So that the key is decided again by its window if the run dies."""
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
def test_an_intent_that_iam_refused_is_cancelled(state: State, expected: State) -> None:
    assert cancel_intent(a_watch(KEY, state)) == a_watch(KEY, expected)


@pytest.mark.parametrize(("action", "adopted"), [(Action.DEACTIVATE, False), (Action.ADOPT, True)])
def test_a_deactivation_or_an_adoption_starts_a_window_with_the_last_use_as_baseline(
    action: Action, *, adopted: bool
) -> None:
    state = state_after(Lapsed(due=None), action, due=in_days(30), last_use=used(days_ago(2)))
    assert state == Deactivated(
        since=NOON,
        start=NOON,
        baseline=used(days_ago(2)),
        due=in_days(30),
        announced_on=date.min,
        adopted=adopted,
    )


def test_a_use_starts_the_window_again_at_that_use() -> None:
    """The use becomes the baseline."""
    state = state_after(
        a_window(since=10),
        Action.EXTEND,
        Reason.USED_IN_WINDOW,
        due=in_days(26),
        last_use=used(days_ago(4)),
    )
    assert (state.start, state.baseline, state.due) == (days_ago(4), used(days_ago(4)), in_days(26))
    assert (state.since, state.announced_on) == (days_ago(10), date.min)


def test_a_use_before_the_start_of_the_window_does_not_shorten_it() -> None:
    """The window started again after an exemption, and IAM reported an older use later."""
    state = state_after(
        a_window(since=10, start=2),
        Action.EXTEND,
        Reason.USED_IN_WINDOW,
        due=in_days(28),
        last_use=used(days_ago(4)),
    )
    assert state.start == days_ago(2)


def test_the_end_of_an_interruption_starts_the_window_again_today() -> None:
    """Even if the key was used: today is later than the use."""
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
def test_a_window_keeps_the_deactivation_day_that_was_announced_before(
    state: State, earliest_deactivation: date | None
) -> None:
    """So that an adopted key that is reactivated is not due before that day."""
    assert (
        state_after(state, Action.ADOPT, due=in_days(30)).earliest_deactivation
        == earliest_deactivation
    )


def test_a_window_ended_by_an_exemption_leaves_the_announced_deactivation_day() -> None:
    window = replace(a_window(since=3), earliest_deactivation=in_days(9))
    exempt = Decision(action=Action.EXEMPT, reason=Reason.EXEMPT)
    assert after_no_action(a_watch(KEY, window), exempt, Status.ACTIVE, NOW).state == Lapsed(
        due=in_days(9)
    )


@pytest.mark.parametrize(
    ("action", "state"),
    [
        (Action.WITHDRAW, Lapsed(due=in_days(3))),
        (Action.HOLD, Held(since=NOW.instant)),
        (Action.DELETE, Ended()),
        (Action.CLOSE, Ended()),
    ],
)
def test_the_state_of_a_watch_follows_from_the_action(action: Action, state: State) -> None:
    """A withdrawn notice leaves its announced day."""
    assert state_after(a_notice(due=3), action) == state


@pytest.mark.parametrize("action", [Action.KEEP, Action.NOTICE, Action.EXEMPT])
def test_keep_notice_and_exempt_are_not_events(action: Action) -> None:
    """A notice is recorded when it is delivered; the other two change nothing."""
    with pytest.raises(ValueError, match=action):
        state_after(a_notice(due=3), action)


def test_an_event_stays_unreported_until_a_digest_is_sent() -> None:
    """After the events that are unreported already."""
    watch = a_watch(KEY, a_notice(due=0))
    decision = Decision(action=Action.DEACTIVATE, reason=Reason.NOTICE_OVER, due=in_days(30))
    first, second = an_event(Action.DEACTIVATE), an_event(Action.DELETE)
    deactivated_watch = after_action(watch, decision, observed_key(KEY), first)
    ended_watch = after_action(
        deactivated_watch, Decision(action=Action.DELETE, reason=Reason.UNUSED), None, second
    )
    assert ended_watch.unreported_events == (first, second)


@pytest.mark.parametrize("state", [a_notice(due=3), a_window(since=3)])
def test_a_sent_digest_clears_the_unreported_events(state: State) -> None:
    """Today becomes the day of the announcement."""
    unreported = replace(a_watch(KEY, state), unreported_events=(an_event(Action.DEACTIVATE),))
    watch = after_digest_sent(unreported, NOW)
    assert watch.unreported_events == ()
    assert watch.state.announced_on == TODAY  # type: ignore[union-attr]  # both states have it


def test_a_sent_digest_does_not_change_a_held_key() -> None:
    """It has no announced day."""
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
def test_an_exemption_or_an_unknown_status_lapses_a_notice_and_interrupts_a_window(
    reason: Reason, state: State, status: Status, expected: State
) -> None:
    """What follows starts again, and not before a day announced earlier."""
    decision = Decision(action=Action.KEEP, reason=reason)
    assert after_no_action(a_watch(KEY, state), decision, status, NOW).state == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(Reason.EXEMPT, Lapsed(due=None)), (Reason.STATUS_UNKNOWN, Held())],
)
def test_exempting_a_held_key_ends_the_hold(reason: Reason, expected: State) -> None:
    """A person has looked. The count of reactivations starts again."""
    watch = a_watch(KEY, Held(), reactivations=2)
    changed = after_no_action(
        watch, Decision(action=Action.KEEP, reason=reason), Status.ACTIVE, NOW
    )
    assert changed.state == expected
    assert changed.reactivations == (0 if reason is Reason.EXEMPT else 2)


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.INACTIVE])
def test_a_released_key_starts_anew_with_a_count_of_zero(status: Status) -> None:
    watch = a_watch(KEY, Held(since=days_ago(9)), reactivations=2)
    decision = Decision(action=Action.KEEP, reason=Reason.RELEASED)
    assert after_no_action(watch, decision, status, NOW) == a_watch(KEY, Lapsed(due=None))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (NOTICE, replace(NOTICE, inactive_since=NOW.today)),
        (replace(NOTICE, inactive_since=in_days(-3)), replace(NOTICE, inactive_since=in_days(-3))),
        (Lapsed(due=DAY), Lapsed(due=DAY)),
    ],
)
def test_the_first_day_on_which_the_owner_keeps_a_noticed_key_inactive_is_recorded(
    state: State, expected: State
) -> None:
    decision = Decision(action=Action.KEEP, reason=Reason.NOT_OURS)
    assert after_no_action(a_watch(KEY, state), decision, Status.INACTIVE, NOW).state == expected


@pytest.mark.parametrize("state", [a_window(since=9), Deleting(window=a_window(since=9))])
def test_a_reactivation_interrupts_the_window_before_the_notice_is_delivered(state: State) -> None:
    decision = Decision(action=Action.NOTICE, reason=Reason.REACTIVATED, due=in_days(7))
    changed = after_no_action(a_watch(KEY, state), decision, Status.ACTIVE, NOW)
    assert changed.state == a_window(since=9, interrupted=True)


@pytest.mark.parametrize(("due", "day"), [(None, 0), (5, 5)])
def test_with_deletion_off_the_intent_to_delete_is_cancelled(due: int | None, day: int) -> None:
    """A day that moved later is recorded, and no day while the window is over."""
    decision = Decision(
        action=Action.KEEP,
        reason=Reason.DELETION_OFF,
        due=None if due is None else in_days(due),
    )
    changed = after_no_action(
        a_watch(KEY, Deleting(window=a_window(since=30))), decision, Status.INACTIVE, NOW
    )
    assert changed.state == replace(a_window(since=30), due=in_days(day), announced_on=date.min)


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (NOTICE, Reason.NOTICE_RUNNING, a_notice(due=5)),
        (Deactivating(notice=NOTICE), Reason.NOTICE_RUNNING, a_notice(due=5)),
        (WINDOW, Reason.IN_WINDOW, a_window(since=3, due=5)),
        (Deleting(window=WINDOW), Reason.IN_WINDOW, a_window(since=3, due=5)),
        (replace(NOTICE, inactive_since=in_days(-3)), Reason.NOTICE_RUNNING, a_notice(due=5)),
    ],
)
def test_a_due_day_that_moved_later_is_recorded(
    state: State, reason: Reason, expected: State
) -> None:
    """So that it never moves back."""
    decision = Decision(action=Action.KEEP, reason=reason, due=in_days(5))
    assert after_no_action(a_watch(KEY, state), decision, Status.ACTIVE, NOW).state == expected


@pytest.mark.parametrize("reason", [Reason.FRESH, Reason.ALREADY_GONE])
def test_the_watch_of_a_key_that_is_only_kept_does_not_change(reason: Reason) -> None:
    """Nothing is written to the ledger."""
    watch = a_watch(KEY, WINDOW)
    assert (
        after_no_action(watch, Decision(action=Action.KEEP, reason=reason), Status.INACTIVE, NOW)
        is watch
    )


@pytest.mark.parametrize("reason", [Reason.NOTICE_OVER, Reason.UNUSED, Reason.STILL_HELD])
def test_a_reason_that_belongs_to_an_action_is_recorded_with_its_event_only(reason: Reason) -> None:
    decision = Decision(action=Action.KEEP, reason=reason)
    with pytest.raises(ValueError, match=str(reason)):
        after_no_action(a_watch(KEY, WINDOW), decision, Status.INACTIVE, NOW)


@pytest.mark.parametrize(
    ("deletes", "deletion", "announced_on", "due"),
    [
        (True, None, TODAY, 30),
        (True, 40, TODAY, 40),
        (True, 20, TODAY, 30),
        (False, None, date.min, 30),
    ],
)
def test_a_digest_announces_a_deletion_unless_deletions_are_off(
    deletion: int | None, announced_on: date, due: int, *, deletes: bool
) -> None:
    """The day that it named never moves a deletion nearer."""
    window = replace(a_window(since=0), announced_on=date.min)
    day = None if deletion is None else in_days(deletion)
    changed = after_digest_sent(a_watch(KEY, window), NOW, day, deletes=deletes)
    assert changed.state == replace(window, announced_on=announced_on, due=in_days(due))


@pytest.mark.parametrize(
    ("state", "not_begun", "expected"),
    [
        (Deactivating(notice=NOTICE), True, NOTICE),
        (Deactivating(notice=NOTICE), False, Deactivating(notice=NOTICE)),
        (Deleting(window=WINDOW), True, WINDOW),
        (Deleting(window=WINDOW), False, Deleting(window=WINDOW)),
    ],
)
def test_a_failed_change_is_remembered_until_one_succeeds(
    state: State, expected: State, *, not_begun: bool
) -> None:
    failed = after_failure(a_watch(KEY, state), not_begun=not_begun)
    assert (failed.state, failed.refused) == (expected, True)
    event = an_event(Action.DELETE, Reason.UNUSED)
    decision = Decision(action=Action.DELETE, reason=Reason.UNUSED)
    gone = Decision(action=Action.CLOSE, reason=Reason.GONE)
    assert not after_action(failed, decision, None, event).refused
    assert after_action(failed, gone, None, event).refused
