"""Which exemptions end soon, and how many entries a run remembers that a digest has named."""

from collections.abc import Iterable, Mapping
from datetime import date

from key_rotation.domain.exemptions import Exemption, remembered_line
from key_rotation.domain.model import Now

FIRST_DAYS = 14
"""How many days before its last day an entry is named first."""
MAX_BYTES = 40_000
"""What is remembered of the entries that ended, that end soon, and that match nothing: each."""


def bounded(lines: Iterable[str]) -> tuple[str, ...]:
    """Return as many lines as the run state has room for; the others are news again."""
    fitting: list[str] = []
    size = 0
    for line in lines:
        size += len(line.encode()) + 20
        if size > MAX_BYTES:
            break
        fitting.append(line)
    return tuple(fitting)


def ending(entries: Iterable[Exemption], now: Now) -> tuple[Exemption, ...]:
    """Return the entries whose last day is at most 14 days away, the first to end first.

    An entry with the pattern of one that lasts longer is none of them: nothing ends with it.
    """
    entries = tuple(dict.fromkeys(entries))
    latest: dict[str, date] = {}
    for entry in entries:
        pattern, until = entry.pattern.casefold(), entry.until or date.max
        latest[pattern] = max(until, latest.get(pattern, until))
    soon = (
        entry
        for entry in entries
        if entry.until == latest[entry.pattern.casefold()] and _stage(entry, now, now.today)
    )
    return tuple(sorted(soon, key=lambda entry: entry.until or date.max))


def to_be_named(
    entries: Iterable[Exemption], named: Mapping[str, date], now: Now
) -> tuple[Exemption, ...]:
    """Return those of the entries that end soon which a digest has to name.

    named: the day on which a digest last named an entry, by its remembered line

    Each is named twice: from 14 days before its last day on, and by the last run that is at least
    one day before it.
    """

    def is_new(entry: Exemption) -> bool:
        last = named.get(remembered_line(entry))
        return last is None or _stage(entry, now, now.today) > _stage(entry, now, last)

    return tuple(filter(is_new, entries))


def _stage(entry: Exemption, now: Now, day: date) -> int:
    """Return 2 if on a day the last run before the end may take place, 1 if the end is near."""
    if entry.until is None or entry.ended(day):
        return 0
    left = (entry.until - day).days
    if left <= max(1, now.days_between_runs):
        return 2
    return 1 if left <= FIRST_DAYS else 0
