"""The preview of an organization: what it has of each account, and the sums. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from key_rotation.domain.model import Now, ObservedKey, Status
from key_rotation.domain.organisation.accounts import Account
from key_rotation.domain.settings import Settings
from key_rotation.reporting.outcome import Section
from key_rotation_cli.preview.backlog import Backlog
from key_rotation_cli.preview.document import LISTED, is_busy
from key_rotation_cli.preview.due_keys import DueKey
from key_rotation_cli.preview.key_owners import Known
from key_rotation_cli.preview.preview import Preview
from key_rotation_cli.preview.thresholds import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPreview:
    """The preview of one account, reduced to what is shown.

    in_use, unknown_use: its keys that would stop working: those in use, and those of which that is
        not known
    """

    account: Account
    preview: Preview

    @property
    def in_use(self) -> int:
        """How many keys in use would stop working."""
        return len(self.preview.in_use)

    @property
    def unknown_use(self) -> int:
        """How many keys would stop working of which it is not known whether they are in use."""
        due = (key.observed for key in self.preview.due_keys)
        return sum(each.last_use is None and each.key.status is Status.ACTIVE for each in due)

    @property
    def rank(self) -> tuple[int, int, int, int, str]:
        """Where it stands in the table: most keys in use first, then most stale ones."""
        found = self.preview
        numbers = (self.in_use, len(found.due_keys), found.counts.stale, found.counts.keys)
        in_use, due, stale, keys = (-number for number in numbers)
        return in_use, due, stale, keys, self.account.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadAccount:
    """An account that could not be read, and why, in AWS's own words."""

    account: Account
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationPreview:
    """The preview of an organization.

    accounts: those that were read, the one with most keys in use first
    unread: those that could not be read
    not_active, outside: how many accounts are not active, or not in the targets
    notes: what people should know besides, a sentence each
    """

    organization_id: str
    now: Now
    settings: Settings
    source: Source
    horizon: int
    accounts: tuple[AccountPreview, ...]
    unread: tuple[UnreadAccount, ...]
    not_active: int
    outside: int
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What could not be read of accounts that were, a sentence each."""
        return tuple(
            f"{each.account.account_id} ({each.account.name}): {text}"
            for each in self.accounts
            for text in each.preview.account.missing
        )

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not (self.unread or self.missing)

    @property
    def totals(self) -> Mapping[str, int]:
        """The numbers of all accounts that were read, by the names that `Counts` gives them."""
        found: Counter[str] = Counter()
        for each in self.accounts:
            counts = each.preview.counts
            for name in TOTALS:
                found[name] += getattr(counts, name)
            found["in_use"] += each.in_use
            found["unknown_in_use"] += each.unknown_use
        return found

    @property
    def knows_owners(self) -> bool:
        """Whether it says who owns keys."""
        return any(each.preview.knows_owners for each in self.accounts)

    @property
    def requires_owner(self) -> bool:
        """Whether a key of some account is deactivated only if mail about it was accepted."""
        return any(each.preview.requires_owner for each in self.accounts)

    @property
    def owner_counts(self) -> Mapping[Known, int]:
        """How many of the coming keys have an owner that is known in which way."""
        found: Counter[Known] = Counter()
        for each in self.accounts:
            found.update(each.preview.owner_counts)
        return found

    @property
    def waiting(self) -> tuple[DueKey, ...]:
        """The keys that wait for an owner."""
        return tuple(key for each in self.accounts for key in each.preview.waiting)

    @property
    def ages(self) -> tuple[int, ...]:
        """The ages of all active keys, in days."""
        return tuple(age for each in self.accounts for age in each.preview.counts.ages)

    @property
    def backlog(self) -> Backlog:
        """The keys that are due; the limit is that of each account, so the greatest decides."""
        found = [each.preview.backlog for each in self.accounts if each.preview.backlog.keys]
        dates = [each.last_date for each in found if each.last_date]
        limits = [each.limit_for_30_days for each in found]
        known = [limit for limit in limits if limit is not None]
        return Backlog(
            keys=sum(each.keys for each in found),
            last_date=max(dates) if len(dates) == len(found) and dates else None,
            limit_for_30_days=max(known) if len(known) == len(limits) and known else None,
        )

    @property
    def days(self) -> tuple[tuple[date, Mapping[Section, int]], ...]:
        """The days with something to do, with how many keys each run lists."""
        found: dict[date, Counter[Section]] = {}
        for each in self.accounts:
            for day in each.preview.days:
                found.setdefault(day.date, Counter()).update(day.counts)
        return tuple(sorted(found.items()))


TOTALS = (
    "users",
    "keys",
    "active",
    "stale",
    "never_used",
    "unused",
    "unknown_use",
    "users_with_two_keys",
)


def reduce(preview: Preview) -> Preview:
    """Drop what no output shows, so that the previews of many accounts fit into memory."""
    days = tuple(day for day in preview.days if is_busy(day))
    listed = {key.access_key_id for day in days for key in day.keys if key.section in LISTED}
    account = preview.account

    def is_listed(key: ObservedKey) -> bool:
        return key.key.access_key_id in listed

    kept = tuple(filter(is_listed, account.observed_keys))
    return replace(
        preview, days=days, account=replace(account, counted_keys=(), observed_keys=kept)
    )
