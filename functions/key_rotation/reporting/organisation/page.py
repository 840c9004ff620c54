"""What one of the messages of an organization's digest contains."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from key_rotation.reporting.organisation.key_entry import KeyEntry
from key_rotation.reporting.organisation.report import NotLookedAt, OrganisationReport
from key_rotation.reporting.outcome import Section

MAX_NAMED = 30
"""How many accounts or parameters each kind of other news names; the others are counted."""

Item = NotLookedAt | KeyEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one of the messages of a digest contains.

    number, total: which message it is, of how many; the first one also has what is no key's
    names: how many accounts or parameters each kind of other news names
    left_for_tomorrow: how many outcomes of each section are in no message, and are news again
    not_listed: how many others are in no message
    accounts_not_listed: how many of the accounts that were not looked at are in no message
    """

    number: int
    total: int
    items: tuple[Item, ...]
    names: int = MAX_NAMED
    left_for_tomorrow: Mapping[Section, int] = field(default_factory=dict)
    not_listed: Mapping[Section, int] = field(default_factory=dict)
    accounts_not_listed: int = 0

    @property
    def label(self) -> str:
        """`1 of 2`; empty where there is one message only."""
        return f"{self.number} of {self.total}" if self.total > 1 else ""

    @property
    def unnamed_notices(self) -> int:
        """How many notices no message names: they are not given."""
        return self.left_for_tomorrow.get(Section.NOTICED, 0)

    @property
    def keys(self) -> tuple[KeyEntry, ...]:
        """The keys that it names."""
        return tuple(item for item in self.items if isinstance(item, KeyEntry))

    @property
    def not_looked_at(self) -> tuple[NotLookedAt, ...]:
        """The accounts that it names as not looked at."""
        return tuple(item for item in self.items if isinstance(item, NotLookedAt))


def failing_first(report: OrganisationReport) -> tuple[NotLookedAt, ...]:
    """Return the accounts that could not be looked at, those that last longest first."""
    return tuple(sorted(report.failing, key=lambda a: (a.since, a.registered.account.account_id)))
