"""What the steps of a run left, account by account, as the digest step reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from key_rotation.adapters import codec
from key_rotation.adapters.run_rows import RowPart
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.organisation.delivery import at_delivery
from key_rotation.domain.watch import Noticed, Watch, WatchChange
from key_rotation.reporting.organisation.account_part import (
    AccountFailure,
    AccountPart,
    KeyRecord,
    ReportSource,
)
from key_rotation.reporting.organisation.merged_report import merge_parts
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report

NO_ANSWER = (
    "No answer: the work on this account ended without one. Read the execution of the state "
    "machine, and the log of the account step."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedAccount:
    """One account that the run was to look at.

    parts, reports: of each part, in order; none where it was not looked at
    changes: by access key id, what is recorded once a digest has named the key
    failure: why it was not looked at, or not to the end
    """

    registered: RegisteredAccount
    parts: tuple[AccountPart, ...] = ()
    reports: tuple[Report, ...] = ()
    changes: Mapping[str, WatchChange] = field(default_factory=dict)
    failure: AccountFailure | str | None = None

    @classmethod
    def read(
        cls,
        registered: RegisteredAccount,
        rows: Sequence[RowPart],
        source: ReportSource | None,
    ) -> Self:
        """Read the rows of an account.

        source: None where its settings were not accepted

        Rows of another shape are those of another version: the account counts as not looked at.
        """
        if source is None:
            return cls(registered=registered, failure=" ".join(registered.problems))
        try:
            return cls._of(registered, rows, source)
        except codec.MalformedError as cause:
            text = f"What the step left of this account cannot be read ({cause})."
            return cls(registered=registered, failure=text)

    @classmethod
    def _of(
        cls, registered: RegisteredAccount, rows: Sequence[RowPart], source: ReportSource
    ) -> Self:
        parts, reports = [], []
        changes: dict[str, WatchChange] = {}
        failure: AccountFailure | str | None = None if rows else NO_ANSWER
        for row in rows:
            if row.kind == AccountFailure.__name__:
                failure = codec.read(row.head, AccountFailure)
                break
            part = codec.read(row.head, AccountPart)
            records = [_delivered(codec.read(each, KeyRecord), source) for each in row.records]
            outcomes = [outcome for record in records for outcome in record.outcomes]
            parts.append(part)
            reports.append(part.to_report(outcomes, source))
            changes |= {r.change.watch.access_key_id: r.change for r in records if r.change}
            failure = NO_ANSWER if part.users_left else None
            if failure is None:
                break  # further parts are of an earlier attempt, which had less time
        return cls(
            registered=registered,
            parts=tuple(parts),
            reports=tuple(reports),
            changes=changes,
            failure=failure,
        )

    def with_recorded_days(self, stored: Mapping[str, Watch]) -> Self:
        """Return the account with the days of the notices that an earlier try of the digest gave.

        stored: the watches of the account as they are now
        """
        days = {
            key_id: watch.state.due
            for key_id, change in self.changes.items()
            if (watch := stored.get(key_id))
            and isinstance(watch.state, Noticed)
            and watch.version == change.written.version
        }

        def outcome(found: Outcome) -> Outcome:
            return replace(found, due=days.get(found.access_key_id or "", found.due))

        return replace(
            self,
            reports=tuple(
                replace(report, outcomes=tuple(map(outcome, report.outcomes)))
                for report in self.reports
            ),
        )

    @property
    def account_id(self) -> str:
        """The account's id."""
        return self.registered.account.account_id

    @property
    def is_manual_report(self) -> bool:
        """Whether a person started its run in report mode where enforce mode is set."""
        return any(part.is_manual_report for part in self.parts)

    @property
    def report(self) -> Report:
        """The report of the whole account; only of one that has parts."""
        return merge_parts(self.reports)


def _delivered(record: KeyRecord, source: ReportSource) -> KeyRecord:
    """Return a record as it counts from the digest on."""
    change = record.change and at_delivery(record.change, source.now, source.settings.notice)
    return KeyRecord(outcomes=tuple(_due(o, source) for o in record.outcomes), change=change)


def _due(outcome: Outcome, source: ReportSource) -> Outcome:
    """Return an outcome with the day that the notice has once it is delivered."""
    if outcome.section is not Section.NOTICED or outcome.dry_run or outcome.due is None:
        return outcome
    earliest = source.now.today + source.settings.notice
    return replace(outcome, due=max(outcome.due, earliest))
