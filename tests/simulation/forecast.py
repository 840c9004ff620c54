"""What happens to a set of keys day by day, where nobody reacts and nothing fails."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from key_rotation.domain.model import AccessKey
from key_rotation.domain.settings import Settings
from key_rotation.reporting.outcome import Section
from key_rotation_cli.preview.forecast import ForecastDay, Start
from key_rotation_cli.preview.forecast import forecast as forecast_days
from tests.unit.builders import NOW, observed_key


@dataclass
class Fate:
    """What happened to one key.

    notices: the days on which it got a notice, with the days that they named
    reminders: the days on which its day was named again
    """

    notices: list[tuple[date, date]] = field(default_factory=list)
    reminders: list[date] = field(default_factory=list)
    deactivated: date | None = None
    announced_deletion: date | None = None
    deleted: date | None = None


@dataclass
class Forecast:
    """The fates of the keys, and how many changes were made on each day."""

    fates: Mapping[str, Fate]
    changes: Counter[date]


def forecast(
    keys: Iterable[AccessKey], settings: Settings, days: int, *, every: int = 1
) -> Forecast:
    """Plan a number of days; a run takes place on every so many days."""
    observed = tuple(map(observed_key, keys))
    result = Forecast(
        fates={each.key.access_key_id: Fate() for each in observed}, changes=Counter()
    )
    now = replace(NOW, days_between_runs=every)
    for day in forecast_days(Start(now=now, settings=settings, keys=observed), days):
        _add(day, result)
    return result


def _add(day: ForecastDay, result: Forecast) -> None:
    for entry in day.keys:
        fate = result.fates[entry.access_key_id]
        result.changes[day.date] += entry.section in {Section.DEACTIVATED, Section.DELETED}
        match entry.section:
            case Section.NOTICED:
                assert entry.due
                fate.notices.append((day.date, entry.due))
            case Section.DEACTIVATED:
                fate.deactivated, fate.announced_deletion = day.date, entry.due
            case Section.DELETED:
                fate.deleted = day.date
            case Section.UPCOMING:
                fate.reminders.append(day.date)
            case _:
                raise AssertionError(entry)
