"""The hands: the one place that has IAM written, with the ledger before and after.

The order is the promise. Intents are recorded before IAM is asked, so that a run that dies in
between is finished by the next; outcomes are recorded after, with the events that the digest has to
tell; and a key is read afresh right before it is deleted, since that cannot be undone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import CONNECTIONS
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_reads import reread_key
from key_rotation.adapters.iam_writes import deactivate, delete
from key_rotation.adapters.lease import Lease
from key_rotation.adapters.ledger import Change, Ledger
from key_rotation.domain import transitions
from key_rotation.domain.budget import TimeBudget
from key_rotation.domain.decide import decide
from key_rotation.domain.model import Action, Decision, Failure, Now, Reason
from key_rotation.domain.plan import Plan, Step, StepFailure, step_failure
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Event, Watch
from key_rotation.errors import (
    ChangeRefusedError,
    KeyNotFoundError,
    KeyRotationError,
    KeyScopedError,
    LedgerError,
)

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

AT_ONCE = 48
"""Changes that are begun together: their outcomes and events fit into one call to the ledger."""
DELETIONS_AT_ONCE = 2 * CONNECTIONS
"""The same where a key is to be deleted: few, so that it is deleted right after it was read."""
UNRECORDED = "{}: what IAM had to do is done, but not recorded; the next run does that: {}"
GONE = Decision(action=Action.CLOSE, reason=Reason.GONE)


@dataclass(frozen=True, slots=True)
class PlanExecutor:
    """What it takes to carry out a plan."""

    iam: "IAMClient"
    ledger: Ledger
    lease: Lease
    settings: Settings
    now: Now
    run_id: str
    budget: TimeBudget

    def execute(self, plan: Plan) -> Plan:
        """Do what is decided, and record it; a notice is recorded once it was delivered.

        Returns the plan as it came out: each key's watch as it stands, its decision as the key was
        found, and the steps for which there was no time. One key's error is a failure, and the
        others go on; raises LeaseLostError when another run took over.
        """
        changes = [step for step in plan.steps if step.is_change]
        done = self._record([step for step in plan.steps if not step.is_change])
        while changes and self.budget.allows_changes:
            together = _batch_size(changes)
            done += self._change(changes[:together])
            changes = changes[together:]
        return replace(
            _with_results(plan, done), changes=plan.changes - len(changes), rest=tuple(changes)
        )

    def record_only(self, plan: Plan) -> Plan:
        """Record, in report mode, what makes a later run weaker, and nothing else.

        What was seen of an exempt key, or of one that was turned on again, breaks its notice or its
        window whatever the mode, and a day that a report tells must hold. What ends a hold would
        make it stronger, and waits.
        """
        kept = self._record([step for step in plan.steps if step.is_safe_in_report_mode])
        return _with_results(
            plan, [*kept, *(step for step in plan.steps if not step.is_safe_in_report_mode)]
        )

    def _change(self, steps: Iterable[Step]) -> list[Step | Failure]:
        """Look again, record the intents, ask IAM a few at a time, and record what came of it."""
        self.lease.check()
        found = in_parallel(self._again, steps)
        begun = self._put(found, [self._intent(step) for step in found], "could not {}: {}")
        self.lease.check()
        return self._record(in_parallel(self._ask, begun))

    def _intent(self, step: Step | Failure) -> Change | None:
        if isinstance(step, Failure) or not step.is_change:
            return None
        return Change(watch=transitions.record_intent(step.watch_or_new, step.decision.action))

    def _again(self, step: Step) -> Step | Failure:
        """Read a key that is to be deleted afresh, and decide it again by what it is now."""
        if step.decision.action is not Action.DELETE:
            return step
        try:
            fresh = reread_key(self.iam, step.observed_key.key)
            if fresh is None:
                return replace(step, decision=GONE)
            decision = decide(fresh, step.watch, now=self.now, settings=self.settings)
        except KeyScopedError as error:
            return self._failure(step, error)
        return replace(step, observed=fresh, decision=decision)

    def _ask(self, step: Step | Failure) -> Step | Failure:
        """Ask IAM for one change, if it is still one."""
        if isinstance(step, Failure) or not step.is_change:
            return step
        change = delete if step.decision.action is Action.DELETE else deactivate
        try:
            change(self.iam, step.observed_key.key)
        except KeyNotFoundError:
            return replace(step, decision=GONE)
        except KeyScopedError as error:
            return self._failure(step, error)
        return step

    def _record(self, steps: Iterable[Step | Failure]) -> list[Step | Failure]:
        """Record what is so by now: in silence, or with an event that the digest has to tell."""
        steps = list(steps)
        self.lease.check()
        return self._put(steps, [self._memory(step) for step in steps], UNRECORDED)

    def _memory(self, step: Step | Failure) -> Change | None:
        """What is to be remembered of a step; None where nothing is, or not yet."""
        if isinstance(step, Failure):
            return _cancelled_intent(step)
        watch, decision = step.watch, step.decision
        match decision.action:
            case _ if step.deferred:  # seen as it was, so an earlier intent came to nothing
                return _changed(watch, watch and transitions.cancel_intent(watch))
            case _ if step.is_unreported:
                kept = watch and transitions.after_no_action(
                    watch, decision, step.observed_key.key.status
                )
                return _changed(watch, kept)
            case Action.NOTICE:
                return None
            case Action.HOLD if decision.reason is Reason.STILL_HELD:
                return None
            case _:
                event = self._event(step)
                happened = transitions.after_action(
                    step.watch_or_new, decision, step.observed, event
                )
                return Change(watch=happened, events=(event,))

    def _event(self, step: Step) -> Event:
        return Event(
            action=step.decision.action,
            reason=step.decision.reason,
            at=self.now.instant,
            run_id=self.run_id,
            due=step.decision.due,
            last_use=step.observed.last_use if step.observed else None,
        )

    def _put(
        self, steps: list[Step | Failure], changes: list[Change | None], refused: str
    ) -> list[Step | Failure]:
        """Write what there is to write; a step whose record is refused becomes a failure.

        refused: what is said of it, with room for the action and the error
        """
        results = iter(self.ledger.write_watches([change for change in changes if change]))
        return [
            step if change is None else self._written(step, next(results), refused)
            for step, change in zip(steps, changes, strict=True)
        ]

    def _written(
        self, step: Step | Failure, result: Watch | LedgerError, refused: str
    ) -> Step | Failure:
        if isinstance(step, StepFailure) and isinstance(result, Watch):
            return replace(step, watch=result)
        if isinstance(step, Failure):
            return step
        if isinstance(result, LedgerError):
            return step_failure(step, refused.format(step.decision.action, result))
        return replace(step, watch=result)

    def _failure(self, step: Step, error: KeyRotationError) -> Failure:
        failure = step_failure(step, f"could not {step.decision.action}: {error}")
        return replace(failure, not_begun=isinstance(error, ChangeRefusedError))


def _with_results(plan: Plan, done: Iterable[Step | Failure]) -> Plan:
    done = tuple(done)
    failures = (step for step in done if isinstance(step, Failure))
    steps = (step for step in done if isinstance(step, Step))
    return replace(
        plan,
        steps=tuple(sorted(steps, key=Step.age_order)),
        failures=(*plan.failures, *failures),
    )


def _changed(before: Watch | None, after: Watch | None) -> Change | None:
    return Change(watch=after) if after and after != before else None


def _cancelled_intent(failure: Failure) -> Change | None:
    """Take back the intent of a change that was refused; one that may come yet is kept in mind."""
    if not isinstance(failure, StepFailure) or not failure.not_begun or not failure.watch:
        return None
    return Change(watch=transitions.cancel_intent(failure.watch))


def _batch_size(changes: Sequence[Step]) -> int:
    deletes = any(step.decision.action is Action.DELETE for step in changes[:AT_ONCE])
    return DELETIONS_AT_ONCE if deletes else AT_ONCE
