"""The adapter to what the runs of an organization leave in the ledger.

`ORGANISATION`/`RUN` is the run under way, or the last one. `ORGANISATION`/`STATE` is what digests
have reported. `RUN#<run id>`/`SETTINGS` is one run's copy of the parameters.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from key_rotation.adapters import codec
from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.adapters.codec import Item, MalformedError
from key_rotation.adapters.compressed import compress, decompress
from key_rotation.adapters.ledger_items import FRAME, SCHEMA, unreadable_item
from key_rotation.domain.organisation.organisation_run import (
    OrganisationRun,
    OrganisationState,
    ParameterSnapshot,
)
from key_rotation.errors import LedgerError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RUN = {"pk": "ORGANISATION", "sk": "RUN"}
STATE = {"pk": "ORGANISATION", "sk": "STATE"}
KEPT = timedelta(days=14)
"""How long what a run leaves to its digest is kept: an execution can be redriven as long (Step
Functions Developer Guide, "Restarting state machine executions with redrive")."""
DOCUMENT = "document"


def rows_of(run_id: str) -> str:
    """Return the partition key of what one run leaves to its digest."""
    return f"RUN#{run_id}"


class OrganisationRuns:
    """The runs of one organization, of which one is under way at a time."""

    def __init__(self, table: "Table") -> None:
        """Use a table."""
        self._table = table

    def read(self) -> OrganisationRun | None:
        """Read the run under way, or the last one; None before the first.

        Raises LedgerError, and UnreadableItemError for an item of any other shape.
        """
        item = self._read(RUN)
        if item is None:
            return None
        try:
            return _decode_run(item)
        except MalformedError as cause:
            raise unreadable_item(self._table.name, RUN, cause) from cause

    def claim(self, run: OrganisationRun, previous: OrganisationRun | None) -> bool:
        """Write a run over the one that was read; returns whether it is now the run under way.

        previous: the run that was read; None for no run. The run itself, to write it again
        """
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if previous is not None:
            condition = {
                "ConditionExpression": "run_id = :run_id AND execution_arn = :arn",
                "ExpressionAttributeValues": {
                    ":run_id": previous.run_id,
                    ":arn": previous.execution_arn,
                },
            }
        try:
            self._table.put_item(Item=_encode_run(run), **condition)
        except AWS_ERRORS as cause:
            if not _is_conflict(cause):
                raise _refused("the run of the organization", cause) from cause
            return self.read() == run  # botocore's retry may hide that the first try succeeded
        return True

    def end(self, run: OrganisationRun, at: datetime) -> bool:
        """Write that a run has ended, unless another one began; returns whether it was written."""
        return self.claim(replace(run, ended=at), run)

    def read_state(self) -> OrganisationState:
        """Read what digests have reported; raises LedgerError, also UnreadableItemError."""
        item = self._read(STATE)
        if item is None:
            return OrganisationState()
        try:
            return _decode(item, OrganisationState)
        except MalformedError as cause:
            raise unreadable_item(self._table.name, STATE, cause) from cause

    def write_state(self, state: OrganisationState) -> None:
        """Write what digests have reported; raises LedgerError."""
        self._write({**STATE, "schema": SCHEMA, DOCUMENT: compress(state)}, "its state")

    def read_snapshot(self, run_id: str) -> ParameterSnapshot | None:
        """Read a run's copy of the parameters; None if there is none. Raises LedgerError."""
        item = self._read(_snapshot_key(run_id))
        try:
            return None if item is None else _decode(item, ParameterSnapshot)
        except MalformedError as cause:
            text = f"The parameters of the run {run_id} cannot be read ({cause})."
            raise LedgerError(text) from cause

    def write_snapshot(self, run: OrganisationRun, snapshot: ParameterSnapshot) -> None:
        """Write a run's copy of the parameters; raises LedgerError."""
        item = {
            **_snapshot_key(run.run_id),
            "schema": SCHEMA,
            DOCUMENT: compress(snapshot),
            "expires_at": int((run.started + KEPT).timestamp()),
        }
        self._write(item, "the parameters of the run")

    def _read(self, key: Mapping[str, str]) -> Item | None:
        try:
            return self._table.get_item(Key=dict(key), ConsistentRead=True).get("Item")
        except AWS_ERRORS as cause:
            raise LedgerError(f"The ledger cannot be read ({error_message(cause)}).") from cause

    def _write(self, item: Item, what: str) -> None:
        try:
            self._table.put_item(Item=item)
        except AWS_ERRORS as cause:
            raise _refused(what, cause) from cause


def _snapshot_key(run_id: str) -> Item:
    return {"pk": rows_of(run_id), "sk": "SETTINGS"}


def _encode_run(run: OrganisationRun) -> Item:
    return {**RUN, "schema": SCHEMA, **codec.write(run)}


def _decode_run(item: Mapping[str, Any]) -> OrganisationRun:
    fields = {name: value for name, value in item.items() if name not in FRAME}
    return codec.read(fields, OrganisationRun)


def _decode(item: Mapping[str, Any], kind: type[codec.T]) -> codec.T:
    try:
        return decompress(bytes(item[DOCUMENT]), kind)
    except (KeyError, TypeError) as cause:
        raise MalformedError(f"{type(cause).__name__}: {cause}") from cause


def _is_conflict(error: Exception) -> bool:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return code == "ConditionalCheckFailedException"


def _refused(what: str, cause: Exception) -> LedgerError:
    return LedgerError(f"The ledger did not accept {what} ({error_message(cause)}).")
