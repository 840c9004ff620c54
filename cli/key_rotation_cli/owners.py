"""Who owns the keys of a deployment whose owners get mail, and whether they were reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_reads import read_user_tags
from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.domain.model import Now
from key_rotation.domain.owners.contacts import OwnerContacts
from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.domain.owners.notice_mail import NoticeMail, known_notice_mails
from key_rotation.domain.owners.owner import Owner, OwnerPolicy, find_owner
from key_rotation.domain.owners.sent_mail import SentMail
from key_rotation.domain.settings import Settings
from key_rotation.errors import KeyRotationError
from key_rotation.reporting.formatting import format_date
from key_rotation_cli.aws_errors import describe_cause
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOwner:
    """The owner of one key.

    reached: whether the owner got mail about the notice, in a few words
    """

    owner: Owner
    reached: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersNow:
    """What a deployment knows of owners at this moment."""

    contacts: OwnerContacts
    mails: OwnerMails
    account_id: str
    now: Now

    def read(self, iam: "IAMClient", keys: Mapping[str, str]) -> Mapping[str, KnownOwner]:
        """Return the owners of keys, by access key id.

        keys: the name of the user of each key, by access key id
        """
        policy = self.contacts.policy
        if policy is None:
            return {}
        names = sorted(set(keys.values()))
        read = in_parallel(lambda name: read_user_tags(iam, name), names)
        tags = dict(zip(names, read, strict=True))
        return {
            key_id: KnownOwner(
                owner=find_owner(name, tags[name], policy, self.now.today),
                reached=reached_text(self.contacts.notice_mails.get(key_id), self.now),
            )
            for key_id, name in keys.items()
        }

    def mails_about(self, access_key_id: str) -> tuple[SentMail, ...]:
        """Return the mails about a key that SES accepted, the oldest first; raises CliError."""
        try:
            found = self.mails.read_sent(self.account_id, access_key_id)
        except KeyRotationError as cause:
            raise CliError(f"The mails cannot be read. {describe_cause(cause)}") from cause
        return tuple(sorted(found, key=lambda sent: sent.accepted_at))

    def pending_about(self, access_key_id: str) -> tuple[OwnerMail, ...]:
        """Return the mails about a key that SES has not accepted; raises CliError."""
        try:
            found = self.mails.read_pending().mails
        except KeyRotationError as cause:
            raise CliError(f"The mails cannot be read. {describe_cause(cause)}") from cause
        key = (self.account_id, access_key_id)
        return tuple(mail for mail in found if (mail.account_id, mail.access_key_id) == key)


def read_owners(deployment: Deployment, settings: Settings) -> OwnersNow | None:
    """Read what is known of owners; None if they get no mail. Raises CliError."""
    if not deployment.mails_owners:
        return None
    policy = configured_policy(deployment, settings.owner_tags)
    return OwnersNow(
        contacts=read_contacts(deployment, policy),
        mails=owner_mails(deployment),
        account_id=deployment.account_id,
        now=deployment.now,
    )


def configured_policy(deployment: Deployment, owner_tags: Sequence[str]) -> OwnerPolicy:
    """Return who may get mail, by the environment of the function; raises CliError.

    It reads nothing of the ledger: no address counts as unreachable.
    """
    variables = deployment.variables
    return OwnerPolicy(
        domains=tuple(variables.get("OWNER_DOMAINS", "").split()),
        fallback=tuple(variables.get("OWNER_FALLBACK", "").split()),
        owner_tags=tuple(owner_tags),
    )


def read_contacts(deployment: Deployment, policy: OwnerPolicy) -> OwnerContacts:
    """Read which addresses accept no mail, and the mails about notices; raises CliError."""
    mails = owner_mails(deployment)
    try:
        unreachable = mails.read_unreachable().by_address
        stored = mails.read_notice_mails(deployment.account_id)
    except KeyRotationError as cause:
        raise CliError(f"The owners cannot be read. {describe_cause(cause)}") from cause
    policy = replace(policy, unreachable=unreachable)
    known = known_notice_mails(stored, unreachable, deployment.now.today)
    return OwnerContacts(policy=policy, notice_mails=known)


def owner_mails(deployment: Deployment) -> OwnerMails:
    """Return the mails to owners, as the account of a deployment has them."""
    return OwnerMails(deployment.table, lambda _: deployment.partitions)


def reached_text(mail: NoticeMail | None, now: Now) -> str:
    """Say whether the owner of a key got mail about its notice."""
    if mail is None:
        return "no mail yet"
    if mail.accepted_at:
        to = f" to {', '.join(mail.owner.addresses)}" if mail.owner else ""
        return f"mail{to} accepted on {format_date(now.day(mail.accepted_at))}"
    if mail.lost_on:
        return f"nobody reached, known on {format_date(mail.lost_on)}"
    return "mail not accepted yet"


def owner_document(owner: Owner) -> dict[str, object]:
    """Return what programs read of an owner."""
    return {
        "addresses": list(owner.addresses),
        "source": str(owner.source),
        "tag": owner.tag,
        "problem": owner.problem,
    }
