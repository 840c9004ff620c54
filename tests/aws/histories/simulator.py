"""Runs the product in the account in memory, part by part, and writes down what came of it."""

import copy
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Self, TypeVar
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
from key_rotation.service_layer.stopped_run import notify_run_stopped
from tests.aws.histories.account import Account, Key, Mail
from tests.aws.histories.calls import Fault, Gate, KilledError
from tests.aws.histories.fakes import Cloud, Seen

T = TypeVar("T")
R = TypeVar("R")
ENVIRONMENT = RunEnvironment(
    account_id="123456789012", topic_arn="arn:topic", parameter_path="/key-rotation"
)
WHOLE = timedelta(minutes=10)
STOOD_STILL = "stood still"
MOST_PARTS = 25
ORDER = count(1)


@dataclass
class Write:
    """One change of a key that a run made in IAM, and what the run had been shown of it.

    reads: how often this part of the run had asked for the key's last use
    """

    run: "Run"
    order: int
    kind: str
    key: Key
    part: int
    was: str
    shown: str | None
    shown_use: datetime | None
    reads: int


@dataclass
class Telling:
    """One line of a message: what people read of one key.

    mail: the number of its message
    status, shown: what the key then was, and what its run had been shown
    enforced: whether it is of a run in enforce mode
    met: what had gone wrong in its run by then
    firm: whether somebody heard it, and its run went well from then on
    """

    run: "Run"
    order: int
    mail: int
    day: date
    section: str
    key_id: str | None
    due: date | None
    reminder: bool
    enforced: bool
    heard: bool
    exists: bool
    status: str | None
    shown: str | None
    met: int
    firm: bool = False


