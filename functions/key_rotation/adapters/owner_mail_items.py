"""How mails to owners, and what came of them, are stored as DynamoDB items."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from key_rotation.adapters import codec
from key_rotation.adapters.codec import Item, MalformedError
from key_rotation.adapters.ledger_items import FRAME, Partitions
from key_rotation.domain.owners.contacts import MailProblem, MailStep
from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.owners.owner import Unreachable
from key_rotation.domain.owners.sent_mail import SentMail

T = TypeVar("T")

PENDING = "PENDING_MAIL"
"""Partition of the mails that SES has not accepted, of all accounts: one place sends them."""
UNREACHABLE = "UNREACHABLE_ADDRESS"
"""Partition of the addresses that did not accept mail."""
MESSAGES = "MAIL_MESSAGE"
"""Partition of the messages that SES accepted: an event of SES names nothing else."""
PROBLEMS = "#PROBLEMS"
"""Sort key of why mails are not sent, among those that are pending; no mail id begins so."""
SCHEMA = 1
KEPT = timedelta(days=500)
"""After this, DynamoDB deletes what came of a mail: longer than the longest notice and window."""
_FRAME = FRAME | {"expires_at", "reported"}


def pending_items(mail: OwnerMail, partitions: Partitions) -> list[Item]:
    """Return the items that make a mail pending, to be written together with its notice."""
    items = [pending_item(mail)]
    if mail.kind is MailKind.NOTICE:
        notice = NoticeMail(
            thread_id=mail.thread_id, subject_day=mail.subject_day, lost_on=mail.lost_on
        )
        items.append(notice_item(mail, notice, partitions))
    return items


def pending_key(mail: OwnerMail) -> Item:
    """Return the primary key of a mail that SES has not accepted."""
    return {"pk": PENDING, "sk": mail.mail_id}


def pending_item(mail: OwnerMail) -> Item:
    """Return a mail that SES has not accepted; it stays until it is sent or dropped."""
    return {**pending_key(mail), "schema": SCHEMA, **codec.write(mail)}


def notice_item(mail: OwnerMail, notice: NoticeMail, partitions: Partitions) -> Item:
    """Return what is remembered with the notice of a key."""
    place = {"pk": partitions.notice_mails, "sk": mail.access_key_id}
    return {**place, **_expiring(notice, mail.at)}


def sent_key(mail: OwnerMail, partitions: Partitions) -> Item:
    """Return the primary key of a mail that SES accepted."""
    return {"pk": partitions.mails(mail.access_key_id), "sk": mail.mail_id}


def sent_item(sent: SentMail, partitions: Partitions) -> Item:
    """Return a mail that SES accepted."""
    return {**sent_key(sent.mail, partitions), **_expiring(sent, sent.mail.at)}


def message_item(message_id: str, mails: Sequence[OwnerMail]) -> Item:
    """Return which mails became one message of SES: several only for an owner of many keys."""
    names = [[mail.account_id, mail.access_key_id, mail.mail_id] for mail in mails]
    expires_at = int((mails[0].at + KEPT).timestamp())
    return {"pk": MESSAGES, "sk": message_id, "mails": names, "expires_at": expires_at}


def unreachable_item(found: Unreachable, at: datetime, *, reported: bool) -> Item:
    """Return an address that did not accept mail."""
    place = {"pk": UNREACHABLE, "sk": found.address}
    return {**place, **_expiring(found, at), "reported": reported}


def is_mail(item: Mapping[str, Any]) -> bool:
    """Return whether an item of the partition of pending mails is a mail."""
    return bool(item["sk"] != PROBLEMS)


def problems_item(problems: Mapping[MailStep, MailProblem]) -> Item:
    """Return why mails are not sent, or not followed."""
    found = {str(step): codec.write(problem) for step, problem in problems.items()}
    return {"pk": PENDING, "sk": PROBLEMS, "problems": found}


def problems_of(found: Iterable[Mapping[str, Any]]) -> Mapping[MailStep, MailProblem]:
    """Read why mails are not sent, or not followed; what cannot be read is written anew."""
    try:
        return {
            MailStep(step): codec.read(problem, MailProblem)
            for item in found
            for step, problem in item["problems"].items()
        }
    except (MalformedError, KeyError, ValueError, AttributeError):
        return {}


def readable(items: Iterable[Mapping[str, Any]], kind: type[T]) -> Iterator[T]:
    """Read items; one that cannot be read is left out, and stays where it is."""
    for item in items:
        fields = {name: value for name, value in item.items() if name not in _FRAME}
        try:
            yield codec.read(fields, kind)
        except MalformedError:
            continue


def _expiring(value: object, at: datetime) -> Item:
    expires_at = int((at + KEPT).timestamp())
    return {"schema": SCHEMA, "expires_at": expires_at, **codec.write(value)}
