"""The keys that a digest of an organization names, in the order in which people must see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from key_rotation.reporting.key_entries import Place
from key_rotation.reporting.organisation.report import AccountReport, OrganisationReport
from key_rotation.reporting.outcome import Outcome, Section

_ORDER = {section: number for number, section in enumerate(Section)}
_NO_DATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """All outcomes of one key, or one of a user whose keys could not be read."""

    account: AccountReport
    outcomes: tuple[Outcome, ...]

    @property
    def name(self) -> tuple[str, str]:
        """What identifies it: the account id, and the access key id or the user's name."""
        first = self.outcomes[0]
        return self.account.account_id, first.access_key_id or first.user_name

    @property
    def section(self) -> Section:
        """The first of its headings."""
        return min((outcome.section for outcome in self.outcomes), key=_ORDER.__getitem__)

    @property
    def needs_delivery(self) -> bool:
        """Whether no later run reports it once this digest counts as delivered."""
        return any(outcome.needs_delivery for outcome in self.outcomes)

    @property
    def rank(self) -> tuple[int, datetime, str, str]:
        """Sort by heading, then the oldest key first, whatever its account."""
        created = self.outcomes[0].created or _NO_DATE
        return _ORDER[self.section], created, *self.name


def place_of(account: AccountReport) -> Place:
    """Return the account as the entry of a key names it."""
    return Place(account_id=account.account_id, name=account.name)


def news_entries(report: OrganisationReport) -> list[KeyEntry]:
    """Return the keys that are news, the most urgent first.

    Those that are only listed in the digest of a single account are counted, and not named.
    """
    entries = (entry for account in report.accounts for entry in _entries(account))
    return sorted(entries, key=lambda entry: entry.rank)


def _entries(account: AccountReport) -> Iterator[KeyEntry]:
    if not account.lists_keys:
        return
    groups: dict[object, list[Outcome]] = {}
    for number, outcome in enumerate(account.report.outcomes):
        groups.setdefault(outcome.access_key_id or number, []).append(outcome)
    for group in groups.values():
        if any(outcome.triggers_digest for outcome in group):
            yield KeyEntry(account=account, outcomes=tuple(group))
