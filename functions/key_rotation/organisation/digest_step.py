"""Publishes the digest of an organization's run, and then records what it named."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_history import RunHistory
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.adapters.register import Register
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.execution import Clock
from key_rotation.domain.model import Mode, Now
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.run_part import ReportedPart, after_digest
from key_rotation.errors import PublishError
from key_rotation.organisation.collected import CollectedAccount
from key_rotation.organisation.hub import Hub
from key_rotation.organisation.organisation_news import state_after_run
from key_rotation.organisation.run_collector import CollectedRun
from key_rotation.reporting import digest
from key_rotation.reporting.organisation.digest import Named, compose
from key_rotation.reporting.outcome import Outcome
from key_rotation.reporting.report import Report
from key_rotation.service_layer.notify import record_reported

SECONDS_BETWEEN_MESSAGES = 1.0
"""SNS sends at most ten e-mails a second to one address (SNS, "Service quotas")."""


@dataclass(slots=True, kw_only=True)
class PublishedDigest:
    """What was published: it grows with each message.

    message_ids: what SNS calls the messages
    named: the keys that they name, each with its account
    delivered: whether somebody listened
    unrecorded: what the ledger refused
    """

    message_ids: list[str]
    named: set[Named]
    delivered: bool
    unrecorded: list[Outcome]

    def names_all(self, account: CollectedAccount) -> bool:
        """Return whether all news of an account was named."""
        return all(
            name_of(account.account_id, outcome) in self.named
            for report in account.reports
            for outcome in report.outcomes
            if outcome.triggers_digest
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStep:
    """The work of the digest step for one run.

    topic: of the organization; account_topic: of those who read of one account
    """

    hub: Hub
    topic: SnsTopic
    account_topic: SnsTopic
    now: Now
    clock: Clock

    def publish(self, run: CollectedRun) -> PublishedDigest:
        """Publish the messages, and record after each what it named.

        In enforce mode a message without a listener is none: raises NoListenerError. Raises
        PublishError if SNS does not accept a message, and LedgerError.
        """
        enforced = any(account.report.mode is Mode.ENFORCE for account in run.report.accounts)
        if enforced:
            self.topic.require_listener()
        published = PublishedDigest(message_ids=[], named=set(), delivered=enforced, unrecorded=[])
        if not run.report.needs_digest:
            return published
        published.delivered = enforced or self.topic.has_listener()
        for number, (message, named) in enumerate(compose(run.report)):
            if number:
                self.clock.sleep(SECONDS_BETWEEN_MESSAGES)
            published.message_ids.append(self.topic.publish(message))
            published.named |= set(named)
            if published.delivered:
                published.unrecorded += self._record(run, set(named))
        return published

    def _record(self, run: CollectedRun, named: Collection[Named]) -> list[Outcome]:
        """Record of each key that it was reported; returns a failure for each refused change."""

        def record(account: CollectedAccount) -> list[Outcome]:
            changes = [
                change
                for key_id, change in account.changes.items()
                if (account.account_id, key_id) in named
            ]
            return record_reported(self._ledger(run, account), changes) if changes else []

        return [failure for failures in in_parallel(record, run.accounts) for failure in failures]

    def publish_to_accounts(self, run: CollectedRun, published: PublishedDigest) -> list[str]:
        """Publish to those who read of one account exactly its digest.

        Returns the ids of the accounts whose message SNS did not accept: it stops no other.
        """
        if not published.delivered or not self.account_topic.has_subscription():
            return []
        failed = []
        for account in run.report.accounts:
            report = without_unnamed(account.report, published.named)
            if not report.needs_digest:
                continue
            try:
                for message, _ in digest.compose(report):
                    self.account_topic.publish(message)
            except PublishError:
                failed.append(account.account_id)
        return failed

    def save(self, run: CollectedRun, published: PublishedDigest) -> None:
        """Save the runs of the accounts, the register, and what the organization was told.

        Raises LedgerError.
        """
        in_parallel(lambda account: self._save_account(run, account, published), run.accounts)
        register = Register(self.hub.table)
        failing = {each.registered.account.account_id: each for each in run.report.not_looked_at}
        reported = self.now.today if published.message_ids and published.delivered else None

        def update(account: CollectedAccount) -> None:
            row = account.registered
            if account.account_id in failing:
                since = failing[account.account_id].since
                last = reported or row.failure_reported
                register.update(replace(row, failing_since=since, failure_reported=last))
            elif account.failure is None:
                register.update(looked_at(row, self.now))

        in_parallel(update, run.accounts)
        runs = OrganisationRuns(self.hub.table)
        if not run.report.run.is_partial:
            delivered = reported is not None
            state = state_after_run(run.told, run.snapshot, run.report, delivered=delivered)
            runs.write_state(state)
        messages = len(published.message_ids)
        runs.end(replace(run.report.run, messages=messages), self.now.instant)

    def _save_account(
        self, run: CollectedRun, account: CollectedAccount, published: PublishedDigest
    ) -> None:
        """Save what one account's runs reported, and their summaries."""
        ledger = self._ledger(run, account)
        history = RunHistory(self.hub.table, self.hub.partitions(account.account_id))
        in_digest = published.delivered and bool(published.message_ids)
        for part, report in zip(account.parts, account.reports, strict=True):
            delivered = in_digest and report.needs_digest and published.names_all(account)
            if delivered and not part.is_manual_report:
                reported = replace(report, delivered=True)
                state = after_digest(
                    ledger.read_run_state(), reported_part(report), reported.digest
                )
                ledger.write_run_state(state)
            ids = tuple(published.message_ids) if report.needs_digest else ()
            history.write_run(
                replace(
                    part.summary,
                    message_id=next(iter(ids), None),
                    further_message_ids=ids[1:],
                    delivered=delivered,
                )
            )

    def _ledger(self, run: CollectedRun, account: CollectedAccount) -> Ledger:
        run_id = run.report.run.run_id
        return Ledger(self.hub.table, run_id, self.hub.partitions(account.account_id))


def name_of(account_id: str, outcome: Outcome) -> Named:
    """Return what a message names if it names an outcome."""
    return account_id, outcome.access_key_id or outcome.user_name


def looked_at(row: RegisteredAccount, now: Now) -> RegisteredAccount:
    """Return a row of the register after all users of the account were looked at."""
    return replace(row, last_looked_at=now.instant, failing_since=None, failure_reported=None)


def reported_part(report: Report) -> ReportedPart:
    """Return what the run state remembers of a part whose digest was delivered.

    What the part no longer found of a user was forgotten when it was saved; so only the users of
    whom it reports something lasting count as read.
    """
    users = {*report.previous.reported_days, *report.digest.lasting}
    return ReportedPart(
        today=report.now.today,
        mode=report.mode,
        settings=report.settings,
        number=report.facts.number,
        read_user_ids=frozenset(report.digest.lasting),
        listed_user_ids=users,
    )


def without_unnamed(report: Report, named: Collection[Named]) -> Report:
    """Return a report without the news that the organization's digest had no room for."""

    def keep(outcome: Outcome) -> bool:
        known = name_of(report.account_id, outcome) in named
        return known or not outcome.triggers_digest

    return replace(report, outcomes=tuple(filter(keep, report.outcomes)))
