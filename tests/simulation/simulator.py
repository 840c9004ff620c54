"""Runs the product in the account in memory, part by part, and records what came of it."""

import copy
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Self, TypeVar
from zoneinfo import ZoneInfo

import pytest

from key_rotation.adapters import concurrency
from key_rotation.adapters.lease import LeaseOptions, LeaseTiming
from key_rotation.domain.execution import TimeBudget
from key_rotation.domain.model import Now, RunEnvironment
from key_rotation.errors import KeyRotationError, RunStoppedError
from key_rotation.reporting.response import response
from key_rotation.request import Request
from key_rotation.run import run
from key_rotation.service_layer import inventory
from key_rotation.service_layer.run_context import Execution
from key_rotation.service_layer.single_account import single_account_services
from key_rotation.service_layer.stopped_run import notify_run_stopped
from tests.simulation.fakes import FakeAws, Observations
from tests.simulation.fault_injection import Fault, FaultInjector, KilledError
from tests.simulation.simulated_account import Key, PublishedMessage, SimulatedAccount

if TYPE_CHECKING:
    from key_rotation.service_layer.owner_mail_environment import OwnerMailEnvironment

T = TypeVar("T")
R = TypeVar("R")
ENVIRONMENT = RunEnvironment(
    account_id="123456789012", topic_arn="arn:topic", parameter_path="/key-rotation"
)
TIME_LIMIT = timedelta(minutes=10)
STALLED = "stalled"
MAX_PARTS = 25
SEQUENCE = count(1)


@dataclass
class KeyChange:
    """One change of a key that a run made in IAM, and what the run had read of the key.

    order: its place among all that happened
    part: the number of the part of the run
    last_use_reads: how often this run had read the last use of the key
    """

    run: "Run"
    order: int
    kind: str
    key: Key
    part: int
    status_before: str
    observed_status: str | None
    observed_last_use: datetime | None
    last_use_reads: int


@dataclass
class ReportedEntry:
    """One entry of a message: what people read of one key.

    message_number: the number of its message
    status, observed_status: the status of the key then, and the one that its run had read
    enforced: whether its run was in enforce mode
    disturbances: how many disturbances its run had had by then
    certain: whether it was delivered, and nothing disturbed its run from then on
    """

    run: "Run"
    order: int
    message_number: int
    day: date
    section: str
    key_id: str | None
    due: date | None
    reminder: bool
    enforced: bool
    delivered: bool
    key_exists: bool
    status: str | None
    observed_status: str | None
    disturbances: int
    certain: bool = False


@dataclass
class Run:
    """One run with all its parts.

    items_before: the items of the table before the run
    start, end: its places among all that happened
    """

    now: Now
    report: bool
    injector: FaultInjector
    subscriber_count: int
    items_before: dict[tuple[str, str], Any]
    observed: Observations = field(default_factory=Observations)
    changes: list[KeyChange] = field(default_factory=list)
    entries: list[ReportedEntry] = field(default_factory=list)
    responses: list[dict[str, Any]] = field(default_factory=list)
    error: BaseException | None = None
    start: int = 0
    end: int = 0

    @property
    def day(self) -> date:
        """The calendar day of the run."""
        return self.now.today

    @property
    def undisturbed(self) -> bool:
        """Whether no fault and no intervention happened in it, and it ended without an error."""
        return not self.injector.disturbances and self.error is None


