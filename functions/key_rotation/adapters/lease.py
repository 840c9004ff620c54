"""One run at a time: a lease in the ledger that its holder keeps alive with a heartbeat.

A contender does not compare clocks: it watches the heartbeat, and takes over only when it has stood
still for `LEASE_TIMEOUT` seconds (the way of AWS's DynamoDB lock client). So a run that was killed
blocks the next for some seconds only. Should a holder stall for longer and live, it finds the lease
lost before its next change, and its records fail on the version of the watch.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

from botocore.exceptions import ClientError

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.errors import LeaseLostError, LedgerError, RunInProgressError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Condition(TypedDict, total=False):
    """What must hold for a write to happen."""

    ConditionExpression: str
    ExpressionAttributeValues: dict[str, Any]


KEY = {"pk": "RUN", "sk": "LEASE"}
HEARTBEAT_INTERVAL = 2.0
LEASE_TIMEOUT = 10.0
POLL_INTERVAL = 0.5
"""Seconds. Five beats may be missed before a holder counts as dead."""
REPORT_RUN_TIMEOUT = 240.0
"""Seconds for which a run waits for one that a person asked to report only: that must not take the
place of the day's run."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the lease: a run, its heartbeat, and whether a person asked it to report only."""

    run_id: str
    beats: int
    report: bool


class Lease:
    """The right to be the one run, for as long as `check` does not raise."""

    def __init__(self, table: "Table", run_id: str, *, report: bool) -> None:
        """Take the lease in the name of a run; raises RunInProgressError or LedgerError."""
        self._table = table
        self._self = Holder(run_id, 0, report)
        self._lost = threading.Event()
        self._over = threading.Event()
        try:
            self._take()
        except AWS_ERRORS as cause:
            raise LedgerError(
                f"The lease of the run cannot be taken ({error_message(cause)})."
            ) from cause

    def check(self) -> None:
        """Raise LeaseLostError when another run took over; to be asked before each change."""
        if self._lost.is_set():
            raise LeaseLostError("Another run took over, because this one was silent for too long.")

    def keep_alive(self) -> None:
        """Beat until released; runs in a thread of its own."""
        while not self._over.wait(HEARTBEAT_INTERVAL):
            try:
                if not self._beat():
                    return self._lost.set()
            except AWS_ERRORS:
                continue  # the next beat may pass; `LEASE_TIMEOUT` allows for some that do not
        return None

    def release(self) -> None:
        """Give the lease back, unless another run has it."""
        self._over.set()
        try:
            self._table.delete_item(Key=KEY, **_while_held_by(self._self.run_id))
        except AWS_ERRORS:
            return  # it will be found standing still, and be taken over

    def _take(self) -> None:
        """Take the lease when it is free, or its holder's heartbeat stands still."""
        patience = time.monotonic() + REPORT_RUN_TIMEOUT
        while not self._write({"ConditionExpression": "attribute_not_exists(pk)"}):
            holder = self._holder()
            if holder is None:
                continue
            if self._heartbeat_stopped(holder) and self._write(_while_held_by(holder)):
                return
            waits = holder.report and not self._self.report
            if not waits or time.monotonic() > patience:
                raise RunInProgressError(holder.run_id)

    def _heartbeat_stopped(self, holder: Holder) -> bool:
        give_up = time.monotonic() + LEASE_TIMEOUT
        while time.monotonic() < give_up:
            time.sleep(POLL_INTERVAL)
            if self._holder() != holder:
                return False
        return True

    def _beat(self) -> bool:
        self._self = replace(self._self, beats=self._self.beats + 1)
        return self._write(_while_held_by(self._self.run_id))

    def _write(self, condition: Condition) -> bool:
        """Write the lease; say whether it is ours, read back, since a retry may hide a success."""
        item: dict[str, Any] = {**KEY, **asdict(self._self)}
        try:
            self._table.put_item(Item=item, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return self._holder() == self._self
        return True

    def _holder(self) -> Holder | None:
        item = self._table.get_item(Key=KEY, ConsistentRead=True).get("Item")
        if not item:
            return None
        report = item.get("report") is True
        return Holder(str(item["run_id"]), int(str(item["beats"])), report)


@contextmanager
def acquire(table: "Table", run_id: str, *, report: bool) -> Iterator[Lease]:
    """Hold the lease while the block runs; raises RunInProgressError or LedgerError before it does.

    report: whether a person asked this run to report only, so that others wait for it
    """
    lease = Lease(table, run_id, report=report)
    heart = threading.Thread(target=lease.keep_alive, daemon=True)
    heart.start()
    try:
        yield lease
    finally:
        lease.release()
        heart.join()


def _while_held_by(holder: Holder | str) -> Condition:
    """The condition that a run has the lease, and its heart has not beaten since."""
    if isinstance(holder, str):
        return {
            "ConditionExpression": "run_id = :run_id",
            "ExpressionAttributeValues": {":run_id": holder},
        }
    return {
        "ConditionExpression": "run_id = :run_id AND beats = :beats",
        "ExpressionAttributeValues": {":run_id": holder.run_id, ":beats": holder.beats},
    }
