"""Publishes the digest, and records what it reported: a notice counts once it was delivered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain import transitions
from key_rotation.domain.model import Action, Mode
from key_rotation.domain.run_part import RunPart
from key_rotation.domain.step import Step, StepFailure, key_failure
from key_rotation.domain.watch import Ended, Event, Watch, WatchChange, Watches
from key_rotation.errors import LedgerError
from key_rotation.reporting.digest import compose
from key_rotation.reporting.formatting import age_days
from key_rotation.reporting.outcome import Outcome, outcome_of_failure
from key_rotation.reporting.owner_mails import mails_of
from key_rotation.reporting.report import FinishedPart, Report
from key_rotation.service_layer.run_context import RunContext, Stage

if TYPE_CHECKING:
    from key_rotation.domain.owners.mail import OwnerMail


@dataclass(frozen=True, slots=True)
class DigestNotifier:
    """Publishes one digest."""

    topic: SnsTopic
    ledger: Ledger
    context: RunContext

    def send(self, finished: FinishedPart, watches: Watches) -> Report:
        """Publish the digest if one is needed, and record of each key that it was reported.

        A run in report mode needs no listener, but what a digest without one reported is reported
        again. A digest may need several messages. Each is published before it is recorded, so a run
        that is killed in between reports twice rather than never. Returns the report with a failure
        for each key that the ledger refused, with the ids of the messages, and with whether it
        counts as delivered. Raises PublishError if SNS does not accept a message, and
        LeaseLostError.
        """
        report = finished.report
        if not report.needs_digest:
            return report
        delivered = report.mode is Mode.ENFORCE or self.topic.has_listener()
        latest = latest_watches(finished.part, watches)
        failures: list[Outcome] = []
        message_ids: list[str] = []
        for message, outcomes in compose(report):
            self.context.lease.check()
            message_ids.append(self.topic.publish(message))
            if delivered:
                failures += record_reported(self.ledger, mark_reported(outcomes, finished, latest))
        if delivered:
            self.context.execution.progress.stage = Stage.REPORTED
        return replace(
            report,
            outcomes=(*report.outcomes, *failures),
            delivered=delivered,
            message_ids=tuple(message_ids),
        )


def record_reported(ledger: Ledger, changes: Iterable[WatchChange]) -> list[Outcome]:
    """Write the changes; returns a failure for each that the ledger refused."""
    by_key_id = {change.watch.access_key_id: change for change in changes}
    ended = [c for c in by_key_id.values() if isinstance(c.watch.state, Ended)]
    others = [c for c in by_key_id.values() if not isinstance(c.watch.state, Ended)]
    results = {**ledger.write_watches(others), **ledger.delete_watches(ended)}
    return [
        outcome_of_failure(
            key_failure(by_key_id[key_id].watch, f"reported, but not recorded: {error}")
        )
        for key_id, error in results.items()
        if isinstance(error, LedgerError)
    ]


def mark_reported(
    outcomes: Iterable[Outcome], finished: FinishedPart, watches: Mapping[str, Watch]
) -> list[WatchChange]:
    """Return what changes in the ledger once a message that names the outcomes was delivered.

    outcomes: those of the message; the last one of a key is the decision of this run
    watches: by access key id, as they are stored by now
    """
    steps = {step.access_key_id: step for step in finished.part.plan.steps}
    outcomes = tuple(outcomes)
    by_key_id = {outcome.access_key_id: outcome for outcome in outcomes}
    deletions = {o.access_key_id: o.due for o in outcomes if o.happened_at}
    changes = (
        _change(
            outcome, steps.get(key_id), watches.get(key_id), finished.report, deletions.get(key_id)
        )
        for key_id, outcome in by_key_id.items()
        if key_id is not None
    )
    mails: dict[str, list[OwnerMail]] = {}
    for mail in mails_of(outcomes, finished.report):  # also of what an earlier run did
        mails.setdefault(mail.access_key_id, []).append(mail)
    return [
        replace(change, mails=tuple(mails.get(change.watch.access_key_id, ())))
        for change in changes
        if change
    ]


def _change(
    outcome: Outcome,
    step: Step | None,
    watch: Watch | None,
    report: Report,
    deletion: date | None,
) -> WatchChange | None:
    """Return what changes for one key; None for nothing.

    deletion: the day that the digest names for what an earlier run did
    """
    enforced = step if report.mode is Mode.ENFORCE else None
    if enforced and enforced.decision.action is Action.NOTICE:
        return _notice(enforced, outcome, report)
    reminded = enforced is not None and enforced.decision.remind and outcome.triggers_digest
    if watch and (watch.unreported_events or reminded):
        deletes = report.settings.delete_unused_keys
        after = transitions.after_digest_sent(watch, report.now, deletion, deletes=deletes)
        return WatchChange(watch=after)
    return None


def _notice(step: Step, outcome: Outcome, report: Report) -> WatchChange:
    """Return the notice that was delivered, with its event."""
    decision, now = step.decision, report.now
    event = Event(
        action=Action.NOTICE,
        reason=decision.reason,
        at=now.instant,
        run_id=report.run_id,
        due=decision.due,
        last_use=outcome.last_use,
        age_days=age_days(outcome, now),
        max_age_days=report.settings.max_age.days,
    )
    before = transitions.after_digest_sent(step.watch_or_new, now)
    watch = transitions.after_notice(before, decision, now, outcome.details.description)
    return WatchChange(watch=watch, events=(event,))


def latest_watches(part: RunPart, watches: Watches) -> dict[str, Watch]:
    """Return the watches as they are stored by now: as read, or as this run wrote them."""
    plan = part.plan
    written = {step.access_key_id: step.watch for step in plan.steps if step.watch}
    failed = {
        failure.access_key_id or "": failure.watch
        for failure in plan.failures
        if isinstance(failure, StepFailure) and failure.watch
    }
    return {**watches.by_key_id, **written, **failed}