@dataclass
class Run:
    """One run with all its parts.

    start, order: when it began and when it ended, among all that happened
    """

    now: Now
    report: bool
    gate: Gate
    listeners: int
    before: dict[tuple[str, str], Any]
    seen: Seen = field(default_factory=Seen)
    writes: list[Write] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    error: BaseException | None = None
    start: int = 0
    order: int = 0

    @property
    def day(self) -> date:
        """The calendar day of the run."""
        return self.now.today

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong in it, nobody acted meanwhile, and it came to its end."""
        return not self.gate.met and self.error is None


class Simulator:
    """An account, and the runs in it."""

    def __init__(self, zone: str = "UTC", clock: "Clock | None" = None) -> None:
        """Open an empty account."""
        self.clock = clock or Clock()
        self.account = Account()
        self.zone = ZoneInfo(zone)
        self.cloud = Cloud(self.account, self._wrote, self._took)
        self.runs: list[Run] = []
        self.writes: list[Write] = []
        self.told: defaultdict[str, list[Telling]] = defaultdict(list)
        self._under_way: list[Run] = []

    def run(
        self,
        *,
        report: bool = False,
        faults: Iterable[Fault] = (),
        deeds: dict[int, Callable[[], None]] | None = None,
        per_call: timedelta = timedelta(0),
    ) -> Run:
        """Run once, with all parts; per_call: how long each call takes."""
        now = Now(instant=self.account.now, zone=self.zone)
        gate = Gate(faults=tuple(faults), deeds=dict(deeds or {}))
        begun = Run(now, report, gate, self.account.listeners, dict(self.cloud.table.items))
        begun.start = next(ORDER)
        outer, self.cloud.gate = self.cloud.gate, gate
        seen, self.cloud.seen = self.cloud.seen, begun.seen
        self._under_way.append(begun)
        self.runs.append(begun)
        try:
            self._parts(begun, {"mode": "report"} if report else {}, per_call)
        except KilledError as death:
            begun.error = death
        finally:
            self.cloud.gate, self.cloud.seen = outer, seen
            self._under_way.pop()
        begun.order = next(ORDER)
        for telling in begun.tellings:
            awake = STOOD_STILL not in gate.met and not isinstance(begun.error, KilledError)
            telling.firm = telling.heard and telling.met == len(gate.met) and awake
        return begun

    def _parts(self, begun: Run, mode: dict[str, Any], per_call: timedelta) -> None:
        event: dict[str, Any] | None = mode
        while event is not None:
            assert len(begun.answers) < MOST_PARTS, "the run never ends"
            event = self._part(begun, event, per_call)

    def _part(
        self, begun: Run, event: dict[str, Any], per_call: timedelta
    ) -> dict[str, Any] | None:
        start = len(begun.gate.calls)
        budget = TimeBudget(lambda: WHOLE - per_call * (len(begun.gate.calls) - start), WHOLE)
        clients, now = self.cloud.clients, begun.now
        execution = Execution(
            run_id=f"run-{next(ORDER):06}",
            now=now,
            clock=self.clock,
            budget=budget,
            lease_options=WITHOUT_THREADS,
        )
        try:
            request = Request.parse(json.loads(json.dumps(event)))
            done = run(request, ENVIRONMENT, clients.member, clients.deployment, execution)
        except RunStoppedError as error:
            begun.error = error
            notify_run_stopped(error, clients.deployment, ENVIRONMENT, now)
            return None
        except KeyRotationError as error:
            begun.error = error
            return None
        begun.answers.append(response(done))
        left = done.part.continuation
        return None if left is None else request.to_event(left)

    def _wrote(self, kind: str, key: Key) -> None:
        if not self._under_way:
            return
        begun = self._under_way[-1]
        shown = begun.seen.status_then if kind == "deleted" else begun.seen.status
        write = Write(
            run=begun,
            order=next(ORDER),
            kind=kind,
            key=key,
            part=len(begun.answers),
            was=key.status,
            shown=shown.get(key.key_id),
            shown_use=begun.seen.last_use.get(key.key_id),
            reads=begun.gate.count("GetAccessKeyLastUsed", AccessKeyId=key.key_id),
        )
        begun.writes.append(write)
        self.writes.append(write)

    def _took(self, mail: Mail) -> None:
        begun = self._under_way[-1]
        data = json.loads(mail.body)
        if data.get("mode") != "enforce" and data.get("mode") != "report":
            return
        number = len(self.account.mails)
        for section, entries in data.items():
            for entry in entries if isinstance(entries, list) else ():
                if not isinstance(entry, dict) or entry.get("would"):
                    continue
                key = self.account.keys.get(entry["access_key_id"] or "")
                telling = Telling(
                    run=begun,
                    order=next(ORDER),
                    mail=number,
                    day=begun.day,
                    section=section,
                    key_id=entry["access_key_id"],
                    due=date.fromisoformat(entry["due"]) if entry["due"] else None,
                    reminder=bool(entry.get("reminder")),
                    enforced=data["mode"] == "enforce",
                    heard=mail.heard,
                    exists=key is not None,
                    status=key.status if key else None,
                    shown=begun.seen.status.get(entry["access_key_id"] or ""),
                    met=len(begun.gate.met),
                )
                begun.tellings.append(telling)
                self.told[telling.key_id or ""].append(telling)

    def take_over(self) -> Run:
        """While a run stands still, another one takes over and ends; the first one then wakes."""
        self._under_way[-1].gate.met.append(STOOD_STILL)
        heart = ManualHeartbeat.beating[-1] if ManualHeartbeat.beating else None
        other = self.run()
        holder = self.cloud.table.items.get(("RUN", "LEASE"))
        if holder is None and heart:
            heart()
        return other


class ManualHeartbeat:
    """A heartbeat that is written only when a test calls it."""

    beating: list[Callable[[], bool]] = []  # noqa: RUF012  # those of all runs in progress

    def __init__(self, beat: Callable[[], bool], interval: float) -> None:
        """Take the place of `lease.ThreadHeartbeat`."""
        assert interval > 0
        self._beat = beat
        self.beating.append(beat)

    def stop(self) -> None:
        """End."""
        self.beating.remove(self._beat)


WITHOUT_THREADS = LeaseOptions(timing=LeaseTiming(poll_interval=5), start_heartbeat=ManualHeartbeat)


class OneByOne:
    """A pool without threads, so that a history can be told again exactly."""

    def __init__(self, max_workers: int) -> None:
        """Take the place of ThreadPoolExecutor."""
        assert max_workers

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Do all of it, whatever fails; then raise the first error."""
        done: list[R] = []
        errors: list[BaseException] = []
        for item in items:
            try:
                done.append(work(item))
            except BaseException as error:  # noqa: BLE001  # as a future keeps it
                errors.append(error)
        if errors:
            raise errors[0]
        return iter(done)


class Clock:
    """A clock whose sleeping takes no time; IAM has caught up with itself afterwards."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.at = 0.0
        self.account: Account | None = None
        self.on_sleep: Callable[[], None] | None = None

    def monotonic(self) -> float:
        """Read it."""
        return self.at

    def sleep(self, seconds: float, /) -> None:
        """Let time pass."""
        self.at += seconds
        if self.account and seconds >= 1:
            self.account.lagging.clear()
        if self.on_sleep:
            self.on_sleep()


@contextmanager
def without_threads(batch: int = 2) -> Iterator[None]:
    """Run without threads, in small batches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(concurrency, "ThreadPoolExecutor", OneByOne)
        patch.setattr(inventory, "BATCH_SIZE", batch)
        ManualHeartbeat.beating.clear()
        yield


def ledger(items: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    """The watches and the history among the items of the table."""
    return {place: copy.copy(item) for place, item in items.items() if place[0] != "RUN"}
