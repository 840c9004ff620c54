"""The keys that a run announces, deactivates or deletes within the horizon of a preview. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from key_rotation.domain.model import ObservedKey
from key_rotation.domain.watch import Deactivating, Noticed, Watch
from key_rotation.reporting.outcome import Section
from key_rotation_cli.preview.forecast import ForecastDay, KeyForecast, Start


@dataclass(frozen=True, slots=True, kw_only=True)
class DueKey:
    """A key that comes due.

    noticed: the day of its first notice; None for one whose notice is in force, or not needed
    announced: the day that its notice names
    deactivated, deleted: the days of these changes, as far as they lie within the horizon
    waits: whether it works on since nobody gets mail about it
    """

    observed: ObservedKey
    noticed: date | None = None
    announced: date | None = None
    deactivated: date | None = None
    deleted: date | None = None
    waits: bool = False

    @property
    def due(self) -> date | None:
        """The day on which it stops working, or, if it is off already, on which it is deleted.

        None for one that waits for an owner.
        """
        if self.waits:
            return None
        return self.deactivated or self.announced or self.deleted


def find_coming_keys(start: Start, days: Iterable[ForecastDay]) -> tuple[DueKey, ...]:
    """Find the keys that get a notice or have a day, the first day first."""
    watches = start.watches.by_key_id
    found = {
        key.key.access_key_id: DueKey(
            observed=key, announced=_announced(watches.get(key.key.access_key_id))
        )
        for key in start.keys
    }
    for day in days:
        for each in day.keys:
            if each.access_key_id in found:
                unowned = each.access_key_id in start.unowned
                key = _after(found[each.access_key_id], each, day.date, unowned=unowned)
                found[each.access_key_id] = key
    coming = [key for key in found.values() if key.noticed or key.due or key.waits]
    return tuple(sorted(coming, key=_order))


def is_due(key: DueKey, last_day: date) -> bool:
    """Return whether the day of a key lies within the horizon, or waits for an owner."""
    return key.waits or (key.due is not None and key.due <= last_day)


def _announced(watch: Watch | None) -> date | None:
    match watch.state if watch else None:
        case Noticed(due=due) | Deactivating(notice=Noticed(due=due)):
            return due
        case _:
            return None


def _after(key: DueKey, forecast: KeyForecast, today: date, *, unowned: bool) -> DueKey:
    match forecast.section:
        case Section.WAITING:
            return replace(key, announced=forecast.due, waits=unowned)
        case Section.NOTICED:
            return replace(key, noticed=key.noticed or today, announced=forecast.due)
        case Section.DEACTIVATED:
            return replace(key, deactivated=key.deactivated or today, waits=False)
        case Section.DELETED:
            return replace(key, deleted=today)
        case Section.WITHDRAWN:
            return replace(key, announced=None, waits=False)
        case _:
            return key


def _order(key: DueKey) -> tuple[date, date, str]:
    created = key.observed.key.created
    return key.due or date.max, created.date(), key.observed.key.access_key_id
