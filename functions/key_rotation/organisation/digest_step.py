"""Publishes the digest of an organization's run, and records after each message what it names."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.execution import Clock
from key_rotation.domain.model import Mode, Now
from key_rotation.errors import LeaseLostError, PublishError, SubscriptionsUnreadableError
from key_rotation.organisation.collected import CollectedAccount
from key_rotation.organisation.hub import Hub
from key_rotation.organisation.published_digest import PublishedDigest, name_of
from key_rotation.organisation.run_collector import CollectedRun
from key_rotation.reporting import digest
from key_rotation.reporting.organisation.digest import Named, compose
from key_rotation.reporting.outcome import Outcome
from key_rotation.reporting.report import Report
from key_rotation.service_layer.notify import record_reported

SECONDS_BETWEEN_MESSAGES = 1.0
"""SNS sends at most ten e-mails a second to one address (SNS, "Service quotas")."""


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

        A report run that a person started where enforce mode is set reports in its answer only. In
        enforce mode a message without a listener is none: raises NoListenerError. Raises
        PublishError if SNS does not accept a message, and LedgerError.
        """
        enforced = any(account.report.mode is Mode.ENFORCE for account in run.report.accounts)
        if enforced:
            self.topic.require_listener()
        published = PublishedDigest(message_ids=[], named=set(), delivered=enforced, unrecorded=[])
        if run.is_manual_report or not run.report.needs_digest:
            return published
        published.delivered = enforced or self.topic.has_listener()
        for number, (message, named) in enumerate(compose(run.report)):
            if number:
                self.clock.sleep(SECONDS_BETWEEN_MESSAGES)
            self.require_current(run)
            published.message_ids.append(self.topic.publish(message))
            published.named |= set(named)
            if published.delivered:
                published.unrecorded += self._record(run, set(named))
        return published

    def require_current(self, run: CollectedRun) -> None:
        """Raise LeaseLostError if another run of the organization has begun, or this one ended."""
        current = OrganisationRuns(self.hub.table).read()
        if current is None or current.run_id != run.report.run.run_id or current.ended:
            raise LeaseLostError("Another run of the organization has begun, or this one ended.")

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
        if not published.was_delivered:
            return []
        try:
            if not self.account_topic.has_subscription():
                return []
        except SubscriptionsUnreadableError:
            return [account.account_id for account in run.report.accounts]
        failed = []
        for account in run.report.accounts:
            report = own_digest(account.report, published)
            if report is None:
                continue
            try:
                for message, _ in digest.compose(report):
                    self.account_topic.publish(message)
            except PublishError:
                failed.append(account.account_id)
        return failed

    def _ledger(self, run: CollectedRun, account: CollectedAccount) -> Ledger:
        run_id = run.report.run.run_id
        return Ledger(self.hub.table, run_id, self.hub.partitions(account.account_id))


def own_digest(report: Report, published: PublishedDigest) -> Report | None:
    """Return what those who read of one account get; None for nothing.

    It has no news that the organization's digest had no room for. In report mode, a digest of which
    no key was named would look as if nothing were to be done.
    """

    def keep(outcome: Outcome) -> bool:
        known = name_of(report.account_id, outcome) in published.named
        return known or not outcome.triggers_digest

    if report.mode is Mode.REPORT and not published.names_a_key_of(report.account_id):
        return None
    named = replace(report, outcomes=tuple(filter(keep, report.outcomes)))
    return named if report.needs_digest and named.needs_digest else None
