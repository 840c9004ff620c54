"""Telling people, and remembering what they were told: a notice counts once it was delivered."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from key_rotation import transitions
from key_rotation.digest import compose
from key_rotation.errors import LedgerError
from key_rotation.lease import Lease
from key_rotation.ledger import Ledger
from key_rotation.model import Action, Mode, Now
from key_rotation.notices import Notices
from key_rotation.outcome import Outcome, Section, of_failure
from key_rotation.plan import Plan, Step, failure_of
from key_rotation.report import Report
from key_rotation.watch import Ended, Event, Memory, Watch

NO_ROOM = "no room in this digest; the next run gives its notice"


@dataclass(frozen=True, slots=True)
class Voice:
    """What it takes to tell people, and to remember it."""

    notices: Notices
    ledger: Ledger
    lease: Lease
    now: Now
    run_id: str

    def tell(self, report: Report, plan: Plan, memory: Memory) -> Report:
        """Send the digest, if there is news, and remember of each key that it was told.

        Sent first and remembered after, so that a run that dies in between tells twice rather than
        never. Returns the report as it came out: a notice without room in the message is none, and
        waits. Raises NotDeliveredError when SNS does not take the digest, and LeaseLostError.
        """
        if not report.is_news:
            return report
        message, told = compose(report)
        self.lease.check()
        self.notices.publish(message)
        named = {outcome.access_key_id: outcome for outcome in told.outcomes}
        outcomes = [
            outcome if outcome.access_key_id in named else _waiting(outcome)
            for outcome in report.outcomes
        ]
        outcomes += self._remember(report, named, plan, memory)
        return replace(report, outcomes=tuple(outcomes), left_out=told.left_out)

    def _remember(
        self, report: Report, named: dict[str | None, Outcome], plan: Plan, memory: Memory
    ) -> Iterator[Outcome]:
        """Record what was told, key by key; yields a failure for each that the ledger refused."""
        for step in plan.steps:
            outcome = named.get(step.access_key_id)
            if outcome is None:
                continue
            try:
                self._remember_step(step, outcome, report.mode)
            except LedgerError as error:
                yield of_failure(failure_of(step, f"told, but not remembered: {error}"))
        decided = {step.access_key_id for step in plan.steps}
        for watch in memory.watches.values():
            if watch.untold and watch.access_key_id in named.keys() - decided:
                try:
                    self._remember_told(watch)
                except LedgerError as error:
                    yield of_failure(failure_of(watch, f"told, but not remembered: {error}"))

    def _remember_step(self, step: Step, outcome: Outcome, mode: Mode) -> None:
        watch = step.watch
        enforcing = mode is Mode.ENFORCE
        if enforcing and step.decision.action is Action.NOTICE:
            watch = transitions.told(step.memory, self.now)
            event = Event(
                action=Action.NOTICE,
                reason=step.decision.reason,
                at=self.now.instant,
                run_id=self.run_id,
                due=step.decision.due,
                last_use=outcome.last_use,
            )
            noticed = transitions.noticed(
                watch, step.decision, self.now, outcome.details.description
            )
            self.ledger.put(noticed, [event])
        elif watch and (watch.untold or (enforcing and step.decision.remind)):
            self._remember_told(watch)

    def _remember_told(self, watch: Watch) -> None:
        if isinstance(watch.state, Ended):
            self.ledger.forget(watch)
        else:
            self.ledger.put(transitions.told(watch, self.now))


def _waiting(outcome: Outcome) -> Outcome:
    if outcome.section is not Section.NOTICED or outcome.would:
        return outcome
    return replace(outcome, section=Section.DEFERRED, reason=NO_ROOM, due=None)
