"""Carries out a plan: the only step that changes keys in IAM.

The order of these steps matters. Intents are recorded before IAM is called, so that the next run
finishes what a killed run began. Outcomes are recorded after, with the events that the digest
has to report.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from key_rotation.adapters.clients import MemberClients
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_writes import deactivate
from key_rotation.adapters.ledger import Ledger
from key_rotation.domain import transitions
from key_rotation.domain.model import Action, Mode, Reason
from key_rotation.domain.plan import Plan
from key_rotation.domain.step import CHANGES, Step, StepFailure, step_failure
from key_rotation.domain.watch import Event, PersonEvent, Watch, WatchChange
from key_rotation.errors import (
    KeyNotFoundError,
    KeyScopedError,
    LedgerError,
)
from key_rotation.service_layer.change_counter import ChangeCounter
from key_rotation.service_layer.deletion import GONE, KeyDeleter, failure_of
from key_rotation.service_layer.run_context import RunContext, Stage

BATCH_SIZE = 48
"""Changes that are begun together: their outcomes and events fit into one transaction."""


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

    member: MemberClients
    ledger: Ledger
    context: RunContext
    counter: ChangeCounter

    def carry_out(self, plan: Plan) -> Plan:
        """Change keys in IAM if the mode is enforce, and record; returns the plan as it came out.

        Raises LeaseLostError when another run took over.
        """
        if self.context.mode is Mode.REPORT:
            return self.record_only(plan)
        progress = self.context.execution.progress
        progress.stage = Stage.CHANGING
        done = self.execute(plan)
        progress.count_changes(done.steps)
        return done

    def execute(self, plan: Plan) -> Plan:
        """Change keys in IAM, and record it; a notice is recorded once it was delivered.

        Returns the plan as it came out: each key's watch as written, its decision as the key was
        found, and the changes for which there was no time. An error that concerns one key becomes
        a failure, and the others go on. Raises LeaseLostError when another run took over.
        """
        results = self._record([step for step in plan.steps if not step.is_change])
        changes = (step for step in plan.steps if step.is_change)
        waiting = sorted(changes, key=Step.change_order)
        while waiting and self.context.budget.allows_changes:
            results += self._execute_batch(waiting[:BATCH_SIZE])
            waiting = waiting[BATCH_SIZE:]
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
        """Record the intents, call IAM a few at a time, and record what came of it."""
        self.context.lease.check()
        intended = self._record_intents(steps)
        self.counter.add(len(intended.steps))
        called = Results.of(in_parallel(self._call_iam, intended.steps))
        recorded = self._record(called.steps, failed=called.failures)
        return Results(failures=intended.failures) + recorded

    def _record_intents(self, steps: Sequence[Step]) -> Results:
        changes = {
            step.access_key_id: WatchChange(
                watch=transitions.record_intent(step.watch_or_new, step.decision.action)
            )
            for step in steps
        }
        written = self.ledger.write_watches(changes.values())
        return Results.of(
            _failure(step, result) if isinstance(result, LedgerError) else _with_watch(step, result)
            for step in steps
            for result in [written[step.access_key_id]]
        )

    def _call_iam(self, step: Step) -> Step | StepFailure:
        """Make one change."""
        self.context.lease.check()
        if step.decision.action is Action.DELETE:
            return KeyDeleter(self.member.iam_once, self.context).delete(step)
        try:
            deactivate(self.member.iam, step.observed_key.key)
        except KeyNotFoundError:
            return replace(step, decision=GONE)
        except KeyScopedError as error:
            return failure_of(step, error)
        return step

    def _record(self, steps: Sequence[Step], failed: Sequence[StepFailure] = ()) -> Results:
        """Record what is true by now, with the events that the digest has to report.

        failed: changes that IAM did not confirm; the intents of those that it refused are cancelled
        """
        self.context.lease.check()
        changes = {step.access_key_id: self._outcome(step) for step in steps}
        changes |= {failure.access_key_id or "": _after_failure(failure) for failure in failed}
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
            status, now = step.observed_key.key.status, self.context.now
            kept = transitions.after_no_action(step.watch_or_new, decision, status, now)
            change = _if_changed(step, kept)
            if change and transitions.is_by_person(step.watch_or_new.state, decision):
                found = PersonEvent(**self._facts(step), note=decision.note)
                return replace(change, events=(found,))
            return change
        if decision.action is Action.NOTICE or decision.reason is Reason.STILL_HELD:
            return None
        event = Event(**self._facts(step))
        watch = transitions.after_action(step.watch_or_new, decision, step.observed, event)
        return WatchChange(watch=watch, events=(event,))

    def _facts(self, step: Step) -> dict[str, Any]:
        """Return the fields of an event."""
        decision, now = step.decision, self.context.now
        return {
            "action": decision.action,
            "reason": decision.reason,
            "at": now.instant,
            "run_id": self.context.run_id,
            "due": decision.due,
            "last_use": step.observed.last_use if step.observed else None,
            "age_days": (now.today - now.day(step.created)).days,
            "max_age_days": self.context.settings.max_age.days,
        }


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


def _after_failure(failure: StepFailure) -> WatchChange | None:
    """Record that a change failed; the intent of one that may still happen stays recorded."""
    if not failure.watch:
        return None
    watch = transitions.after_failure(failure.watch, not_begun=failure.not_begun)
    return WatchChange(watch=watch) if watch != failure.watch else None


def _failure(step: Step, error: LedgerError) -> StepFailure:
    return step_failure(step, f"could not {step.decision.action}: {error}")


def _unrecorded(step: Step, error: LedgerError) -> StepFailure:
    done = "done in IAM, but " if step.decision.action in CHANGES else ""
    text = f"{step.decision.action}: {done}not recorded; the next run tries to record it ({error})"
    return step_failure(step, text)
