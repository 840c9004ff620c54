"""How a watch changes: one pure function for each thing that is recorded."""

from dataclasses import replace
from datetime import date
from typing import assert_never

from key_rotation.domain.model import (
    AccessKey,
    Action,
    Decision,
    LastUse,
    Now,
    ObservedKey,
    Reason,
    Status,
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
    Watch,
)


def new_watch(key: AccessKey) -> Watch:
    """Return a watch for a key without one; version 0 means that it was never written."""
    return Watch(
        access_key_id=key.access_key_id,
        user=key.user,
        created=key.created,
        state=Lapsed(due=None),
    )


def record_intent(watch: Watch, action: Action) -> Watch:
    """Record that IAM is about to be called to deactivate or to delete the key."""
    state = watch.state
    if action is Action.DELETE:
        return replace(watch, state=Deleting(window=_window(state)))
    notice = state.notice if isinstance(state, Deactivating) else state
    notice = notice if isinstance(notice, Noticed) else None
    return replace(watch, state=Deactivating(notice=notice))


def cancel_intent(watch: Watch) -> Watch:
    """Cancel an intent that IAM refused: what happens to the key from now on is not ours."""
    match watch.state:
        case Deactivating(notice=notice):
            return replace(watch, state=notice or Lapsed(due=None))
        case Deleting(window=window):
            return replace(watch, state=window)
        case Lapsed() | Noticed() | Deactivated() | Held() | Ended():
            return watch
        case _ as state:
            assert_never(state)


def after_failure(watch: Watch, *, not_begun: bool) -> Watch:
    """Record that a change failed; `not_begun` is whether it is certain that it had no effect."""
    return replace(cancel_intent(watch) if not_begun else watch, refused=True)


def after_notice(watch: Watch, decision: Decision, now: Now, description: str | None) -> Watch:
    """Record a notice that was delivered today."""
    again = decision.reason is Reason.REACTIVATED
    return replace(
        watch,
        state=Noticed(at=now.instant, due=_day(decision), announced_on=now.today),
        reactivations=watch.reactivations + again,
        description=description,
    )


def after_action(
    watch: Watch, decision: Decision, observed: ObservedKey | None, event: Event
) -> Watch:
    """Record what was done to a key; the event stays unreported until a digest was delivered."""
    changed = decision.action in {Action.DEACTIVATE, Action.DELETE}
    return replace(
        watch,
        state=_state_after(watch.state, decision, observed, event),
        unreported_events=(*watch.unreported_events, event),
        refused=watch.refused and not changed,
    )


def _state_after(
    state: State, decision: Decision, observed: ObservedKey | None, event: Event
) -> State:
    match decision.action:
        case Action.DEACTIVATE | Action.ADOPT:
            return Deactivated(
                since=event.at,
                start=event.at,
                baseline=_last_use(observed),
                due=_day(decision),
                announced_on=date.min,
                earliest_deactivation=_announced_day(state),
                adopted=decision.action is Action.ADOPT,
            )
        case Action.EXTEND:
            window, last_use = _window(state), _last_use(observed)
            used_at = last_use.at if decision.reason is Reason.USED_IN_WINDOW else None
            return replace(
                window,
                start=max(window.start, used_at or event.at),
                baseline=last_use,
                due=_day(decision),
                announced_on=date.min,
                interrupted=False,
            )
        case Action.WITHDRAW:
            return Lapsed(due=_announced_day(state))
        case Action.HOLD:
            return Held(since=event.at)
        case Action.DELETE | Action.CLOSE:
            return Ended()
        case Action.NOTICE | Action.KEEP | Action.EXEMPT:
            raise ValueError(decision.action)
        case _:
            assert_never(decision.action)


def after_no_action(watch: Watch, decision: Decision, status: Status, now: Now) -> Watch:
    """Record what changes without an event for the digest; often nothing.

    A notice lapses, and a window is interrupted, while the key is exempt, of an unknown status,
    turned on again, or turned off by its owner: what follows starts from the beginning. A day
    only moves later.
    """
    state = watch.state
    match decision.reason:
        case Reason.EXEMPT if isinstance(state, Held):  # a person looked, and exempted the key
            return replace(watch, state=Lapsed(due=None), reactivations=0)
        case Reason.RELEASED:
            return replace(watch, state=Lapsed(due=None), reactivations=0)
        case Reason.EXEMPT | Reason.STATUS_UNKNOWN:
            return replace(watch, state=_interrupted(state, status))
        case Reason.FRESH | Reason.ALREADY_GONE:
            return watch
        case Reason.NOT_OURS:
            return replace(watch, state=_inactive(state, now.today))
        case Reason.NOTICE_RUNNING | Reason.WAITING_FOR_OWNER | Reason.IN_WINDOW:
            return replace(watch, state=_postponed(state, _day(decision)))
        case _:
            return replace(watch, state=_after_kept_window(_window(state), decision))


