"""How many keys are due at once, and how long they take. Pure."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from key_rotation.domain.settings import RANGES
from key_rotation.domain.watch import Deactivating, Noticed
from key_rotation.reporting.outcome import Section
from key_rotation_cli.preview.forecast import ForecastDay, Start, forecast

WORKED_OFF_IN = timedelta(days=30)
LEAST, MOST = 1, RANGES["max-changes-per-run"][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The keys that today's run announces or changes, and those announced before.

    keys: how many they are; those that wait for an owner do not count
    last_date: the day on which the last of them stops working; None without keys, or if paused
    limit_for_30_days: the smallest limit of changes with which that is within 30 days; None
        without keys, or if there is none
    """

    keys: int
    last_date: date | None
    limit_for_30_days: int | None


def find_backlog(start: Start, days: tuple[ForecastDay, ...]) -> Backlog:
    """Find the backlog of the first day of a forecast."""
    key_ids = _key_ids(start, days[0])
    last = _last_day(start, days, key_ids)
    return Backlog(
        keys=len(key_ids),
        last_date=None if start.settings.paused else last,
        limit_for_30_days=_smallest_limit(start) if key_ids else None,
    )


def _key_ids(start: Start, first: ForecastDay) -> frozenset[str]:
    """Return the ids of the keys that are active, and have a day by tonight."""
    today = {
        key.access_key_id
        for section in (Section.NOTICED, Section.DEACTIVATED)
        for key in first.in_section(section)
    }
    withdrawn = {key.access_key_id for key in first.in_section(Section.WITHDRAWN)}
    return frozenset((today | set(_announced(start))) - withdrawn - start.unowned)


def _announced(start: Start) -> dict[str, date]:
    """Return the days of the notices in force, by key id, for keys that are not exempt."""
    keys = {each.key.access_key_id: each.key for each in start.keys}
    found: dict[str, date] = {}
    for key_id, watch in start.watches.by_key_id.items():
        state = watch.state.notice if isinstance(watch.state, Deactivating) else watch.state
        key = keys.get(key_id)
        if key and isinstance(state, Noticed):
            exempt = start.settings.exemption_of(key, start.now.today)
            found |= {} if exempt else {key_id: state.due}
    return found


def _last_day(start: Start, days: tuple[ForecastDay, ...], key_ids: frozenset[str]) -> date | None:
    """Return the last day on which one of the keys stops working, as announced or as done."""
    ends = {key_id: due for key_id, due in _announced(start).items() if key_id in key_ids}
    for day in days:
        for key in day.keys:
            if key.access_key_id not in key_ids:
                continue
            if key.section is Section.NOTICED and key.due:
                ends[key.access_key_id] = key.due
            elif key.section is Section.DEACTIVATED:
                ends[key.access_key_id] = day.date
    return max(ends.values(), default=None)


def _smallest_limit(start: Start) -> int | None:
    """Search the limits by halves: with a higher one, no key stops working later."""
    if not _is_enough(start, MOST):
        return None
    low, high = LEAST, MOST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_enough(start, middle) else (middle + 1, high)
    return low


def _is_enough(start: Start, limit: int) -> bool:
    """Return whether the backlog is worked off in time with a limit of changes.

    The first run gives all days, and they are kept; unless a change is deferred already.
    """
    limited = replace(start, settings=replace(start.settings, max_changes_per_run=limit))
    days = forecast(limited, 1)
    if days[0].in_section(Section.DEFERRED):
        days = forecast(limited, WORKED_OFF_IN.days + 1)
        changed = {k.access_key_id for day in days for k in day.in_section(Section.DEACTIVATED)}
        return _key_ids(limited, days[0]) <= changed
    last = _last_day(limited, days, _key_ids(limited, days[0]))
    return last is not None and last <= start.now.today + WORKED_OFF_IN
