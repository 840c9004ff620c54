"""The days of which evidence is made."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from key_rotation_cli.errors import BadUsageError

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period in the calendar of the deployment; both days are included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """The instant at which it begins."""
        return datetime.combine(self.first, time.min, self.zone)

    @property
    def end(self) -> datetime:
        """The instant before which it ends."""
        return datetime.combine(self.last + ONE_DAY, time.min, self.zone)

    def day(self, instant: datetime) -> date:
        """Return the calendar day on which an instant falls."""
        return instant.astimezone(self.zone).date()

    def contains(self, instant: datetime) -> bool:
        """Return whether an instant falls on one of its days."""
        return self.first <= self.day(instant) <= self.last

    def days_until(self, today: date) -> list[date]:
        """Return its days in order, without those that are still to come."""
        number = (min(self.last, today) - self.first).days + 1
        return [self.first + n * ONE_DAY for n in range(max(number, 0))]


def parse_days(first: str, last: str) -> tuple[date, date]:
    """Read the two dates; raises BadUsageError for a bad one, or if they are in the wrong order."""
    days = _parse("--from", first), _parse("--to", last)
    if days[0] > days[1]:
        raise BadUsageError(f"--from {first} is after --to {last}.")
    return days


_AT_THE_ENDS = {date.min, date.max}
"""Days of which an instant in another time zone would be out of range."""


def _parse(flag: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or str(day) != text or day in _AT_THE_ENDS:
        raise BadUsageError(f"{flag} {text!r} is no date. Write it as YYYY-MM-DD.")
    return day
