"""How mail to owners is configured in the environment of the function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from zoneinfo import ZoneInfo

from key_rotation.adapters.clients import MailClients, build_mail_clients
from key_rotation.adapters.mail_events import MailEvents
from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.adapters.ses import MailSender
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation.reporting.owner_mail.terms import MailTerms
from key_rotation.service_layer.mail_delivery import MailDelivery
from key_rotation.service_layer.mail_events import MailEventRecorder
from key_rotation.service_layer.owner_mailer import OwnerMailer
from key_rotation.service_layer.owners import KnownOwners, MailingOwners

OWNER_MAIL_ENVIRONMENT = (
    "CONFIGURATION_SET",
    "CONTACT",
    "MAIL_EVENTS_QUEUE_URL",
    "OWNER_DOMAINS",
    "OWNER_FALLBACK",
    "OWNER_MAIL_FROM",
    "OWNER_REPLY_TO",
    "PARTITION",
    "TIMEZONE",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerMailEnvironment:
    """How mail to owners is configured.

    domains: in which addresses may be
    fallback: the addresses for keys without an owner
    """

    domains: tuple[str, ...]
    fallback: tuple[str, ...]
    terms: MailTerms
    configuration_set: str
    queue_url: str
    clients: MailClients

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self | None:
        """Read the variables; None if owners get no mail. Raises KeyError for a missing one."""
        if "OWNER_MAIL_FROM" not in environment:
            return None
        return cls(
            domains=tuple(environment["OWNER_DOMAINS"].split()),
            fallback=tuple(environment.get("OWNER_FALLBACK", "").split()),
            terms=MailTerms(
                sender=environment["OWNER_MAIL_FROM"],
                contact=environment.get("CONTACT", ""),
                reply_to=environment.get("OWNER_REPLY_TO", ""),
                partition=environment.get("PARTITION", "aws"),
                zone=ZoneInfo(environment["TIMEZONE"]),
            ),
            configuration_set=environment["CONFIGURATION_SET"],
            queue_url=environment["MAIL_EVENTS_QUEUE_URL"],
            clients=build_mail_clients(),
        )

    def owners(self, mails: OwnerMails, account_id: str) -> MailingOwners:
        """Return what mails the owners of keys of the account of the deployment."""
        known = self.known(mails, account_id)
        return MailingOwners(known=known, mailer=self.mailer(mails))

    def known(self, mails: OwnerMails, account_id: str) -> KnownOwners:
        """Return what reads who may get mail about the keys of an account."""
        return KnownOwners(
            mails=mails, domains=self.domains, fallback=self.fallback, account_id=account_id
        )

    def mailer(self, mails: OwnerMails) -> OwnerMailer:
        """Return what sends mails and reads what came of them."""
        fallback = OwnerPolicy(domains=self.domains, fallback=self.fallback, owner_tags=())
        sender = MailSender(
            ses=self.clients.ses,
            sender=self.terms.sender,
            reply_to=self.terms.reply_to,
            configuration_set=self.configuration_set,
        )
        events = MailEvents(sqs=self.clients.sqs, queue_url=self.queue_url)
        return OwnerMailer(
            mails=mails,
            delivery=MailDelivery(mails=mails, sender=sender, terms=self.terms, fallback=fallback),
            recorder=MailEventRecorder(events=events, mails=mails),
            fallback=fallback,
        )
