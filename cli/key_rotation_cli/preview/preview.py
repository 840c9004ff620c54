"""A preview: what was read, what is planned, and what people ask of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from key_rotation.domain.model import Now, ObservedKey, Status
from key_rotation.domain.settings import Settings
from key_rotation_cli.preview.account import Account
from key_rotation_cli.preview.backlog import Backlog, find_backlog
from key_rotation_cli.preview.counts import Counts, count_keys
from key_rotation_cli.preview.due_keys import DueKey, find_coming_keys, is_due
from key_rotation_cli.preview.forecast import ForecastDay, Start, forecast
from key_rotation_cli.preview.key_owners import UNNAMED, KeyOwners, Known
from key_rotation_cli.preview.thresholds import Source

IN_USE_DAYS = timedelta(days=30)
"""A key is in use if it was used in the last so many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptKey:
    """A key that would come due within the horizon, and is exempt today.

    until: the last day of its exemption; None for no end
    """

    observed: ObservedKey
    until: date | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One preview.

    days: of the forecast, of which the first is today
    horizon: how many days the forecast has
    coming_keys: the keys that get a notice, stop working or are deleted within it, by day
    due_keys: those of them that stop working or are deleted within it, or wait for an owner
    in_use: those of them that stop working, and were used in the last 30 days
    notes: what people should know of the deployment, a sentence each
    owners: of the keys in `coming_keys`; None where no owner gets mail
    """

    account_id: str
    now: Now
    settings: Settings
    source: Source
    account: Account
    horizon: int
    days: tuple[ForecastDay, ...]
    counts: Counts
    coming_keys: tuple[DueKey, ...]
    due_keys: tuple[DueKey, ...]
    in_use: tuple[DueKey, ...]
    exempt: tuple[ExemptKey, ...]
    backlog: Backlog
    stack: str | None = None
    notes: tuple[str, ...] = ()
    owners: KeyOwners | None = None

    @property
    def observed(self) -> Mapping[str, ObservedKey]:
        """The keys that were read, by key id."""
        return {key.key.access_key_id: key for key in self.account.observed_keys}

    @property
    def knows_owners(self) -> bool:
        """Whether it says who owns keys."""
        return self.owners is not None

    @property
    def owner_counts(self) -> Mapping[Known, int]:
        """How many of the coming keys have an owner that is known in which way."""
        if self.owners is None:
            return {}
        return self.owners.count(each.observed for each in self.coming_keys)

    @property
    def unnamed(self) -> tuple[DueKey, ...]:
        """The coming keys whose owner no tag and no user name gives, those without one first."""
        owners = self.owners
        if owners is None:
            return ()
        return tuple(
            key
            for known in UNNAMED
            for key in self.coming_keys
            if owners.known(key.observed) is known
        )

    @property
    def waiting(self) -> tuple[DueKey, ...]:
        """The keys that wait for an owner."""
        return tuple(key for key in self.due_keys if key.waits)

    @property
    def requires_owner(self) -> bool:
        """Whether a key is deactivated only if a mail about its notice was accepted."""
        return self.settings.requires_owner

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.account.complete

    def age_days(self, key: ObservedKey) -> int:
        """Return how old a key is today."""
        return (self.now.today - self.now.day(key.key.created)).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a preview is of."""

    account_id: str
    account: Account
    source: Source
    stack: str | None
    notes: tuple[str, ...]


def make_preview(subject: Subject, start: Start, horizon: int) -> Preview:
    """Forecast so many days from what was read."""
    days = forecast(start, horizon)
    last_day = start.now.today + timedelta(days=horizon - 1)
    found = find_coming_keys(start, days)
    coming = tuple(key for key in found if key.noticed or is_due(key, last_day))
    due_keys = tuple(key for key in coming if is_due(key, last_day))
    in_use = (key for key in due_keys if _is_in_use(key.observed, start.now) and not key.waits)
    return Preview(
        account_id=subject.account_id,
        now=start.now,
        settings=start.settings,
        source=subject.source,
        account=subject.account,
        horizon=horizon,
        days=days,
        counts=count_keys(subject.account, start.now, start.settings),
        coming_keys=coming,
        due_keys=due_keys,
        in_use=tuple(in_use),
        exempt=_exempt_keys(start, last_day),
        backlog=find_backlog(start, days),
        stack=subject.stack,
        notes=subject.notes,
    )


def _is_in_use(observed: ObservedKey, now: Now) -> bool:
    at = observed.last_use.at if observed.last_use else None
    recently = at is not None and now.today - now.day(at) <= IN_USE_DAYS
    return recently and observed.key.status is Status.ACTIVE


def _exempt_keys(start: Start, last_day: date) -> tuple[ExemptKey, ...]:
    now, settings = start.now, start.settings
    found = []
    for observed in start.keys:
        key = observed.key
        would_be_due = max(now.day(key.created) + settings.max_age, now.today + settings.notice)
        entry = settings.exemption_of(key, now.today)
        if entry and key.status is Status.ACTIVE and would_be_due <= last_day:
            found.append(ExemptKey(observed=observed, until=entry.until, reason=entry.reason))
    return tuple(sorted(found, key=lambda each: each.observed.key.created))
