"""One run at a time: a lease in the ledger that its holder keeps alive with a heartbeat.

Another run does not compare clocks. It polls the heartbeat, and takes the lease over only when the
heartbeat has stopped for `LeaseTiming.timeout` seconds (as AWS's DynamoDB lock client does), so a
run that was killed blocks the next one for seconds only. A report run that a person started never
takes the place of the day's run: it loses the lease after `LeaseTiming.report_run_timeout`. A
holder that stalls for longer finds its lease lost before its next change, and its writes fail on
the versions of the watches.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypedDict

from botocore.exceptions import ClientError

from key_rotation.adapters import codec
from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.adapters.heartbeat import Heartbeat, ThreadHeartbeat
from key_rotation.adapters.ledger_items import Partitions, unreadable_item
from key_rotation.domain.execution import Clock
from key_rotation.errors import (
    LeaseLostError,
    LedgerError,
    RunInProgressError,
    UnreadableItemError,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Condition(TypedDict, total=False):
    """The condition of a write."""

    ConditionExpression: str
    ExpressionAttributeValues: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTiming:
    """How often the heartbeat is written and read, and when a run gives up waiting; in seconds.

    heartbeat_interval: between two heartbeats of the holder
    timeout: how long a heartbeat must have stopped before another run takes the lease over
    poll_interval: between two reads of the heartbeat by another run
    report_run_timeout: how long a run waits for a report run that a person started, before it
        takes the lease over: less than half of the function's 15 minutes, after which a run reads
        no more users and leaves them to its next part
    """

    heartbeat_interval: float = 2.0
    timeout: float = 10.0
    poll_interval: float = 0.5
    report_run_timeout: float = 240.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease.

    beats: the number of its heartbeats so far
    report_only: whether a person started this run in report mode, so that other runs wait for it
    """

    run_id: str
    beats: int = 0
    report_only: bool = False


class Lease:
    """The right to be the only run, for as long as `check` does not raise."""

    def __init__(self, table: "Table", partitions: Partitions, holder: Holder) -> None:
        """Represent a lease that `acquire` takes."""
        self._table = table
        self._key = {"pk": partitions.run, "sk": "LEASE"}
        self._holder = holder
        self._lost = False

    def check(self) -> None:
        """Raise LeaseLostError if another run took over; called before each change.

        A report run that a person started has lost nothing: it raises RunInProgressError.
        """
        if self._lost and self._holder.report_only:
            raise RunInProgressError(None)
        if self._lost:
            raise LeaseLostError("Another run took over: this one wrote no heartbeat for too long.")

    def beat(self) -> bool:
        """Write the next heartbeat; returns False once the lease is lost.

        A failed write is ignored: `LeaseTiming.timeout` allows for some.
        """
        self._holder = replace(self._holder, beats=self._holder.beats + 1)
        try:
            self._lost = not self._write(_held_by(self._holder.run_id))
        except AWS_ERRORS:
            return True
        except UnreadableItemError:
            self._lost = True
        return not self._lost

    def release(self) -> None:
        """Delete the lease, unless another run holds it."""
        try:
            self._table.delete_item(Key=self._key, **_held_by(self._holder.run_id))
        except AWS_ERRORS:
            return  # its heartbeat has stopped, so the next run takes it over

    def take(self, timing: LeaseTiming, clock: Clock) -> None:
        """Take the lease if it is free, or if its holder's heartbeat has stopped.

        A report run that a person started has some time to finish, and then loses it. Raises
        RunInProgressError when another run holds it, and UnreadableItemError.
        """
        give_up = clock.monotonic() + timing.report_run_timeout
        while not self._write({"ConditionExpression": "attribute_not_exists(pk)"}):
            holder = self._read_holder()
            if holder is None:
                continue
            if self._heartbeat_stopped(holder, timing, clock) and self._write(_held_by(holder)):
                return
            waits = holder.report_only and not self._holder.report_only
            if not waits:
                raise RunInProgressError(holder.run_id)
            if clock.monotonic() > give_up and self._write(_held_by(holder.run_id)):
                return

    def _heartbeat_stopped(self, holder: Holder, timing: LeaseTiming, clock: Clock) -> bool:
        give_up = clock.monotonic() + timing.timeout
        while clock.monotonic() < give_up:
            clock.sleep(timing.poll_interval)
            if self._read_holder() != holder:
                return False
        return True

    def _write(self, condition: Condition) -> bool:
        """Write the lease; returns whether it is ours.

        A refused write is read back, since botocore's retry may hide that the first try succeeded.
        """
        item: dict[str, Any] = {**self._key, **asdict(self._holder)}
        try:
            self._table.put_item(Item=item, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return self._read_holder() == self._holder
        return True

    def _read_holder(self) -> Holder | None:
        """Read who holds the lease; raises UnreadableItemError for an item of any other shape."""
        item = self._table.get_item(Key=self._key, ConsistentRead=True).get("Item")
        if not item:
            return None
        fields = {"run_id": item.get("run_id"), "beats": item.get("beats")}
        fields["report_only"] = item.get("report_only", False)  # 0.1.0 wrote none
        try:
            return codec.read(fields, Holder)
        except codec.MalformedError as cause:
            raise unreadable_item(self._table.name, self._key, cause) from cause


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseOptions:
    """What a test replaces: the timing, and how a heartbeat is started."""

    timing: LeaseTiming = field(default_factory=LeaseTiming)
    start_heartbeat: Callable[[Callable[[], bool], float], Heartbeat] = ThreadHeartbeat


@contextmanager
def acquire(
    table: "Table",
    partitions: Partitions,
    holder: Holder,
    clock: Clock,
    options: LeaseOptions,
) -> Iterator[Lease]:
    """Hold the lease while the block runs.

    Raises RunInProgressError or LedgerError before the block runs.
    """
    lease = Lease(table, partitions, holder)
    try:
        lease.take(options.timing, clock)
    except AWS_ERRORS as cause:
        why = error_message(cause)
        raise LedgerError(f"The lease of the run cannot be taken ({why}).") from cause
    heartbeat = options.start_heartbeat(lease.beat, options.timing.heartbeat_interval)
    try:
        yield lease
    finally:
        heartbeat.stop()
        lease.release()


def _held_by(holder: Holder | str) -> Condition:
    """Build the condition that a run holds the lease, and optionally its heartbeat count."""
    if isinstance(holder, str):
        return {
            "ConditionExpression": "run_id = :run_id",
            "ExpressionAttributeValues": {":run_id": holder},
        }
    return {
        "ConditionExpression": "run_id = :run_id AND beats = :beats",
        "ExpressionAttributeValues": {":run_id": holder.run_id, ":beats": holder.beats},
    }
