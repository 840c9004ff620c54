"""The adapter to the DynamoDB table: conditional writes, and a history that only grows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from key_rotation.adapters import ledger_items
from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.adapters.codec import Item, MalformedError
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.domain.model import Failure
from key_rotation.domain.run_state import RunState
from key_rotation.domain.watch import Event, Watch, Watches
from key_rotation.errors import LedgerConflictError, LedgerError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

STATE = {"pk": "RUN", "sk": "STATE"}
CONFLICTS = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})


BATCH = 100
"""Writes in one transaction (DynamoDB API Reference, TransactWriteItems)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A watch to be written, made from its version; and the events that it goes with."""

    watch: Watch
    events: tuple[Event, ...] = ()

    @property
    def written(self) -> Watch:
        """The watch as it stands once written."""
        return replace(self.watch, version=self.watch.version + 1)


class Ledger:
    """What is remembered between runs, as one run reads and writes it."""

    def __init__(self, table: "Table", run_id: str) -> None:
        """Hand in the table, and the run in whose name is written."""
        self._table = table
        self._client = table.meta.client
        self._run_id = run_id

    def read_watches(self) -> Watches:
        """Read all watches; raises LedgerError when the table does not answer."""
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

    def write_watches(self, changes: Sequence[Change]) -> list[Watch | LedgerError]:
        """Write watches over the versions they were made from, and their events into the history.

        As many as fit go into one call, which is all or nothing; where it fails, each goes by
        itself, so that one conflict does not stop the others. Returns for each change the watch as
        it stands, or why it is not known to be written.
        """
        results: list[Watch | LedgerError] = []
        for batch in _batches(changes):
            writes = [self._writes(change) for change in batch]
            try:
                self._transact([put for puts in writes for put in puts])
                results += [change.written for change in batch]
            except AWS_ERRORS:
                results += [self._put(change) for change in batch]
        return results

    def put(self, watch: Watch, events: Sequence[Event] = ()) -> Watch:
        """Write one watch, as `write_watches` does; raises its LedgerError."""
        (result,) = self.write_watches([Change(watch=watch, events=tuple(events))])
        if isinstance(result, LedgerError):
            raise result
        return result

    def _put(self, change: Change) -> Watch | LedgerError:
        """Write one change; where it is refused or its answer is lost, the item is read back."""
        puts = self._writes(change)
        try:
            self._transact(puts)
        except AWS_ERRORS as cause:
            try:
                found = self._read(ledger_items.watch_key(change.watch.access_key_id))
            except LedgerError as error:
                return error
            if found != puts[0]["Item"]:
                return _refused(cause, change.watch)
        return change.written

    def _writes(self, change: Change) -> list[Item]:
        written = change.written
        item = {**ledger_items.encode_watch(written), "written_by": self._run_id}
        history = [ledger_items.encode_event(written, event) for event in change.events]
        return [
            {"TableName": self._table.name, "Item": item, **_unchanged(change.watch)},
            *({"TableName": self._table.name, "Item": event} for event in history),
        ]

    def _transact(self, puts: Sequence[Item]) -> None:
        items: Any = [{"Put": put} for put in puts]
        self._client.transact_write_items(TransactItems=items)

    def delete_watches(self, watches: Sequence[Watch]) -> list[LedgerError | None]:
        """Remove watches that have ended; their history stays.

        Returns for each None, or why it is not known to be removed.
        """
        return in_parallel(self._forget, watches)

    def _forget(self, watch: Watch) -> LedgerError | None:
        key = ledger_items.watch_key(watch.access_key_id)
        try:
            self._table.delete_item(Key=key, **_unchanged(watch))
        except AWS_ERRORS as cause:
            try:
                return None if self._read(key) is None else _refused(cause, watch)
            except LedgerError as error:
                return error
        return None

    def read_run_state(self) -> RunState:
        """Read what the last run left for the next; raises LedgerError."""
        item = self._read(STATE)
        if item is None:
            return RunState()
        try:
            return ledger_items.decode_state(item)
        except MalformedError as cause:
            raise LedgerError(f"The ledger's item {STATE} cannot be read: {cause}.") from cause

    def write_run_state(self, state: RunState) -> None:
        """Write what the next run needs to know; raises LedgerError."""
        try:
            self._table.put_item(Item={**STATE, **ledger_items.encode_state(state)})
        except AWS_ERRORS as cause:
            raise LedgerError(
                f"The ledger did not take the run's state ({error_message(cause)})."
            ) from cause

    def _items(self) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": ledger_items.WATCHES},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def _read(self, key: Item) -> Item | None:
        try:
            return self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({error_message(cause)}).") from cause


def _batches(changes: Sequence[Change]) -> Iterator[list[Change]]:
    batch: list[Change] = []
    writes = 0
    for change in changes:
        size = 1 + len(change.events)
        if writes + size > BATCH:
            yield batch
            batch, writes = [], 0
        batch.append(change)
        writes += size
    if batch:
        yield batch


def _unchanged(watch: Watch) -> Item:
    """The condition that a watch is still the version that was read."""
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
        f"The ledger did not take the record of {watch.access_key_id} ({error_message(cause)})."
    )


def _unreadable(item: Item, text: str) -> Failure:
    user = item.get("user")
    name = user.get("name") if isinstance(user, dict) else None
    return Failure(user_name=str(name or "unknown"), access_key_id=str(item["sk"]), text=text)
