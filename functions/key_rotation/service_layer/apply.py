"""Carries out a plan: the only step that changes keys in IAM.

The order of these steps matters. Intents are recorded before IAM is called, so that the next run
finishes what a killed run began. Outcomes are recorded after, with the events that the digest
has to report. A key is read again right before it is deleted, since a deletion cannot be undone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import CONNECTIONS
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_reads import reread_key
from key_rotation.adapters.iam_writes import deactivate, delete
from key_rotation.adapters.ledger import Ledger
from key_rotation.domain import transitions
from key_rotation.domain.decide import decide
from key_rotation.domain.model import Action, Decision, Reason
from key_rotation.domain.plan import CHANGES, Plan, Step, StepFailure, step_failure
from key_rotation.domain.watch import Event, Watch, WatchChange
from key_rotation.errors import (
    ChangeRefusedError,
    KeyNotFoundError,
    KeyScopedError,
    LedgerError,
)
from key_rotation.service_layer.run_context import RunContext

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

BATCH_SIZE = 48
"""Changes that are begun together: their outcomes and events fit into one transaction."""
DELETION_BATCH_SIZE = 2 * CONNECTIONS
"""The same where a key is to be deleted: few, so that it is deleted right after it was read."""
GONE = Decision(action=Action.CLOSE, reason=Reason.GONE)


@dataclass(frozen=True, slots=True)
class Results:
    """The steps that a stage completed, and those that failed in it."""

    steps: tuple[Step, ...] = ()
    failures: tuple[StepFailure, ...] = ()

    @classmethod
    def of(cls, results: Iterable[Step | StepFailure]) -> "Results":
        """Divide results into the two."""
        results = tuple(results)
        return cls(
            steps=tuple(result for result in results if isinstance(result, Step)),
            failures=tuple(result for result in results if isinstance(result, StepFailure)),
        )

    def __add__(self, other: "Results") -> "Results":
        """Put the results of two stages together."""
        return Results(self.steps + other.steps, self.failures + other.failures)


@dataclass(frozen=True, slots=True)
class PlanExecutor:
    """Carries out one plan."""

    iam: "IAMClient"
    ledger: Ledger
    context: RunContext

    def execute(self, plan: Plan) -> Plan:
        """Change keys in IAM, and record it; a notice is recorded once it was delivered.

        Returns the plan as it came out: each key's watch as written, its decision as the key was
        found, and the changes for which there was no time. An error that concerns one key becomes
        a failure, and the others go on. Raises LeaseLostError when another run took over.
        """
        results = self._record([step for step in plan.steps if not step.is_change])
        waiting = [step for step in plan.steps if step.is_change]
        while waiting and self.context.budget.allows_changes:
            size = _batch_size(waiting)
            results += self._execute_batch(waiting[:size])
            waiting = waiting[size:]
        return replace(
            _with_results(plan, results),
            changes=plan.changes - len(waiting),
            not_started=tuple(waiting),
        )

    def record_only(self, plan: Plan) -> Plan:
        """Record, in report mode, what makes later runs weaker, and nothing else.

        An exempt key, or one that was turned on again, loses its notice or its window in either
        mode, and a later day that a report names must hold. Ending a hold would make later runs
        stronger, so it is left to a run in enforce mode.
        """
        recorded = self._record([step for step in plan.steps if step.is_safe_in_report_mode])
        others = tuple(step for step in plan.steps if not step.is_safe_in_report_mode)
        return _with_results(plan, recorded + Results(others))

    def _execute_batch(self, steps: Sequence[Step]) -> Results:
        """Read again, record the intents, call IAM a few at a time, and record what came of it."""
        self.context.lease.check()
        reread = Results.of(in_parallel(self._reread, steps))
        intended = self._record_intents(reread.steps)
        self.context.lease.check()
        called = Results.of(in_parallel(self._call_iam, intended.steps))
        recorded = self._record(called.steps, failed=called.failures)
        return Results(failures=reread.failures + intended.failures) + recorded

    def _reread(self, step: Step) -> Step | StepFailure:
        """Read a key that is to be deleted again, and decide it again."""
        if step.decision.action is not Action.DELETE:
            return step
        try:
            observed = reread_key(self.iam, step.observed_key.key)
            if observed is None:
                return replace(step, decision=GONE)
            now, settings = self.context.now, self.context.settings
            decision = decide(observed, step.watch, now=now, settings=settings)
        except KeyScopedError as error:
            return _failure(step, error)
        return replace(step, observed=observed, decision=decision)

    def _record_intents(self, steps: Sequence[Step]) -> Results:
        changes = {
            step.access_key_id: WatchChange(
                watch=transitions.record_intent(step.watch_or_new, step.decision.action)
            )
            for step in steps
            if step.is_change
        }
        written = self.ledger.write_watches(changes.values())
        return Results.of(
            _failure(step, result) if isinstance(result, LedgerError) else _with_watch(step, result)
            for step in steps
            for result in [written.get(step.access_key_id)]
        )

    def _call_iam(self, step: Step) -> Step | StepFailure:
        """Make one change, if the step still is one."""
        if not step.is_change:
            return step
        change = delete if step.decision.action is Action.DELETE else deactivate
        try:
            change(self.iam, step.observed_key.key)
        except KeyNotFoundError:
            return replace(step, decision=GONE)
        except KeyScopedError as error:
            return _failure(step, error)
        return step

    def _record(self, steps: Sequence[Step], failed: Sequence[StepFailure] = ()) -> Results:
        """Record what is true by now, with the events that the digest has to report.

        failed: changes that IAM did not confirm; the intents of those that it refused are cancelled
        """
        self.context.lease.check()
        changes = {step.access_key_id: self._outcome(step) for step in steps}
        changes |= {failure.access_key_id or "": _cancelled_intent(failure) for failure in failed}
        written = self.ledger.write_watches([change for change in changes.values() if change])
        recorded = Results.of(
            _unrecorded(step, result)
            if isinstance(result, LedgerError)
            else _with_watch(step, result)
            for step in steps
            for result in [written.get(step.access_key_id)]
        )
        cancelled = (
            replace(failure, watch=result) if isinstance(result, Watch) else failure
            for failure in failed
            for result in [written.get(failure.access_key_id or "")]
        )
        return recorded + Results(failures=tuple(cancelled))

    def _outcome(self, step: Step) -> WatchChange | None:
        """Return what a step changes in the ledger; None for nothing, or nothing yet."""
        decision = step.decision
        if step.deferred:  # the key was read unchanged, so an earlier intent had no effect
            return _if_changed(step, transitions.cancel_intent(step.watch_or_new))
        if step.is_unreported:
            status = step.observed_key.key.status
            kept = transitions.after_no_action(step.watch_or_new, decision, status)
            return _if_changed(step, kept)
        if decision.action is Action.NOTICE or decision.reason is Reason.STILL_HELD:
            return None
        event = Event(
            action=decision.action,
            reason=decision.reason,
            at=self.context.now.instant,
            run_id=self.context.run_id,
            due=decision.due,
            last_use=step.observed.last_use if step.observed else None,
        )
        watch = transitions.after_action(step.watch_or_new, decision, step.observed, event)
        return WatchChange(watch=watch, events=(event,))


def _with_results(plan: Plan, results: Results) -> Plan:
    return replace(
        plan,
        steps=tuple(sorted(results.steps, key=Step.age_order)),
        failures=(*plan.failures, *results.failures),
    )


def _with_watch(step: Step, watch: Watch | None) -> Step:
    return replace(step, watch=watch) if watch else step


def _if_changed(step: Step, watch: Watch) -> WatchChange | None:
    """Return a change of a watch that exists; None where it stays as it is."""
    return WatchChange(watch=watch) if step.watch and watch != step.watch else None


def _cancelled_intent(failure: StepFailure) -> WatchChange | None:
    """Cancel the intent of a change that was refused; one that may still happen stays recorded."""
    if not failure.not_begun or not failure.watch:
        return None
    return WatchChange(watch=transitions.cancel_intent(failure.watch))


def _failure(step: Step, error: KeyScopedError | LedgerError) -> StepFailure:
    failure = step_failure(step, f"could not {step.decision.action}: {error}")
    return replace(failure, not_begun=isinstance(error, ChangeRefusedError))


def _unrecorded(step: Step, error: LedgerError) -> StepFailure:
    done = "done in IAM, but " if step.decision.action in CHANGES else ""
    text = f"{step.decision.action}: {done}not recorded; the next run tries to record it ({error})"
    return step_failure(step, text)


def _batch_size(changes: Sequence[Step]) -> int:
    deletes = any(step.decision.action is Action.DELETE for step in changes[:BATCH_SIZE])
    return DELETION_BATCH_SIZE if deletes else BATCH_SIZE
