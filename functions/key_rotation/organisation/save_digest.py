"""Saves a run of the organization at its end: what it reported, and which accounts it saw."""

from dataclasses import dataclass, replace

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_history import RunHistory
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.adapters.register import Register
from key_rotation.domain.model import Now
from key_rotation.domain.run_part import ReportedPart, after_digest
from key_rotation.domain.run_state import RunState
from key_rotation.organisation.collected import CollectedAccount
from key_rotation.organisation.hub import Hub
from key_rotation.organisation.organisation_news import ended_entries, state_after_run
from key_rotation.organisation.published_digest import PublishedDigest, name_of
from key_rotation.organisation.run_collector import CollectedRun
from key_rotation.reporting.news import lasting_by_user


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSaver:
    """Saves what one run of the organization came to."""

    hub: Hub
    now: Now
    run: CollectedRun
    published: PublishedDigest

    def save(self) -> None:
        """Save the runs of the accounts, the register, and what digests have reported.

        Raises LedgerError.
        """
        in_parallel(self._save_account, self.run.accounts)
        self._save_register()
        runs, report = OrganisationRuns(self.hub.table), self.run.report
        if not report.run.is_partial:
            delivered = self.published.was_delivered
            previous, snapshot = self.run.previous, self.run.snapshot
            ended = ended_entries(snapshot, self.run.accounts, report.now.today)
            runs.write_state(
                state_after_run(previous, snapshot, report, ended, delivered=delivered)
            )

    def end(self) -> None:
        """End the run, as the last thing: until then, a digest that is tried again publishes again.

        Raises LedgerError.
        """
        messages = len(self.published.message_ids)
        run = replace(self.run.report.run, messages=messages)
        OrganisationRuns(self.hub.table).end(run, self.now.instant)

    def _save_account(self, account: CollectedAccount) -> None:
        """Save what was reported of one account, and the summaries of its run."""
        published, run_id = self.published, self.run.report.run.run_id
        partitions = self.hub.partitions(account.account_id)
        if published.was_delivered and account.reports and not account.is_manual_report:
            ledger = Ledger(self.hub.table, run_id, partitions)
            before = ledger.read_run_state()
            after = state_after_digest(before, account, published)
            if after != before:
                ledger.write_run_state(after)
        history = RunHistory(self.hub.table, partitions)
        for part, report in zip(account.parts, account.reports, strict=True):
            ids = tuple(published.message_ids) if report.needs_digest else ()
            history.write_run(
                replace(
                    part.summary,
                    message_id=next(iter(ids), None),
                    further_message_ids=ids[1:],
                    delivered=bool(ids)
                    and published.was_delivered
                    and published.names_all(account),
                )
            )

    def _save_register(self) -> None:
        """Write of each account when it was looked at, or since when it could not be."""
        register = Register(self.hub.table)
        failing = {
            each.registered.account.account_id: each for each in self.run.report.not_looked_at
        }
        reported = self.now.today if self.published.was_delivered else None

        def save(account: CollectedAccount) -> None:
            row = account.registered
            if found := failing.get(account.account_id):
                today = None if found.new_without_role else reported
                last = today or row.failure_reported
                register.update(replace(row, failing_since=found.since, failure_reported=last))
            elif account.failure is None:
                seen = self.now.instant
                register.update(
                    replace(row, last_looked_at=seen, failing_since=None, failure_reported=None)
                )

        in_parallel(save, self.run.accounts)


def state_after_digest(
    before: RunState, account: CollectedAccount, published: PublishedDigest
) -> RunState:
    """Return what the next run of an account must know of the digest of the organization.

    before: as it is stored; what the run no longer found of a user was forgotten with it

    Of what lasts, only what the digest named counts as reported. A report in report mode counts as
    a whole: what had no room was counted.
    """
    report = account.report
    named = [o for o in report.outcomes if name_of(account.account_id, o) in published.named]
    lasting = lasting_by_user(named)
    digest = replace(report.digest, delivered=True, lasting=lasting)
    part = ReportedPart(
        today=report.now.today,
        mode=report.mode,
        settings=report.settings,
        number=0,
        read_user_ids=frozenset(),
        listed_user_ids={*before.reported_days, *lasting},
    )
    return after_digest(before, part, digest)
