"""The adapter to the rows that the steps of an organization's run leave to its digest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from key_rotation.adapters import codec
from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.adapters.codec import Item
from key_rotation.adapters.compressed import pack, unpack
from key_rotation.errors import LedgerError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RECORDS_A_ROW = 200
"""Compressed, they take a tenth of the 400 KB that an item of DynamoDB has."""
KEPT = timedelta(days=14)
"""After this, DynamoDB deletes the rows: no digest will need them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPart:
    """What one part of the work on an account left.

    kind: of the head, such as the name of its class
    """

    kind: str
    head: Item
    records: tuple[Item, ...]


class RunRows:
    """The rows of one run: for each account and part a head, and chunks of records.

    The head is written last, and names the attempt whose chunks count. So what a dead attempt
    left, or a later one began, never mixes with it.
    """

    def __init__(self, table: "Table", run_id: str) -> None:
        """Use a table, and the rows of one run."""
        self._table = table
        self._partition = f"RUN#{run_id}"

    def write(
        self, place: "RowPlace", head: object, records: Sequence[object] = (), *, now: datetime
    ) -> None:
        """Write a part in place of what an earlier attempt left; raises LedgerError.

        head, records: values that the codec can write
        """
        chunks = [
            records[start : start + RECORDS_A_ROW]
            for start in range(0, len(records), RECORDS_A_ROW)
        ]
        frame = {"attempt": place.attempt, "expires_at": int((now + KEPT).timestamp())}
        try:
            for number, chunk in enumerate(chunks, start=1):
                packed = pack([codec.write(record) for record in chunk])
                self._put(place, number, {**frame, "records": packed})
            kind = type(head).__name__
            packed = pack(codec.write(head))
            self._put(place, 0, {**frame, "kind": kind, "head": packed, "chunks": len(chunks)})
        except AWS_ERRORS as cause:
            why = error_message(cause)
            text = f"The ledger did not accept what is to be reported of {place.account_id} ({why})"
            raise LedgerError(f"{text}.") from cause

    def _put(self, place: "RowPlace", chunk: int, fields: Item) -> None:
        key = {"pk": self._partition, "sk": f"{place.account_id}#{place.part:03}#{chunk:04}"}
        self._table.put_item(Item={**key, **fields})

    def read(self) -> Iterator[tuple[str, tuple[RowPart, ...]]]:
        """Read the complete parts of each account, in order; raises LedgerError.

        Returns them account by account, so that not all accounts are in memory at once.
        """
        rows = (item for item in self._items() if item["sk"][:1].isdigit())  # others: of the run
        for account_id, items in groupby(rows, key=_account_of):
            yield account_id, tuple(_parts(list(items)))

    def read_before(self, account_id: str, part: int) -> Iterator[RowPart]:
        """Read the complete parts of one account before a part; raises LedgerError."""
        between = {":first": f"{account_id}#", ":end": f"{account_id}#{part:03}"}
        yield from _parts(list(self._items(" AND sk BETWEEN :first AND :end", between)))

    def _items(self, also: str = "", values: Mapping[str, str] | None = None) -> Iterator[Item]:
        pages = self._table.meta.client.get_paginator("query").paginate(
            TableName=self._table.name,
            KeyConditionExpression=f"pk = :pk{also}",
            ExpressionAttributeValues={":pk": self._partition, **(values or {})},
            ConsistentRead=True,
        )
        try:
            for page in pages:
                yield from page["Items"]
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({error_message(cause)}).") from cause


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlace:
    """Where the rows of a part stand.

    part: its number; 0 for the first
    attempt: tells apart the attempts of a step that is retried
    """

    account_id: str
    part: int
    attempt: str


def _account_of(item: Item) -> str:
    return str(item["sk"].partition("#")[0])


def _parts(items: Sequence[Item]) -> Iterator[RowPart]:
    """Return the parts that are complete; from the first one that is not, none counts."""
    for _, group in groupby(items, key=lambda item: item["sk"].split("#")[1]):
        part = _part(list(group))
        if part is None:
            return
        yield part


def _part(rows: Sequence[Item]) -> RowPart | None:
    """Return one part; None where rows of it are missing, or cannot be read.

    rows: the head, if there is one, and the chunks in their order
    """
    head = rows[0] if "head" in rows[0] else None
    if head is None:
        return None
    chunks = [row for row in rows[1:] if row["attempt"] == head["attempt"]]
    numbers = [int(row["sk"].split("#")[2]) for row in chunks]
    if numbers != list(range(1, int(head["chunks"]) + 1)):
        return None
    try:
        records = [record for chunk in chunks for record in unpack(chunk["records"])]
        return RowPart(kind=head["kind"], head=unpack(head["head"]), records=tuple(records))
    except codec.MalformedError:
        return None
