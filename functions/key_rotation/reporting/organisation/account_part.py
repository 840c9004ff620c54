"""What the account step leaves to the digest step: the report of one part, in values to store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Mode, Now
from key_rotation.domain.run_history import RunSummary
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import WatchChange
from key_rotation.reporting.outcome import Outcome
from key_rotation.reporting.part_facts import PartFacts
from key_rotation.reporting.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """The outcomes of one key, and what changes in the ledger once a digest has named them.

    change: None where nothing does
    """

    outcomes: tuple[Outcome, ...]
    change: WatchChange | None = None

    @property
    def is_decided(self) -> bool:
        """Whether the part decided the key, and did not only find what an earlier run did."""
        return any(outcome.happened_at is None for outcome in self.outcomes)


class FailedStep(StrEnum):
    """Where the work on an account ended with an error.

    ROLE: STS refused to assume the role, so that it is missing, or trusts somebody else
    STS: STS did not answer, or with another error
    RUN: the run in the account was stopped
    """

    ROLE = "role"
    STS = "sts"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFailure:
    """Why an account was not looked at.

    reason: in AWS's words where AWS refused it
    """

    step: FailedStep
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPart:
    """The report of one part, without its outcomes.

    started: the instant of the part
    edited: the parameters that it was the first to see edited
    unmatched: the exemptions that match nothing, as lines
    summary: for the history of runs, without what comes of the digest
    """

    started: datetime
    mode: Mode
    number: int
    users: int
    keys: int
    users_read: int
    users_left: int
    scan: Scan
    note: str
    restored: bool
    is_manual_report: bool
    saw_all_keys: bool
    edited: tuple[str, ...]
    account_alias: str
    suspended_since: Mapping[str, date]
    unmatched: tuple[str, ...]
    metrics: Mapping[str, int]
    summary: RunSummary

    @classmethod
    def of(cls, report: Report, metrics: Mapping[str, int], summary: RunSummary) -> "AccountPart":
        """Return what is stored of a report."""
        facts = report.facts
        return cls(
            started=facts.now.instant,
            mode=facts.mode,
            number=facts.number,
            users=facts.users,
            keys=facts.keys,
            users_read=facts.users_read,
            users_left=facts.users_left,
            scan=facts.scan,
            note=facts.note,
            restored=facts.restored,
            is_manual_report=facts.is_manual_report,
            saw_all_keys=facts.saw_all_keys,
            edited=tuple(sorted(facts.settings.edited)),
            account_alias=report.account_alias,
            suspended_since=report.suspended_since,
            unmatched=tuple(map(str, report.unmatched)),
            metrics=metrics,
            summary=summary,
        )

    def to_report(self, outcomes: Iterable[Outcome], source: "ReportSource") -> Report:
        """Return the report again, with the outcomes of the part.

        It names no exemption that matches nothing: one may be meant for another account.
        """
        facts = PartFacts(
            now=replace(source.now, instant=self.started),
            mode=self.mode,
            settings=replace(source.settings, edited=frozenset(self.edited)),
            number=self.number,
            users=self.users,
            keys=self.keys,
            users_read=self.users_read,
            users_left=self.users_left,
            scan=self.scan,
            note=self.note,
            restored=self.restored,
            is_manual_report=self.is_manual_report,
            saw_all_keys=self.saw_all_keys,
        )
        return Report(
            run_id=self.summary.run_id,
            account_id=source.account_id,
            account_alias=self.account_alias,
            facts=facts,
            previous=source.previous,
            outcomes=tuple(outcomes),
            suspended_since=self.suspended_since,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSource:
    """What a report is made of besides what was stored of it.

    now: gives the calendar
    previous: what the last run read and reported
    """

    account_id: str
    now: Now
    settings: Settings
    previous: RunState = field(default_factory=RunState)
