"""What a run knows of the owners of keys: read once, before it decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.domain.owners.contacts import NO_CONTACTS, OwnerContacts
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.owners.owner import OwnerPolicy, Unreachable
from key_rotation.reporting.report import Report
from key_rotation.service_layer.run_context import RunContext


class Owners(Protocol):
    """Who knows the owners of keys."""

    def begin(self, context: RunContext) -> OwnerContacts:
        """Return what is known at the beginning of a run; raises LedgerError."""

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
        return OwnerContacts(
            policy=self.policy(context, unreachable), notice_mails=self.notice_mails()
        )

    def policy(self, context: RunContext, unreachable: Mapping[str, Unreachable]) -> OwnerPolicy:
        """Return who may get mail, by the settings of a run."""
        return OwnerPolicy(
            domains=self.domains,
            fallback=self.fallback,
            owner_tags=context.settings.owner_tags,
            unreachable=unreachable,
        )

    def notice_mails(self) -> Mapping[str, NoticeMail]:
        """Return what is remembered with each notice of the account; raises LedgerError."""
        return self.mails.read_notice_mails(self.account_id)

    def before_digest(self, report: Report) -> Report:
        """Return the report as it is: others send the mails."""
        return report

    def finish(self, report: Report, context: RunContext) -> None:
        """Do nothing: others send the mails."""
