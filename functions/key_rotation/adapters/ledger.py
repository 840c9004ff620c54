"""The adapter to the DynamoDB table: conditional writes, and a history that only grows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from key_rotation.adapters import ledger_items
from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.adapters.codec import Item, MalformedError
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.ledger_items import OWN_ACCOUNT, Partitions
from key_rotation.adapters.owner_mail_items import pending_item, pending_items
from key_rotation.domain.model import Failure
from key_rotation.domain.run_state import RunState
from key_rotation.domain.watch import Watch, WatchChange, Watches
from key_rotation.errors import LedgerConflictError, LedgerError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

CONFLICTS = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})
MAX_WRITES = 100
"""Writes in one transaction (DynamoDB API Reference, TransactWriteItems)."""


class Ledger:
    """What is stored between the runs of one account, as one run reads and writes it."""

    def __init__(self, table: "Table", run_id: str, partitions: Partitions = OWN_ACCOUNT) -> None:
        """Use a table, in the name of a run, and the partitions of one account."""
        self._table = table
        self._client = table.meta.client
        self._run_id = run_id
        self._partitions = partitions

    def read_watches(self) -> Watches:
        """Read all watches of the account; raises LedgerError if the table cannot be read."""
        by_key_id: dict[str, Watch] = {}
        failures: list[Failure] = []
        try:
            for item in self._items():
                try:
                    by_key_id[item["sk"]] = ledger_items.decode_watch(item)
                except UnreadableError as error:
                    failures.append(_unreadable(item, str(error)))
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({error_message(cause)}).") from cause
        return Watches(by_key_id=by_key_id, unreadable=tuple(failures))

    def read_creation(self) -> str:
        """Return when the table was created; raises LedgerError.

        A table that is restored from a backup is a new one, with its own creation time (DynamoDB
        Developer Guide, "Point-in-time recovery").
        """
        try:
            found = self._client.describe_table(TableName=self._table.name)
            return found["Table"]["CreationDateTime"].isoformat()
        except (*AWS_ERRORS, KeyError) as cause:
            raise LedgerError(f"The ledger cannot be read ({error_message(cause)}).") from cause

    def write_watches(self, changes: Iterable[WatchChange]) -> Mapping[str, Watch | LedgerError]:
        """Write watches over the versions they were made from, their events and their mails.

        As many as fit are written in one transaction. If a transaction fails, its changes are
        written one by one, so that one conflict does not stop the others. Returns for each access
        key id the watch as written, or why it is not known to be written.
        """
        results: dict[str, Watch | LedgerError] = {}
        for batch in _batches(changes):
            writes = [self._writes(change) for change in batch]
            try:
                self._transact([put for puts in writes for put in puts])
                results |= {change.watch.access_key_id: change.written for change in batch}
            except AWS_ERRORS:
                results |= {change.watch.access_key_id: self._put(change) for change in batch}
        return results

    def _put(self, change: WatchChange) -> Watch | LedgerError:
        """Write one change; if it is refused or its answer is lost, read the item back."""
        puts = self._writes(change)
        try:
            self._transact(puts)
        except AWS_ERRORS as cause:
            try:
                found = self._read(self._watch_key(change.watch))
            except LedgerError as error:
                return error
            if found != puts[0]["Item"]:
                return _refused(cause, change.watch)
        return change.written

    def _writes(self, change: WatchChange) -> list[Item]:
        written, table = change.written, self._table.name
        item = {
            **ledger_items.encode_watch(written, self._partitions),
            "written_by": self._run_id,
        }
        history = [
            ledger_items.encode_event(written, event, self._partitions) for event in change.events
        ]
        mails = [each for mail in change.mails for each in pending_items(mail, self._partitions)]
        return [
            {"TableName": table, "Item": item, **_unchanged(change.watch)},
            *({"TableName": table, "Item": each} for each in (*history, *mails)),
        ]

    def _transact(self, puts: Sequence[Item]) -> None:
        items: Any = [{"Put": put} for put in puts]
        self._client.transact_write_items(TransactItems=items)

    def delete_watches(self, changes: Sequence[WatchChange]) -> Mapping[str, LedgerError]:
        """Delete watches that have ended; their history stays, and their mails become pending.

        Returns by access key id why a watch is not known to be deleted.
        """
        results = in_parallel(self._delete, changes)
        return {
            change.watch.access_key_id: error
            for change, error in zip(changes, results, strict=True)
            if error
        }

    def _delete(self, change: WatchChange) -> LedgerError | None:
        """Delete one watch; its mails come first, and are the same if it is tried again."""
        watch = change.watch
        key = self._watch_key(watch)
        try:
            for mail in change.mails:
                self._table.put_item(Item=pending_item(mail))
            self._table.delete_item(Key=key, **_unchanged(watch))
        except AWS_ERRORS as cause:
            try:
                return None if self._read(key) is None else _refused(cause, watch)
            except LedgerError as error:
                return error
        return None

    def read_run_state(self) -> RunState:
        """Read what the last run left for this one; raises LedgerError."""
        key = ledger_items.state_key(self._partitions)
        item = self._read(key)
        if item is None:
            return RunState()
        try:
            return ledger_items.decode_state(item)
        except MalformedError as cause:
            raise ledger_items.unreadable_item(self._table.name, key, cause) from cause

    def write_run_state(self, state: RunState) -> None:
        """Write what the next run needs to know; raises LedgerError."""
        try:
            self._table.put_item(Item=ledger_items.encode_state(state, self._partitions))
        except AWS_ERRORS as cause:
            why = error_message(cause)
            raise LedgerError(f"The ledger did not accept the run's state ({why}).") from cause

    def _watch_key(self, watch: Watch) -> Item:
        return ledger_items.watch_key(watch.access_key_id, self._partitions)

    def _items(self) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": self._partitions.watches},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def _read(self, key: Item) -> Item | None:
        try:
            return self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({error_message(cause)}).") from cause


def _batches(changes: Iterable[WatchChange]) -> Iterator[list[WatchChange]]:
    batch: list[WatchChange] = []
    writes = 0
    for change in changes:
        size = 1 + len(change.events) + 2 * len(change.mails)
        if writes + size > MAX_WRITES:
            yield batch
            batch, writes = [], 0
        batch.append(change)
        writes += size
    if batch:
        yield batch


def _unchanged(watch: Watch) -> Item:
    """Return the condition that a watch still has the version that was read."""
    if watch.version == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": watch.version},
    }


def _refused(cause: Exception, watch: Watch) -> LedgerError:
    conflict = isinstance(cause, ClientError) and cause.response["Error"]["Code"] in CONFLICTS
    kind = LedgerConflictError if conflict else LedgerError
    return kind(
        f"The ledger did not accept the change of {watch.access_key_id} ({error_message(cause)})."
    )


def _unreadable(item: Item, text: str) -> Failure:
    user = item.get("user")
    name = user.get("name") if isinstance(user, dict) else None
    return Failure(user_name=str(name or "unknown"), access_key_id=str(item["sk"]), text=text)