class Simulator:
    """An account and its runs."""

    def __init__(self, zone: str = "UTC", clock: "SimulatedClock | None" = None) -> None:
        """Create an empty account."""
        self.clock = clock or SimulatedClock()
        self.account = SimulatedAccount()
        self.zone = ZoneInfo(zone)
        self.aws = FakeAws(self.account, self._record_change, self._record_entries)
        self.owner_mail: OwnerMailEnvironment | None = None
        self.runs: list[Run] = []
        self.changes: list[KeyChange] = []
        self.reported: defaultdict[str, list[ReportedEntry]] = defaultdict(list)
        self._in_progress: list[Run] = []

    def run(
        self,
        *,
        report: bool = False,
        faults: Iterable[Fault] = (),
        interventions: dict[int, Callable[[], None]] | None = None,
        call_duration: timedelta = timedelta(0),
    ) -> Run:
        """Run once, with all parts; each call takes `call_duration`."""
        now = Now(instant=self.account.now, zone=self.zone)
        injector = FaultInjector(faults=tuple(faults), interventions=dict(interventions or {}))
        current = Run(
            now, report, injector, self.account.subscriber_count, dict(self.aws.table.items)
        )
        current.start = next(SEQUENCE)
        outer_injector, self.aws.injector = self.aws.injector, injector
        outer_observed, self.aws.observed = self.aws.observed, current.observed
        self._in_progress.append(current)
        self.runs.append(current)
        try:
            self._run_parts(current, {"mode": "report"} if report else {}, call_duration)
        except KilledError as killed:
            current.error = killed
        finally:
            self.aws.injector, self.aws.observed = outer_injector, outer_observed
            self._in_progress.pop()
        current.end = next(SEQUENCE)
        for entry in current.entries:
            continued = STALLED not in injector.disturbances and not isinstance(
                current.error, KilledError
            )
            entry.certain = (
                entry.delivered and entry.disturbances == len(injector.disturbances) and continued
            )
        return current

    def _run_parts(
        self, current: Run, first_event: dict[str, Any], call_duration: timedelta
    ) -> None:
        event: dict[str, Any] | None = first_event
        while event is not None:
            assert len(current.responses) < MAX_PARTS, "the run does not end"
            event = self._run_part(current, event, call_duration)

    def _run_part(
        self, current: Run, event: dict[str, Any], call_duration: timedelta
    ) -> dict[str, Any] | None:
        start = len(current.injector.calls)
        budget = TimeBudget(
            lambda: TIME_LIMIT - call_duration * (len(current.injector.calls) - start), TIME_LIMIT
        )
        clients, now = self.aws.clients, current.now
        execution = Execution(
            run_id=f"run-{next(SEQUENCE):06}",
            now=now,
            clock=self.clock,
            budget=budget,
            lease_options=WITHOUT_THREADS,
        )
        try:
            request = Request.parse(json.loads(json.dumps(event)), f"event-{current.start}")
            services = single_account_services(
                clients.member, clients.deployment, ENVIRONMENT, self.owner_mail
            )
            finished = run(request, ENVIRONMENT, services, execution)
        except RunStoppedError as error:
            current.error = error
            notify_run_stopped(error, clients.deployment, ENVIRONMENT, execution)
            return None
        except KeyRotationError as error:
            current.error = error
            return None
        current.responses.append(response(finished))
        continuation = finished.part.continuation
        return None if continuation is None else request.to_event(continuation)

    def _record_change(self, kind: str, key: Key) -> None:
        if not self._in_progress:
            return
        current = self._in_progress[-1]
        statuses = (
            current.observed.status_at_last_use if kind == "deleted" else current.observed.status
        )
        change = KeyChange(
            run=current,
            order=next(SEQUENCE),
            kind=kind,
            key=key,
            part=len(current.responses),
            status_before=key.status,
            observed_status=statuses.get(key.key_id),
            observed_last_use=current.observed.last_use.get(key.key_id),
            last_use_reads=current.injector.count_calls(
                "GetAccessKeyLastUsed", AccessKeyId=key.key_id
            ),
        )
        current.changes.append(change)
        self.changes.append(change)

    def _record_entries(self, message: PublishedMessage) -> None:
        current = self._in_progress[-1]
        document = json.loads(message.body)
        if document.get("mode") != "enforce" and document.get("mode") != "report":
            return
        number = len(self.account.messages)
        for section, entries in document.items():
            for values in entries if isinstance(entries, list) else ():
                if not isinstance(values, dict) or not {"access_key_id", "due"} <= values.keys():
                    continue
                if values.get("would"):
                    continue
                key = self.account.keys.get(values["access_key_id"] or "")
                entry = ReportedEntry(
                    run=current,
                    order=next(SEQUENCE),
                    message_number=number,
                    day=current.day,
                    section=section,
                    key_id=values["access_key_id"],
                    due=date.fromisoformat(values["due"]) if values["due"] else None,
                    reminder=bool(values.get("reminder")),
                    enforced=document["mode"] == "enforce",
                    delivered=message.delivered,
                    key_exists=key is not None,
                    status=key.status if key else None,
                    observed_status=current.observed.status.get(values["access_key_id"] or ""),
                    disturbances=len(current.injector.disturbances),
                )
                current.entries.append(entry)
                self.reported[entry.key_id or ""].append(entry)

    def take_over(self) -> Run:
        """While a run is stalled, let another one take over and end; then the first continues."""
        self._in_progress[-1].injector.disturbances.append(STALLED)
        beat = ManualHeartbeat.active[-1] if ManualHeartbeat.active else None
        other_run = self.run()
        holder = self.aws.table.items.get(("RUN", "LEASE"))
        if holder is None and beat:
            beat()
        return other_run


class ManualHeartbeat:
    """A heartbeat that is written only when a test calls it."""

    active: list[Callable[[], bool]] = []  # noqa: RUF012  # those of all runs in progress

    def __init__(self, beat: Callable[[], bool], interval: float) -> None:
        """Replace `lease.ThreadHeartbeat`."""
        assert interval > 0
        self._beat = beat
        self.active.append(beat)

    def stop(self) -> None:
        """Stop the heartbeat."""
        self.active.remove(self._beat)


WITHOUT_THREADS = LeaseOptions(timing=LeaseTiming(poll_interval=5), start_heartbeat=ManualHeartbeat)


class SequentialExecutor:
    """Replaces ThreadPoolExecutor, without threads, so that a history can be repeated."""

    def __init__(self, max_workers: int) -> None:
        """Accept the arguments of ThreadPoolExecutor."""
        assert max_workers

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Do all work, even if some of it fails; then raise the first error."""
        part_report: list[R] = []
        errors: list[BaseException] = []
        for item in items:
            try:
                part_report.append(work(item))
            except BaseException as error:  # noqa: BLE001  # a future keeps it too
                errors.append(error)
        if errors:
            raise errors[0]
        return iter(part_report)


class SimulatedClock:
    """A clock on which sleeping takes no time; after a sleep IAM is consistent."""

    def __init__(self) -> None:
        """Start at zero."""
        self.seconds = 0.0
        self.account: SimulatedAccount | None = None
        self.on_sleep: Callable[[], None] | None = None

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    def sleep(self, seconds: float, /) -> None:
        """Advance the clock."""
        self.seconds += seconds
        if self.account and seconds >= 1:
            self.account.shown_as_active.clear()
        if self.on_sleep:
            self.on_sleep()


@contextmanager
def without_threads(batch: int = 2) -> Iterator[None]:
    """Run without threads, and in small batches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(concurrency, "ThreadPoolExecutor", SequentialExecutor)
        patch.setattr(inventory, "BATCH_SIZE", batch)
        ManualHeartbeat.active.clear()
        yield


def watches_and_history(items: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    """Return the watches and the history of keys and populations among the items of the table.

    The summary of a run is no change of any of them: a stopped run leaves one too, and records what
    came of earlier mails.
    """
    others = ("RUN", "MAIL", "NOTICE_MAIL", "PENDING_MAIL", "UNREACHABLE_ADDRESS")
    return {
        place: copy.copy(item) for place, item in items.items() if not place[0].startswith(others)
    }
