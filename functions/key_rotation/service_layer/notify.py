"""Telling people, and remembering what they were told: a notice counts once it was delivered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from key_rotation.adapters.lease import Lease
from key_rotation.adapters.ledger import Change, Ledger
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain import transitions
from key_rotation.domain.model import Action, Mode, Now
from key_rotation.domain.plan import Step, StepFailure, key_failure
from key_rotation.domain.watch import Ended, Event, Watch, Watches
from key_rotation.errors import LedgerError
from key_rotation.reporting.digest import compose
from key_rotation.reporting.outcome import Outcome, Section, outcome_of_failure
from key_rotation.reporting.report import Report

NO_ROOM = "no room in this digest; its notice follows in the next"


@dataclass(frozen=True, slots=True)
class DigestNotifier:
    """What it takes to tell people, and to remember it."""

    topic: SnsTopic
    ledger: Ledger
    lease: Lease
    now: Now
    run_id: str

    def send(self, report: Report, watches: Watches) -> Report:
        """Send the digest, if there is news, and remember of each key that it was told.

        Sent first and remembered after, so that a run that dies in between tells twice rather than
        never. Returns the report as it came out: a notice without room in the message is none, and
        waits. Raises PublishError when SNS does not take the digest, and LeaseLostError.
        """
        if not report.needs_digest:
            return report
        message, told = compose(report)
        waiting = any(outcome.happened_at for outcome in report.outcomes)
        heard = (
            report.mode is Mode.ENFORCE or not waiting or self.topic.has_confirmed_subscription()
        )
        self.lease.check()
        self.topic.publish(message)
        if not heard:  # nobody need listen to a report; what was done waits for somebody who does
            return report
        kept = {id(outcome) for outcome in told.outcomes}
        missing = {o.access_key_id for o in report.outcomes if id(o) not in kept}
        named = {o.access_key_id: o for o in told.outcomes if o.access_key_id not in missing}
        outcomes = [
            outcome if outcome.access_key_id in named else _waiting(outcome)
            for outcome in report.outcomes
        ]
        outcomes += self._remember(report, named, watches)
        no_room = frozenset(o.access_key_id or "" for o in outcomes if o.reason == NO_ROOM)
        return replace(report, outcomes=tuple(outcomes), left_out=told.left_out, no_room=no_room)

    def _remember(
        self, report: Report, named: Mapping[str | None, Outcome], watches: Watches
    ) -> list[Outcome]:
        """Record what was told; returns a failure for each key that the ledger refused."""
        steps = {step.access_key_id: step for step in report.plan.steps}
        latest = _latest(report, watches)
        changes = [
            change
            for key_id, outcome in named.items()
            if (
                change := self._change(
                    steps.get(key_id or ""), latest.get(key_id or ""), outcome, report.mode
                )
            )
        ]
        ended = [change.watch for change in changes if isinstance(change.watch.state, Ended)]
        going_on = [change for change in changes if change.watch not in ended]
        results = [*self.ledger.write_watches(going_on), *self.ledger.delete_watches(ended)]
        tried = [*(change.watch for change in going_on), *ended]
        return [
            outcome_of_failure(key_failure(watch, f"told, but not remembered: {result}"))
            for watch, result in zip(tried, results, strict=True)
            if isinstance(result, LedgerError)
        ]

    def _change(
        self, step: Step | None, watch: Watch | None, outcome: Outcome, mode: Mode
    ) -> Change | None:
        """What is to be remembered of a key that was told; None where nothing is."""
        enforced = step if mode is Mode.ENFORCE else None
        if enforced and enforced.decision.action is Action.NOTICE:
            return self._notice(enforced, outcome)
        reminded = enforced is not None and enforced.decision.remind
        if watch and (watch.untold or reminded):
            return Change(watch=transitions.after_digest_sent(watch, self.now))
        return None

    def _notice(self, step: Step, outcome: Outcome) -> Change:
        """The notice that was delivered, and the event that says so."""
        decision = step.decision
        event = Event(
            action=Action.NOTICE,
            reason=decision.reason,
            at=self.now.instant,
            run_id=self.run_id,
            due=decision.due,
            last_use=outcome.last_use,
        )
        before = transitions.after_digest_sent(step.watch_or_new, self.now)
        watch = transitions.after_notice(before, decision, self.now, outcome.details.description)
        return Change(watch=watch, events=(event,))


def _latest(report: Report, watches: Watches) -> dict[str, Watch]:
    """The watches as they stand now: as read, and as this run wrote them, failed steps included."""
    written = {step.access_key_id: step.watch for step in report.plan.steps if step.watch}
    failed = {
        failure.access_key_id or "": failure.watch
        for failure in report.plan.failures
        if isinstance(failure, StepFailure) and failure.watch
    }
    return {**watches.by_key_id, **written, **failed}


def _waiting(outcome: Outcome) -> Outcome:
    if outcome.section is not Section.NOTICED or outcome.dry_run:
        return outcome
    return replace(outcome, section=Section.DEFERRED, reason=NO_ROOM, due=None)
