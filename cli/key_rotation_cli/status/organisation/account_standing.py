"""Where one account of an organization stands, by the register and its watches. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from key_rotation.domain.model import Now
from key_rotation.domain.organisation.accounts import Coverage, RegisteredAccount
from key_rotation.domain.watch import (
    Deactivated,
    Deactivating,
    Deleting,
    Held,
    Noticed,
    Watch,
    Watches,
)

NOTICED, DEACTIVATED, HELD = "noticed", "deactivated", "held"
COUNTED = (NOTICED, DEACTIVATED, HELD)
"""The states of keys that are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """One account.

    row: the account as the next run registers it
    counts: how many keys have a notice, a window or a hold
    due: how many of them are to be deactivated or deleted by tonight
    unreadable: how many watches cannot be read
    """

    row: RegisteredAccount
    counts: Mapping[str, int]
    due: int
    unreadable: int

    @property
    def mode(self) -> str | None:
        """The mode that holds in it; None where no run looks at it."""
        return self.row.settings.raw["mode"].value if self.row.settings else None

    @property
    def is_paused(self) -> bool:
        """Whether its own limit of changes is 0."""
        found = self.row.settings
        return found is not None and found.raw["max-changes-per-run"].value == "0"

    @property
    def is_not_looked_at(self) -> bool:
        """Whether runs should look at it, and do not."""
        if self.row.coverage is not Coverage.COVERED:
            return False
        never = self.row.last_looked_at is None
        return bool(self.row.problems) or self.row.failing_since is not None or never

    @property
    def rank(self) -> tuple[bool, bool, int, int, str]:
        """Its place: not looked at first, those that no run looks at last, else most keys due."""
        covered = self.row.coverage is Coverage.COVERED
        watched = sum(self.counts.values())
        return (
            not self.is_not_looked_at,
            not covered,
            -self.due,
            -watched,
            self.row.account.account_id,
        )


def account_standing(row: RegisteredAccount, watches: Watches, now: Now) -> AccountStanding:
    """Count the watched keys of an account."""
    states = [_state(watch, now) for watch in watches.by_key_id.values()]
    return AccountStanding(
        row=row,
        counts=Counter(state for state, _ in states if state),
        due=sum(is_due for _, is_due in states),
        unreadable=len(watches.unreadable),
    )


def _state(watch: Watch, now: Now) -> tuple[str | None, bool]:
    """Return the state that is counted, and whether its day has come."""
    match watch.state:
        case Noticed(due=due) | Deactivating(notice=Noticed(due=due)):
            return NOTICED, due <= now.today
        case Deactivated(due=due) | Deleting(window=Deactivated(due=due)):
            return DEACTIVATED, due <= now.today
        case Held():
            return HELD, False
        case _:
            return None, False
