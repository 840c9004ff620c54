"""The parameter `leave-out`: which accounts are not looked at, why, and until when.

It has the grammar of exemptions. An entry is an `Exemption` whose pattern is the id of an account
or of an organizational unit.
"""

import re
from collections.abc import Iterable
from datetime import date

from key_rotation.domain import exemptions
from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.organisation.accounts import Account

ACCEPTED = (
    "`none`, or one entry a line: the id of an account or of an organizational unit; "
    "then optionally `until YYYY-MM-DD`; then optionally `# reason`"
)
_TARGET = re.compile(r"[0-9]{12}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
"""The ids of accounts and organizational units (Organizations API Reference, ListAccounts and
DescribeOrganizationalUnit)."""


def parse(text: str) -> tuple[tuple[Exemption, ...], tuple[str, ...]]:
    """Read the parameter's text; returns its entries, and the lines that cannot be read."""
    entries, unreadable = exemptions.parse(text)
    other = tuple(str(entry) for entry in entries if not _TARGET.fullmatch(entry.pattern))
    return tuple(e for e in entries if _TARGET.fullmatch(e.pattern)), (*unreadable, *other)


def entry_for(account: Account, entries: Iterable[Exemption], today: date) -> Exemption | None:
    """Find the entry that leaves an account out today: of several, the one that lasts longest."""
    reaching = [e for e in entries if _reaches(e, account) and not e.ended(today)]
    return max(reaching, key=lambda e: e.until or date.max, default=None)


def without_effect(
    entries: Iterable[Exemption], accounts: Iterable[Account], today: date
) -> tuple[Exemption, ...]:
    """Return the entries in force that name no account, and no unit with an account."""
    names = {name for account in accounts for name in (account.account_id, *account.ous)}
    return tuple(e for e in entries if e.pattern not in names and not e.ended(today))


def _reaches(entry: Exemption, account: Account) -> bool:
    return entry.pattern == account.account_id or entry.pattern in account.ous
