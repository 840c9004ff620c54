"""When schedules are due, and the runner that moves the clock and invokes their targets."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from local.emulator.clock import Clock, ClockMovedBackError

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT = re.compile(r"at\((.+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """An enabled schedule.

    dead_letters: the ARN of the queue for events that were not delivered, or empty
    """

    arn: str
    expression: str
    zone: ZoneInfo
    created: datetime
    target: str
    role: str
    payload: str
    dead_letters: str


# Returns the first wall-clock minute after a time that matches a cron expression.
NextCron = Callable[[str, datetime], datetime | None]


def due_times(schedule: Schedule, *, after: datetime, next_cron: NextCron) -> Iterator[datetime]:
    """Yield the times after `after` at which a schedule is due, in their order, without end."""
    after = max(after, schedule.created)
    if rate := _RATE.fullmatch(schedule.expression):
        return _rate_times(schedule.created, _interval(rate), after)
    if at := _AT.fullmatch(schedule.expression):
        once = datetime.fromisoformat(at[1]).replace(tzinfo=schedule.zone).astimezone(UTC)
        return iter([once] if once > after else [])
    return _cron_times(schedule, after, next_cron)


def _interval(rate: re.Match[str]) -> timedelta:
    return timedelta(**{f"{rate[2]}s": int(rate[1])})


def _rate_times(created: datetime, every: timedelta, after: datetime) -> Iterator[datetime]:
    due = created + every * ((after - created) // every + 1)
    while True:
        yield due
        due += every


def _cron_times(schedule: Schedule, after: datetime, next_cron: NextCron) -> Iterator[datetime]:
    wall = after.astimezone(schedule.zone).replace(tzinfo=None)
    while (found := next_cron(schedule.expression, wall)) is not None:
        wall = found
        due = wall.replace(tzinfo=schedule.zone).astimezone(UTC)
        exists = due.astimezone(schedule.zone).replace(tzinfo=None) == wall
        if exists:  # the change to daylight saving time skips some times
            yield due


class ScheduleRunner:
    """Moves the clock, and invokes the target of each schedule at its due times.

    `invoke_target` must return when everything that it started has ended.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        schedules: Callable[[], Iterable[Schedule]],
        next_cron: NextCron,
        invoke_target: Callable[[Schedule, datetime], None],
    ) -> None:
        """Start at the current emulated time."""
        self._clock = clock
        self._schedules = schedules
        self._next_cron = next_cron
        self._invoke_target = invoke_target
        self._invoked_until = clock.now()
        self._lock = threading.Lock()

    def move_to(self, instant: datetime) -> None:
        """Move the clock to a time, through each due time before it.

        Raises ClockMovedBackError if the time has passed.
        """
        if instant < self._clock.now():
            raise ClockMovedBackError(now=self._clock.now(), requested=instant)
        with self._lock:
            self._run_until(instant)
            self._forward(instant)

    def run_due(self) -> None:
        """Invoke the targets that became due while the clock ticked."""
        with self._lock:
            self._run_until(self._clock.now())

    def _run_until(self, end: datetime) -> None:
        while due := self._due(end):
            at = min(due)
            self._forward(at)
            self._invoked_until = at
            for schedule in due[at]:
                self._invoke_target(schedule, at)
        self._invoked_until = max(self._invoked_until, end)

    def _due(self, end: datetime) -> dict[datetime, list[Schedule]]:
        """Return the next due time of each schedule up to `end`, with the schedules due then."""
        found: dict[datetime, list[Schedule]] = {}
        for schedule in self._schedules():
            times = due_times(schedule, after=self._invoked_until, next_cron=self._next_cron)
            for at in takewhile(lambda at: at <= end, times):
                found.setdefault(at, []).append(schedule)
                break
        return found

    def _forward(self, instant: datetime) -> None:
        if instant > self._clock.now():
            self._clock.move_to(instant)
