"""What the ledger has of a key after a run in enforce mode in which nothing fails. Pure."""

from key_rotation.domain import transitions
from key_rotation.domain.model import Action, Now, Reason
from key_rotation.domain.settings import Settings
from key_rotation.domain.step import Step
from key_rotation.domain.watch import Event, Watch


def watch_after_run(step: Step, now: Now, settings: Settings) -> Watch | None:
    """Return the watch as a run leaves it: after the change, and after the digest.

    Returns None for a key without a watch that gets none.
    """
    if step.decision.action is Action.NOTICE:
        return _after_notice(step, now)
    watch = _after_change(step, now)
    if watch is None:
        return None
    waits = step.decision.reason is Reason.WAITING_FOR_OWNER
    reminded = step.decision.remind and (waits or not settings.paused)
    if watch.unreported_events or reminded:
        deletes = settings.delete_unused_keys
        return transitions.after_digest_sent(watch, now, deletes=deletes)
    return watch


def _after_notice(step: Step, now: Now) -> Watch:
    """Record a notice: a window of a key that was turned on again is interrupted first."""
    watch = _after_no_action(step, now) if step.is_unreported else step.watch
    reported = transitions.after_digest_sent(watch or step.watch_or_new, now)
    return transitions.after_notice(reported, step.decision, now, None)


def _after_change(step: Step, now: Now) -> Watch | None:
    """Record what was done: an intent first, as a run does."""
    decision = step.decision
    if step.deferred:
        return transitions.cancel_intent(step.watch) if step.watch else None
    if step.is_unreported:
        return _after_no_action(step, now)
    if decision.reason is Reason.STILL_HELD:
        return step.watch
    watch = step.watch_or_new
    if step.is_change:
        watch = transitions.record_intent(watch, decision.action)
    event = Event(
        action=decision.action, reason=decision.reason, at=now.instant, run_id="", due=decision.due
    )
    return transitions.after_action(watch, decision, step.observed, event)


def _after_no_action(step: Step, now: Now) -> Watch | None:
    if step.watch is None:
        return None
    status = step.observed_key.key.status
    return transitions.after_no_action(step.watch, step.decision, status, now)
