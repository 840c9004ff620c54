"""Leaves the report of an account to the digest of its organization."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from key_rotation.adapters import codec
from key_rotation.adapters.run_rows import RowPlace, RunRows
from key_rotation.domain.run_history import population_of
from key_rotation.domain.run_part import next_state
from key_rotation.domain.watch import WatchChange, Watches
from key_rotation.errors import LedgerError
from key_rotation.reporting.metrics import run_metrics
from key_rotation.reporting.organisation.account_part import AccountPart, KeyRecord
from key_rotation.reporting.outcome import Outcome
from key_rotation.reporting.report import FinishedPart, Report
from key_rotation.service_layer.notify import latest_watches, mark_reported
from key_rotation.service_layer.run_context import RunContext
from key_rotation.service_layer.run_services import RunRecords
from key_rotation.service_layer.save_run import summary_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RowNotifier:
    """Writes down what is to be reported, and what to record once it was.

    Until then no notice counts, nothing counts as reported, and the history has no summary of the
    run: the digest step records all this when its message was published.
    """

    rows: RunRows
    account_id: str

    def require_listener(self) -> None:
        """Do nothing: the step before asked it for the whole organization, and the next will."""

    def read_editors(self, report: Report, context: RunContext) -> Mapping[str, str | None]:
        """Return nothing: the step before read who edited the parameters of the organization."""
        del report, context
        return {}

    def read_undelivered(self, part: int) -> tuple[WatchChange, ...]:
        """Return what earlier parts decided, from their rows.

        Raises LedgerError where another version wrote them: the digest would not read them either.
        """
        if not part:
            return ()
        try:
            records = [
                codec.read(record, KeyRecord)
                for row in self.rows.read_before(self.account_id, part)
                for record in row.records
            ]
        except codec.MalformedError as cause:
            text = f"What an earlier part of this run left cannot be read ({cause})."
            raise LedgerError(text) from cause
        return tuple(each.change for each in records if each.change and each.is_decided)

    def finish(self, finished: FinishedPart, watches: Watches, records: RunRecords) -> FinishedPart:
        """Write down the report, and save the run without what its digest will report.

        The rows come before the state: a run that dies between the two is repeated, and replaces
        them. Raises LedgerError and LeaseLostError.
        """
        records.context.lease.check()
        part, report = finished.part, finished.report
        summary = summary_of(finished)
        keys = population_of(part, report.previous.last_full_scan_in(report.mode))
        items = records.history.write_population(summary, keys)
        head = AccountPart.of(
            report, run_metrics(finished), replace(summary, population_items=items)
        )
        attempt = records.context.execution.attempt
        place = RowPlace(account_id=self.account_id, part=part.number, attempt=attempt)
        now = report.now.instant
        self.rows.write(place, head, key_records(finished, watches), now=now)
        records.ledger.write_run_state(next_state(report.previous, part, report.digest))
        return finished


def key_records(finished: FinishedPart, watches: Watches) -> Sequence[KeyRecord]:
    """Return the outcomes of each key, with what changes once a digest has named them.

    watches: as they were read
    """
    report = finished.report
    changes = {}
    if report.needs_digest:
        latest = latest_watches(finished.part, watches)
        marked = mark_reported(report.outcomes, finished, latest)
        changes = {change.watch.access_key_id: change for change in marked}
    return [
        KeyRecord(outcomes=group, change=changes.get(group[0].access_key_id or ""))
        for group in _by_key(report.outcomes)
    ]


def _by_key(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, ...]]:
    """Group outcomes by key; each user without a key id is a group."""
    groups: dict[object, list[Outcome]] = {}
    for number, outcome in enumerate(outcomes):
        groups.setdefault(outcome.access_key_id or number, []).append(outcome)
    return [tuple(group) for group in groups.values()]
