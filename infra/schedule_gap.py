"""The longest time between two runs of a schedule, the change to daylight saving time included.

EventBridge Scheduler skips a time that the clock leaves out, and runs once at a time that the clock
shows twice (Scheduler User Guide, "Daylight savings time"). The time zone data of the machine says
when the clock changes.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from infra.schedule_expression import Cron, Rate

# Dates, weekdays and leap years repeat after 28 years. The years are fixed, so that the same
# schedule gives the same template on every day.
_FIRST_DAY, _LAST_DAY = date(2026, 1, 1), date(2054, 12, 31)


def longest_gap(schedule: Rate | Cron, zone: ZoneInfo) -> timedelta | None:
    """Return the longest time between two runs in a time zone, or None if there are no runs."""
    if isinstance(schedule, Rate):
        return schedule.every
    times = [time(hour, minute) for hour in schedule.hours for minute in schedule.minutes]
    return max(_gaps(schedule, sorted(times), zone), default=None)


def _gaps(cron: Cron, times: Sequence[time], zone: ZoneInfo) -> Iterator[timedelta]:
    """Yield the gaps between runs; those within the day only where the clock changes, and once."""
    yield from _differences([datetime.combine(_FIRST_DAY, at) for at in times])
    previous: datetime | None = None
    for day in filter(cron.has_run_on, _days()):
        changes = _clock_changes(day, zone)
        runs = _runs(day, times if changes else (times[0], times[-1]), zone)
        if runs and previous:
            yield runs[0] - previous
        if changes:
            yield from _differences(runs)
        previous = runs[-1] if runs else previous


def _days() -> Iterator[date]:
    return (_FIRST_DAY + timedelta(days=n) for n in range((_LAST_DAY - _FIRST_DAY).days + 1))


def _clock_changes(day: date, zone: ZoneInfo) -> bool:
    """Return whether the offset from UTC changes on this day."""
    midnights = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    return len({midnight.utcoffset() for midnight in midnights}) > 1


def _runs(day: date, times: Sequence[time], zone: ZoneInfo) -> list[datetime]:
    """Return the instants of the runs of a day, without the times that the clock leaves out."""
    instants = [(at, datetime.combine(day, at, zone).astimezone(UTC)) for at in times]
    return [run for at, run in instants if run.astimezone(zone).time() == at]


def _differences(runs: Sequence[datetime]) -> list[timedelta]:
    return [later - earlier for earlier, later in pairwise(runs)]
