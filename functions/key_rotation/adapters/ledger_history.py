"""The adapter to the history of runs in the ledger: items that are written once, and never changed.

Their sort keys begin with the time, so that one query reads a period.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from key_rotation.adapters import codec
from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.adapters.codec import Item
from key_rotation.adapters.ledger_items import FRAME, OWN_ACCOUNT, SCHEMA, Partitions
from key_rotation.domain.run_history import PopulationKey, RunSummary
from key_rotation.errors import LedgerError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

KEYS_AT_A_TIME = 2_500
"""Keys that are compressed together, so that a large account takes little memory."""
MAX_POPULATION_BYTES = 280_000
"""Compressed keys in one item: an item of DynamoDB has at most 400 KB."""
COLUMNS = ("user_id", "user", "access_key_id", "status", "created", "last_used")
NEVER = "never"
"""What stands for the last use of a key that was never used; null stands for one not read."""


class RunHistory:
    """The summaries and populations of one account."""

    def __init__(self, table: "Table", partitions: Partitions = OWN_ACCOUNT) -> None:
        """Use a table, and the partitions of one account."""
        self._table = table
        self._partitions = partitions

    def write_run(self, summary: RunSummary) -> None:
        """Write the summary of a run, unless it has one; raises LedgerError."""
        self._put_once(encode_run(summary, self._partitions))

    def write_population(self, summary: RunSummary, keys: Sequence[PopulationKey]) -> int:
        """Write the keys that a run found; returns the number of items. Raises LedgerError."""
        written = 0
        for item in encode_population(summary, keys, self._partitions):
            self._put_once(item)
            written += 1
        return written

    def read_runs(self, first: datetime, end: datetime) -> Iterator[Item]:
        """Read the items of the runs that started from `first` to before `end`, oldest first.

        Raises LedgerError.
        """
        return self._read(self._partitions.runs, first, end)

    def read_populations(self, first: datetime, end: datetime) -> Iterator[Item]:
        """Read the items of the populations of a period, oldest first; raises LedgerError."""
        return self._read(self._partitions.populations, first, end)

    def _put_once(self, item: Item) -> None:
        try:
            self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
        except AWS_ERRORS as cause:
            if _exists(cause):  # the key has the run's id: an earlier try, or its own first word
                return
            why = error_message(cause)
            raise LedgerError(f"The ledger did not accept the run's history ({why}).") from cause

    def _read(self, partition: str, first: datetime, end: datetime) -> Iterator[Item]:
        pages = self._table.meta.client.get_paginator("query").paginate(
            TableName=self._table.name,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :end",
            ExpressionAttributeValues={
                ":pk": partition,
                ":first": _instant(first),
                ":end": _instant(end),
            },
            ConsistentRead=True,
        )
        try:
            for page in pages:
                yield from page["Items"]
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({error_message(cause)}).") from cause


def encode_run(summary: RunSummary, partitions: Partitions = OWN_ACCOUNT) -> Item:
    """Return the summary of a run as an item."""
    place = {"pk": partitions.runs, "sk": f"{_instant(summary.started)}#{summary.run_id}"}
    return {**place, "schema": SCHEMA, **codec.write(summary)}


def decode_run(item: Mapping[str, Any]) -> RunSummary:
    """Read the summary of a run from its item; raises codec.MalformedError for another shape."""
    fields = {name: value for name, value in item.items() if name not in FRAME}
    return codec.read(fields, RunSummary)


def encode_population(
    summary: RunSummary, keys: Sequence[PopulationKey], partitions: Partitions = OWN_ACCOUNT
) -> Iterator[Item]:
    """Return the keys that a run found as items, of which none is too large.

    `rows` is JSON, compressed with gzip: one list for each key, in the order of `columns`.
    """
    for number, (count, packed) in enumerate(_pack_all(keys), start=1):
        yield {
            "pk": partitions.populations,
            "sk": f"{_instant(summary.started)}#{summary.run_id}#{number:03}",
            "schema": SCHEMA,
            "run_id": summary.run_id,
            "started": summary.started.isoformat(),
            "keys": count,
            "columns": list(COLUMNS),
            "rows": packed,
        }


def decode_population(item: Mapping[str, Any]) -> tuple[PopulationKey, ...]:
    """Read the keys of one item; raises codec.MalformedError for another shape."""
    try:
        rows = json.loads(gzip.decompress(bytes(item["rows"])))
        return tuple(_key(dict(zip(item["columns"], row, strict=True))) for row in rows)
    except (KeyError, TypeError, ValueError, EOFError, OSError) as cause:
        raise codec.MalformedError(f"{type(cause).__name__}: {cause}") from cause


def _pack_all(keys: Sequence[PopulationKey]) -> Iterator[tuple[int, bytes]]:
    """Compress the rows of all keys, some at a time."""
    for start in range(0, len(keys), KEYS_AT_A_TIME):
        yield from _pack([_row(key) for key in keys[start : start + KEYS_AT_A_TIME]])


def _pack(rows: Sequence[Sequence[str | None]]) -> Iterator[tuple[int, bytes]]:
    """Compress rows; those that are too large for one item are divided."""
    text = json.dumps(rows, separators=(",", ":"))
    packed = gzip.compress(text.encode(), mtime=0)
    if len(packed) <= MAX_POPULATION_BYTES or len(rows) == 1:
        yield len(rows), packed
        return
    middle = len(rows) // 2
    yield from _pack(rows[:middle])
    yield from _pack(rows[middle:])


def _row(key: PopulationKey) -> list[str | None]:
    used = key.last_used.isoformat() if key.last_used else NEVER
    last_used = used if key.last_use_read else None
    created = key.created.isoformat()
    return [key.user_id, key.user, key.access_key_id, key.status, created, last_used]


def _key(row: Mapping[str, str | None]) -> PopulationKey:
    used = row["last_used"]
    return PopulationKey(
        user_id=str(row["user_id"]),
        user=str(row["user"]),
        access_key_id=str(row["access_key_id"]),
        status=str(row["status"]),
        created=datetime.fromisoformat(str(row["created"])),
        last_use_read=used is not None,
        last_used=datetime.fromisoformat(used) if used and used != NEVER else None,
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _exists(error: Exception) -> bool:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return code == "ConditionalCheckFailedException"