def is_by_person(state: State, decision: Decision) -> bool:
    """Return whether what changes a watch without a digest is what a person did: it is history.

    state: of the watch before the change

    Somebody exempted the key, released it from a hold, turned it off, or turned it on again.
    """
    match decision.reason:
        case Reason.EXEMPT | Reason.RELEASED:
            return True
        case Reason.NOT_OURS:
            return isinstance(state, Noticed) and state.inactive_since is None
        case Reason.NOTICE_RUNNING:
            return isinstance(state, Noticed) and state.inactive_since is not None
        case _:
            return False


def _after_kept_window(window: Deactivated, decision: Decision) -> Deactivated:
    match decision.reason:
        case Reason.DELETION_OFF:  # no digest announces the deletion any more
            return replace(window, due=decision.due or window.due, announced_on=date.min)
        case Reason.NOT_ADOPTED | Reason.REACTIVATED:  # also if the notice is not delivered
            return replace(window, interrupted=True)
        case _:  # every other reason belongs to an action, which `after_action` records
            raise ValueError(decision.reason)


def after_digest_sent(
    watch: Watch, now: Now, deletion: date | None = None, *, deletes: bool = True
) -> Watch:
    """Record that a digest that named the key was delivered.

    deletion: the day that it named for a deletion, which may be later than the recorded one
    deletes: whether it announced deletions, or said that the key is not deleted
    """
    state = watch.state
    if isinstance(state, Deactivated) and deletion:
        state = replace(state, due=max(state.due, deletion))
    if isinstance(state, Noticed) or (isinstance(state, Deactivated) and deletes):
        state = replace(state, announced_on=now.today)
    return replace(watch, state=state, unreported_events=())


def _interrupted(state: State, status: Status) -> State:
    match state:
        case (Deactivated() as window) | Deleting(window=window):
            if status is Status.ACTIVE:
                return Lapsed(due=window.earliest_deactivation)
            return replace(window, interrupted=True)
        case Lapsed() | Noticed() | Deactivating() | Held() | Ended():
            return _lapsed(state)
        case _:
            assert_never(state)


def _lapsed(state: State) -> State:
    return Lapsed(due=_announced_day(state)) if isinstance(state, Noticed | Deactivating) else state


def _inactive(state: State, today: date) -> State:
    """Note since when the owner keeps a key inactive; its notice may outlast a short absence."""
    if not isinstance(state, Noticed):
        return _lapsed(state)
    return replace(state, inactive_since=state.inactive_since or today)


def _postponed(state: State, due: date) -> State:
    match state:
        case Noticed():
            return replace(state, due=due, inactive_since=None)
        case Deactivated():
            return replace(state, due=due)
        case Deactivating(notice=Noticed() as notice):
            return replace(notice, due=due)
        case Deleting(window=window):
            return replace(window, due=due)
        case Lapsed() | Deactivating() | Held() | Ended():
            return state
        case _:
            assert_never(state)


def _announced_day(state: State) -> date | None:
    match state:
        case Noticed(due=due) | Lapsed(due=due):
            return due
        case Deactivating(notice=notice):
            return notice.due if notice else None
        case Deactivated() | Deleting() | Held() | Ended():
            return None
        case _:
            assert_never(state)


def _window(state: State) -> Deactivated:
    match state:
        case Deactivated():
            return state
        case Deleting(window=window):
            return window
        case Lapsed() | Noticed() | Deactivating() | Held() | Ended():
            raise ValueError(state)
        case _:
            assert_never(state)


def _last_use(observed: ObservedKey | None) -> LastUse:
    """Return the baseline of a window; one that was not read is not "never used"."""
    if observed is None or observed.last_use is None:
        raise ValueError(observed)
    return observed.last_use


def _day(decision: Decision) -> date:
    if decision.due is None:
        raise ValueError(decision)
    return decision.due
