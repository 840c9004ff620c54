"""The recurring expressions of EventBridge Scheduler that a deployment may use.

Synthesis reads them, because Scheduler would report an error only during the deployment, and would
take an expression that never runs.
Source: Scheduler User Guide, "Schedule types"; EventBridge User Guide, "Cron expressions".
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

_RATE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9][0-9]{1,4}) (minutes|hours|days))\)")
_CRON = re.compile(r"cron\(([^() ]+) ([^() ]+) ([^() ]+) ([^() ]+) ([^() ]+) \*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """An expression such as `rate(12 hours)`: a day is 24 hours, whatever the clock shows."""

    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """An expression such as `cron(0 9 * * ? *)`. Where it has `?`, every day matches."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """1 is Sunday."""

    def has_run_on(self, day: date) -> bool:
        """Return whether a run starts on this day."""
        weekday = day.isoweekday() % 7 + 1
        return day.day in self.days and day.month in self.months and weekday in self.weekdays


@dataclass(frozen=True, slots=True)
class _Field:
    """The values of one field of a cron expression; names stand for the values in their order."""

    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    steps: bool = True

    def all(self) -> frozenset[int]:
        return frozenset(range(self.lowest, self.highest + 1))

    def read(self, text: str) -> frozenset[int] | None:
        """Read *, or a list of values, ranges and steps. Return None if one is not valid."""
        if text == "*":
            return self.all()
        parts = [self._read_item(item) for item in text.split(",")]
        values = [part for part in parts if part is not None]
        return frozenset().union(*values) if len(values) == len(parts) else None

    def _read_item(self, item: str) -> frozenset[int] | None:
        found = re.fullmatch(r"(\*|(\w+)(-(\w+))?)(/([1-9][0-9]?))?", item, re.ASCII)
        if found is None or item == "*":
            return None
        step = int(found[6] or 1)
        first = self.lowest if found[1] == "*" else self._value(found[2])
        last = self.highest if found[1] == "*" or (found[5] and not found[4]) else first
        last = self._value(found[4]) if found[4] else last
        if first is None or last is None or first > last or not self._has_step(found[5], step):
            return None
        return frozenset(range(first, last + 1, step))

    def _has_step(self, written: str | None, step: int) -> bool:
        return written is None or (self.steps and step <= self.highest)

    def _value(self, text: str) -> int | None:
        if text in self.names:
            return self.lowest + self.names.index(text)
        value = int(text) if re.fullmatch("[0-9]{1,2}", text) else -1
        return value if self.lowest <= value <= self.highest else None


_MINUTE, _HOUR, _DAY = _Field(0, 59), _Field(0, 23), _Field(1, 31)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH = _Field(1, 12, _MONTHS)
# The documentation of AWS lists no step for the day of the week.
_WEEKDAY = _Field(1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), steps=False)

ACCEPTED = (
    "rate(n minutes|hours|days), or cron(minutes hours day-of-month month day-of-week *) with ? for"
    " exactly one of the two days and lists, ranges and steps of values, that runs at least once in"
    " seven days: for example cron(0 9 * * ? *) or rate(12 hours)"
)
"""What `parse_schedule` reads, for an error message; `schedule_gap` judges how often it runs."""


def parse_schedule(expression: str) -> Rate | Cron | None:
    """Return what a recurring expression means, or None if it is not accepted.

    Not accepted: at(...), which runs once; a year other than *, after which nothing would run; L, W
    and #, which mean one day a month; and a range that runs backwards, which AWS does not document.
    """
    if rate := _RATE.fullmatch(expression):
        number, unit = rate[1].split(" ")
        return Rate(every=timedelta(**{unit.removesuffix("s") + "s": int(number)}))
    cron = _CRON.fullmatch(expression)
    return _read_cron(*cron.groups()) if cron else None


def _read_cron(minute: str, hour: str, day: str, month: str, weekday: str) -> Cron | None:
    if (day == "?") == (weekday == "?"):
        return None
    minutes, hours, months = _MINUTE.read(minute), _HOUR.read(hour), _MONTH.read(month)
    days = _DAY.all() if day == "?" else _DAY.read(day)
    weekdays = _WEEKDAY.all() if weekday == "?" else _WEEKDAY.read(weekday)
    if minutes and hours and days and months and weekdays:
        return Cron(minutes=minutes, hours=hours, days=days, months=months, weekdays=weekdays)
    return None
