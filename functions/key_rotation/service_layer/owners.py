"""What a run knows of the owners of keys: read once, before it decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from aws_lambda_powertools import Logger

from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.domain.model import Mode
from key_rotation.domain.owners.contacts import (
    NO_CONTACTS,
    MailStep,
    OwnerContacts,
    OwnerNews,
)
from key_rotation.domain.owners.notice_mail import known_notice_mails
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation.errors import LedgerError
from key_rotation.reporting.owner_mails import planned_mails, without_announcement
from key_rotation.reporting.report import Report
from key_rotation.service_layer.mail_delivery import DeliveryTurn
from key_rotation.service_layer.owner_mailer import AccountKey, OwnerMailer
from key_rotation.service_layer.run_context import RunContext

log = Logger(child=True)


class Owners(Protocol):
    """Who knows the owners of keys."""

    def begin(self, context: RunContext) -> OwnerContacts:
        """Return what is known at the beginning of a run; raises LedgerError."""

    def drop_overtaken(self, report: Report) -> Report:
        """Drop the mails that announce a day which is not true any more; returns what is left."""

    def before_digest(self, report: Report) -> Report:
        """Return the report with what the digest says of mails that are not sent yet."""

    def finish(self, report: Report, context: RunContext) -> None:
        """Send what a digest that was delivered has announced; raises LedgerError."""


@dataclass(frozen=True, slots=True)
class NoOwners:
    """Owners get no mail."""

    def begin(self, context: RunContext) -> OwnerContacts:
        """Return nothing."""
        del context
        return NO_CONTACTS

    def drop_overtaken(self, report: Report) -> Report:
        """Return the report as it is."""
        return report

    def before_digest(self, report: Report) -> Report:
        """Return the report as it is."""
        return report

    def finish(self, report: Report, context: RunContext) -> None:
        """Do nothing."""


NO_OWNERS = NoOwners()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOwners:
    """Reads who may get mail, and what came of the mails before.

    domains: in which addresses may be
    fallback: the addresses for keys without an owner
    account_id: whose keys they are
    """

    mails: OwnerMails
    domains: tuple[str, ...]
    fallback: tuple[str, ...]
    account_id: str

    def begin(self, context: RunContext) -> OwnerContacts:
        """Return who may get mail, and what is remembered with each notice; raises LedgerError."""
        unreachable = self.mails.read_unreachable().by_address
        stored, today = self.mails.read_notice_mails(self.account_id), context.now.today
        return OwnerContacts(
            policy=replace(self.policy(context), unreachable=unreachable),
            notice_mails=known_notice_mails(stored, unreachable, today),
        )

    def policy(self, context: RunContext) -> OwnerPolicy:
        """Return who may get mail, by the settings of a run, without what came of mails."""
        return OwnerPolicy(
            domains=self.domains,
            fallback=self.fallback,
            owner_tags=context.settings.owner_tags,
        )

    def drop_overtaken(self, report: Report) -> Report:
        """Return the report as it is: others drop mails."""
        return report

    def before_digest(self, report: Report) -> Report:
        """Return the report as it is: others send the mails."""
        return report

    def finish(self, report: Report, context: RunContext) -> None:
        """Do nothing: others send the mails."""


def known_owners(
    environment: Mapping[str, str], mails: OwnerMails, account_id: str
) -> KnownOwners | NoOwners:
    """Return what knows the owners of keys of an account whose mails others send.

    environment: the variables of the function that are set
    """
    if "OWNER_MAIL_FROM" not in environment:
        return NO_OWNERS
    return KnownOwners(
        mails=mails,
        domains=tuple(environment["OWNER_DOMAINS"].split()),
        fallback=tuple(environment.get("OWNER_FALLBACK", "").split()),
        account_id=account_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingOwners:
    """Mails the owners of keys in the account of the deployment."""

    known: KnownOwners
    mailer: OwnerMailer

    def begin(self, context: RunContext) -> OwnerContacts:
        """Record what came of earlier mails, send those that wait, and return what is known.

        Raises LeaseLostError, and LedgerError if a key waits until its owner got mail: otherwise no
        rule depends on mails, and the digest says that they are not sent.
        """
        budget = context.budget
        turn = _turn(context, lambda: budget.allows_earlier_mails)
        try:
            news = self.mailer.begin(turn, sends=_sends(context))
            return replace(self.known.begin(context), news=news)
        except LedgerError as error:
            if context.settings.requires_owner:
                raise
            log.exception("owner_mail_failed")
            news = OwnerNews().with_problem(MailStep.SEND, str(error))
            return OwnerContacts(policy=self.known.policy(context), news=news)

    def drop_overtaken(self, report: Report) -> Report:
        """Drop the mails of earlier runs that announce a day which is not true any more.

        This comes before the run is saved: the next run does not know these keys any more. If the
        ledger refuses it, the digest says so, and `finish` tries again before it sends anything.
        """
        news = report.contacts.news
        try:
            news = self.mailer.drop_overtaken(news, _over(report))
        except LedgerError as error:
            log.exception("owner_mail_failed")
            news = news.with_problem(MailStep.SEND, str(error))
        return replace(report, contacts=replace(report.contacts, news=news))

    def before_digest(self, report: Report) -> Report:
        """Return the report with how many mails of this run wait for a later one, and why."""
        news = self.mailer.before_digest(report.contacts.news, planned_mails(report))
        return replace(report, contacts=replace(report.contacts, news=news))

    def finish(self, report: Report, context: RunContext) -> None:
        """Record what the digest said of owners, and send what is pending.

        The run is saved by then, so that a ledger that fails leaves mails pending, and no more.
        Raises LeaseLostError.
        """
        try:
            self._finish(report, context)
        except LedgerError:
            log.exception("owner_mail_failed")

    def _finish(self, report: Report, context: RunContext) -> None:
        turn = _turn(context, lambda: context.budget.allows_details)
        news = report.contacts.news
        if report.delivered:
            news = self.mailer.after_digest(news, turn)
        self.mailer.finish(news, _over(report), turn, sends=_sends(context))


def _sends(context: RunContext) -> bool:
    """Return whether a run may send mail: one in report mode sends none."""
    return context.mode is Mode.ENFORCE


def _over(report: Report) -> set[AccountKey]:
    """Return the keys of which no announced day is true any more."""
    return {(report.account_id, key) for key in without_announcement(report.outcomes)}


def _turn(context: RunContext, may_go_on: Callable[[], bool]) -> DeliveryTurn:
    return DeliveryTurn(
        now=context.now,
        clock=context.execution.clock,
        may_go_on=may_go_on,
        check=context.lease.check,
    )
