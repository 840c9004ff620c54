"""Collects what the steps of a run left, as the report of the organization."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.run_rows import RunRows
from key_rotation.domain.model import Now
from key_rotation.domain.organisation.accounts import (
    AccountSettings,
    Coverage,
    RegisteredAccount,
)
from key_rotation.domain.organisation.organisation_run import (
    OrganisationRun,
    OrganisationState,
    ParameterSnapshot,
)
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Settings
from key_rotation.errors import UnreadableItemError
from key_rotation.organisation.collected import CollectedAccount
from key_rotation.organisation.hub import Hub
from key_rotation.organisation.organisation_news import (
    is_uncovered_management,
    not_looked_at,
    settings_news,
)
from key_rotation.reporting.organisation.account_part import ReportSource
from key_rotation.reporting.organisation.metrics import GREATEST
from key_rotation.reporting.organisation.report import AccountReport, OrganisationReport


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedRun:
    """What one run left.

    accounts: those that it was to look at
    previous: what earlier digests have reported
    """

    report: OrganisationReport
    accounts: tuple[CollectedAccount, ...]
    snapshot: ParameterSnapshot
    previous: OrganisationState

    @property
    def is_manual_report(self) -> bool:
        """Whether a person started it in report mode where an account is enforced."""
        manual = any(account.is_manual_report for account in self.accounts)
        return self.report.run.report_only and manual


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCollector:
    """Reads the rows of one run.

    registered: the whole register, by account id
    """

    hub: Hub
    organization_id: str
    run: OrganisationRun
    now: Now
    registered: Mapping[str, RegisteredAccount]
    snapshot: ParameterSnapshot
    previous: OrganisationState
    _parsed: dict[int, Settings] = field(default_factory=dict, init=False, repr=False)

    def collect(self, broken_off: str | None = None) -> CollectedRun:
        """Return what the run left; raises LedgerError.

        broken_off: why the work on the accounts ended early
        """
        expected = [each for each in self.registered.values() if self._is_expected(each)]
        sources = dict(zip(map(_id, expected), in_parallel(self._source, expected), strict=True))
        by_id = {
            _id(each): CollectedAccount.read(each, (), sources[_id(each)]) for each in expected
        }
        # Account by account: the rows take several times the memory of what is made of them.
        for account_id, parts in RunRows(self.hub.table, self.run.run_id).read():
            if found := by_id.get(account_id):
                source = sources[account_id]
                by_id[account_id] = CollectedAccount.read(found.registered, parts, source)
        accounts = tuple(by_id.values())
        if self.now.today > self.now.day(self.run.started):
            accounts = tuple(in_parallel(self._with_recorded_days, accounts))
        return CollectedRun(
            report=self._report(accounts, broken_off),
            accounts=accounts,
            snapshot=self.snapshot,
            previous=self.previous,
        )

    def _is_expected(self, account: RegisteredAccount) -> bool:
        """Return whether the run was to look at an account: a whole run, at all that it covers."""
        named = not self.run.account_ids or _id(account) in self.run.account_ids
        return named and account.coverage is Coverage.COVERED

    def _source(self, account: RegisteredAccount) -> ReportSource | None:
        if account.settings is None:
            return None
        ledger = Ledger(self.hub.table, self.run.run_id, self.hub.partitions(_id(account)))
        try:
            previous = ledger.read_run_state()
        except UnreadableItemError:
            previous = RunState()  # the run in this account stopped for it, and says how to fix it
        return ReportSource(
            account_id=_id(account),
            now=self.now,
            settings=self._settings(account.settings),
            previous=previous,
        )

    def _with_recorded_days(self, account: CollectedAccount) -> CollectedAccount:
        """Return an account with the days that an earlier try of this digest has announced.

        Midnight has passed since the run began, so that this try would name later ones.
        """
        if not account.changes:
            return account
        ledger = Ledger(self.hub.table, self.run.run_id, self.hub.partitions(account.account_id))
        return account.with_recorded_days(ledger.read_watches().by_key_id)

    def _settings(self, found: AccountSettings) -> Settings:
        """Return the settings of an account; those to whom the same applies share them."""
        key = id(found)  # of a row of `registered`, which lives as long as this
        if key not in self._parsed:
            self._parsed[key] = self.hub.settings(found)
        return self._parsed[key]

    def _report(
        self, accounts: Sequence[CollectedAccount], broken_off: str | None
    ) -> OrganisationReport:
        report = OrganisationReport(
            run=self.run,
            organization_id=self.organization_id,
            now=self.now,
            accounts=tuple(_account_report(each) for each in accounts if each.reports),
            not_looked_at=tuple(not_looked_at(accounts, self.now)),
            settings=settings_news(
                self.snapshot,
                self.previous,
                accounts,
                self.now.today,
                is_whole=not self.run.account_ids,
            ),
            broken_off=broken_off,
            chat_failure=self.previous.chat_failure,
        )
        return report if self.run.account_ids else self._with_register(report, accounts)

    def _with_register(
        self, report: OrganisationReport, accounts: Sequence[CollectedAccount]
    ) -> OrganisationReport:
        """Add what the register says of the other accounts, to the report of a whole run."""
        by_coverage: dict[Coverage, list[RegisteredAccount]] = {kind: [] for kind in Coverage}
        for each in sorted(self.registered.values(), key=_id):
            by_coverage[each.coverage].append(each)
        moved = [each for each in self.registered.values() if self.run.has_news_of(each)]
        first = not self.previous.parameters  # before the first digest, every account is new
        left_out = tuple(by_coverage[Coverage.LEFT_OUT])
        return replace(
            report,
            joined=() if first else tuple(a for a in moved if a.coverage is not Coverage.LEFT),
            left=tuple(a for a in moved if a.coverage is Coverage.LEFT),
            left_out=left_out,
            newly_left_out=frozenset(map(_id, left_out)) - set(self.previous.left_out),
            not_covered=tuple(
                each.registered
                for each in accounts
                if is_uncovered_management(each)
                and each.account_id not in self.previous.not_covered
            ),
            not_active=len(by_coverage[Coverage.NOT_ACTIVE]),
            outside_targets=len(by_coverage[Coverage.OUTSIDE_TARGETS]),
        )


def _account_report(account: CollectedAccount) -> AccountReport:
    return AccountReport(
        registered=account.registered,
        report=account.report,
        metrics=_metrics(account),
        complete=account.failure is None,
    )


def _metrics(account: CollectedAccount) -> Mapping[str, int]:
    """Return the metrics of all parts together."""
    figures: dict[str, int] = {}
    for part in account.parts:
        for name, value in part.metrics.items():
            before = figures.get(name, 0)
            figures[name] = max(before, value) if name == GREATEST else before + value
    return figures


def _id(account: RegisteredAccount) -> str:
    return account.account.account_id
