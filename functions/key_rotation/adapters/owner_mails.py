"""The adapter to the mails to owners in the ledger: pending, accepted, and what came of them.

A mail is pending from the write that records its notice until SES accepted it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from key_rotation.adapters import owner_mail_items as items
from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.adapters.codec import Item
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.domain.owners.contacts import MailProblem, MailStep
from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.owners.owner import Unreachable
from key_rotation.domain.owners.sent_mail import EventEffect, SentMail
from key_rotation.errors import LedgerError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

AT_ONCE = 50
"""Mails accepted in one transaction: two writes each, of a hundred (TransactWriteItems)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMails:
    """The mails that SES has not accepted.

    problems: why mails are not sent, or not followed
    """

    mails: tuple[OwnerMail, ...]
    problems: Mapping[MailStep, MailProblem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreachableAddresses:
    """The addresses that did not accept mail, and those that no digest has reported."""

    by_address: Mapping[str, Unreachable]
    unreported: tuple[Unreachable, ...]


class OwnerMails:
    """The mails of a deployment, as one run reads and writes them.

    partitions_of: returns the partitions of an account by its id
    """

    def __init__(self, table: "Table", partitions_of: Callable[[str], Partitions]) -> None:
        """Use a table."""
        self._table = table
        self._client = table.meta.client
        self._partitions_of = partitions_of

    def read_pending(self) -> PendingMails:
        """Read the mails that SES has not accepted; raises LedgerError."""
        found = list(self._items(items.PENDING))
        return PendingMails(
            mails=tuple(items.readable(filter(items.is_mail, found), OwnerMail)),
            problems=items.problems_of(item for item in found if not items.is_mail(item)),
        )

    def write_problems(self, problems: Mapping[MailStep, MailProblem]) -> None:
        """Record why mails are not sent, or not followed; raises LedgerError."""
        self._transact([self._put(items.problems_item(problems))])

    def accept(self, mails: Sequence[OwnerMail], message_id: str, at: datetime) -> None:
        """Record that SES accepted one message, about one key or several; raises LedgerError.

        The mails are deleted from the pending ones last, and not in the same transaction: the role
        may delete nothing else, and a condition on the keys of a whole transaction is not
        documented.
        """
        self._transact([self._put(items.message_item(message_id, mails))])
        waiting = list(mails)
        while waiting:
            batch, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            writes: list[Item] = []
            for mail in batch:
                sent = SentMail(mail=mail, message_id=message_id, accepted_at=at)
                writes += self._writes(sent, sent.notice_mail)
            self._transact(writes)
        self.drop(mails)

    def drop(self, mails: Iterable[OwnerMail]) -> None:
        """Delete pending mails that are not sent any more; raises LedgerError."""
        keys = [items.pending_key(mail) for mail in mails]
        try:
            in_parallel(lambda key: self._table.delete_item(Key=key), keys)
        except AWS_ERRORS as cause:
            text = f"The ledger did not delete a pending mail ({error_message(cause)})."
            raise LedgerError(text) from cause

    def sent_among(self, mails: Sequence[OwnerMail]) -> list[OwnerMail]:
        """Return those of some pending mails that SES accepted; raises LedgerError."""
        keys = [items.sent_key(mail, self._partitions_of(mail.account_id)) for mail in mails]
        found = in_parallel(self._get, keys)
        pairs = zip(mails, found, strict=True)
        return [mail for mail, item in pairs if item and item.get("message_id")]

    def read_sent(self, account_id: str, access_key_id: str) -> tuple[SentMail, ...]:
        """Read the mails about one key that SES accepted; raises LedgerError."""
        found = self._items(self._partitions_of(account_id).mails(access_key_id))
        return tuple(items.readable(found, SentMail))

    def read_message(self, message_id: str) -> tuple[SentMail, ...]:
        """Read the mails of one message of SES; none if it is no message of this deployment.

        Raises LedgerError.
        """
        message = self._get({"pk": items.MESSAGES, "sk": message_id})
        keys = [
            {"pk": self._partitions_of(account_id).mails(access_key_id), "sk": mail_id}
            for account_id, access_key_id, mail_id in (message["mails"] if message else ())
        ]
        return tuple(items.readable(filter(None, in_parallel(self._get, keys)), SentMail))

    def write_effect(self, effect: EventEffect, at: datetime) -> None:
        """Record all that an event changed; raises LedgerError."""
        writes = self._writes(effect.sent, effect.notice_mail)
        for found in effect.unreachable:
            reported = self._was_reported(found)
            writes.append(self._put(items.unreachable_item(found, at, reported=reported)))
        if effect.again:
            writes.append(self._put(items.pending_item(effect.again)))
        self._transact(writes)

    def read_notice_mails(self, account_id: str) -> Mapping[str, NoticeMail]:
        """Read what is remembered with the notices of an account, by access key id.

        Raises LedgerError.
        """
        found = self._items(self._partitions_of(account_id).notice_mails)
        return {str(i["sk"]): notice for i in found for notice in items.readable([i], NoticeMail)}

    def read_unreachable(self) -> UnreachableAddresses:
        """Read the addresses that did not accept mail; raises LedgerError."""
        found = list(self._items(items.UNREACHABLE))
        new = (item for item in found if not item.get("reported"))
        return UnreachableAddresses(
            by_address={each.address: each for each in items.readable(found, Unreachable)},
            unreported=tuple(items.readable(new, Unreachable)),
        )

    def mark_reported(self, unreachable: Iterable[Unreachable], at: datetime) -> None:
        """Record that a digest has reported addresses; raises LedgerError."""
        for found in unreachable:
            self._transact([self._put(items.unreachable_item(found, at, reported=True))])

    def _was_reported(self, found: Unreachable) -> bool:
        """Return whether a digest has reported an address, and nothing is new of it since."""
        stored = self._get({"pk": items.UNREACHABLE, "sk": found.address})
        known = stored is not None and stored.get("since") == found.since.isoformat()
        return bool(known and stored and stored.get("reported"))

    def _writes(self, sent: SentMail, notice: NoticeMail | None) -> list[Item]:
        """Return what records a mail; one about an earlier notice says nothing of the last one."""
        partitions = self._partitions_of(sent.mail.account_id)
        written = [items.sent_item(sent, partitions)]
        if notice:
            item = items.notice_item(sent.mail, notice, partitions)
            stored = self._get({"pk": item["pk"], "sk": item["sk"]})
            if stored is None or stored.get("thread_id") == notice.thread_id:
                written.append(item)
        return [self._put(each) for each in written]

    def _get(self, key: Item) -> Item | None:
        try:
            return self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({error_message(cause)}).") from cause

    def _put(self, item: Item) -> Item:
        return {"Put": {"TableName": self._table.name, "Item": item}}

    def _transact(self, writes: list[Item]) -> None:
        transaction: Any = writes
        try:
            self._client.transact_write_items(TransactItems=transaction)
        except AWS_ERRORS as cause:
            text = f"The ledger did not accept what came of a mail ({error_message(cause)})."
            raise LedgerError(text) from cause

    def _items(self, partition: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": partition},
            ConsistentRead=True,
        )
        try:
            for page in pages:
                yield from page["Items"]
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({error_message(cause)}).") from cause
