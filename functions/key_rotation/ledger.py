"""The adapter to the DynamoDB table: conditional writes, and a history that only grows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import cattrs
from botocore.exceptions import ClientError

from key_rotation import records
from key_rotation.aws import AWS_ERRORS, why
from key_rotation.errors import LedgerConflictError, LedgerError, UnreadableError
from key_rotation.model import Failure
from key_rotation.records import Item
from key_rotation.run_state import RunState
from key_rotation.watch import Event, Memory, Watch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

STATE = {"pk": "RUN", "sk": "STATE"}
CONFLICTS = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})


class Ledger:
    """What is remembered between runs, as one run reads and writes it."""

    def __init__(self, table: "Table", run_id: str) -> None:
        """Hand in the table, and the run in whose name is written."""
        self._table = table
        self._client = table.meta.client
        self._run_id = run_id

    def memory(self) -> Memory:
        """Read all watches; raises LedgerError when the table does not answer."""
        watches: dict[str, Watch] = {}
        failures: list[Failure] = []
        try:
            for item in self._items():
                try:
                    watches[item["sk"]] = records.decode_watch(item)
                except UnreadableError as error:
                    failures.append(_unreadable(item, str(error)))
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({why(cause)}).") from cause
        return Memory(watches=watches, unreadable=tuple(failures))

    def put(self, watch: Watch, events: Sequence[Event] = ()) -> Watch:
        """Write a watch over the version it was made from, and its events into the history.

        Returns the watch as it stands. Where the answer was lost, the item is read back. Raises
        LedgerConflictError when somebody else wrote meanwhile, and LedgerError when it is not
        known to be written.
        """
        new = replace(watch, version=watch.version + 1)
        item = {**records.encode_watch(new), "written_by": self._run_id}
        put = {"TableName": self._table.name, "Item": item, **_unchanged(watch)}
        history = [
            {"TableName": self._table.name, "Item": records.encode_event(new, event)}
            for event in events
        ]
        try:
            self._client.transact_write_items(
                TransactItems=[{"Put": write} for write in (put, *history)]  # type: ignore[typeddict-item]  # one shape for all
            )
        except AWS_ERRORS as cause:
            if self._read(records.watch_key(watch.access_key_id)) != item:
                raise _refused(cause, watch) from cause
        return new

    def forget(self, watch: Watch) -> None:
        """Remove a watch that has ended; its history stays. Raises as `put` does."""
        key = records.watch_key(watch.access_key_id)
        try:
            self._table.delete_item(Key=key, **_unchanged(watch))
        except AWS_ERRORS as cause:
            if self._read(key) is not None:
                raise _refused(cause, watch) from cause

    def state(self) -> RunState:
        """Read what the last run left for the next; raises LedgerError."""
        item = self._read(STATE)
        if item is None:
            return RunState()
        try:
            return records.decode_state(item)
        except cattrs.BaseValidationError as cause:
            faults = "; ".join(cattrs.transform_error(cause))
            raise LedgerError(f"The ledger's item {STATE} cannot be read: {faults}.") from cause

    def save(self, state: RunState) -> None:
        """Write what the next run needs to know; raises LedgerError."""
        try:
            self._table.put_item(Item={**STATE, **records.encode_state(state)})
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger did not take the run's state ({why(cause)}).") from cause

    def _items(self) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": records.WATCHES},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def _read(self, key: Item) -> Item | None:
        try:
            return self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({why(cause)}).") from cause


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
    return kind(f"The ledger did not take the record of {watch.access_key_id} ({why(cause)}).")


def _unreadable(item: Item, text: str) -> Failure:
    user = item.get("user")
    name = user.get("name") if isinstance(user, dict) else None
    return Failure(user_name=str(name or "unknown"), access_key_id=str(item["sk"]), text=text)
