"""Reads the watches, and starts them anew where the ledger was restored from a backup."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from key_rotation.adapters.ledger import Ledger
from key_rotation.domain.model import User
from key_rotation.domain.restored_ledger import restart
from key_rotation.domain.run_state import RunState
from key_rotation.domain.watch import WatchChange, Watches
from key_rotation.errors import LedgerError


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWatches:
    """What was read.

    ledger_created: when the table was created
    restored: whether it was restored from a backup since the last run
    undelivered: what earlier parts of this run decided, and the ledger lacks until the digest
    """

    watches: Watches
    ledger_created: str
    restored: bool
    undelivered: tuple[WatchChange, ...] = ()

    def with_users(self, users: Iterable[User]) -> Self:
        """Return the watches with the names that IAM gives their users today."""
        return replace(self, watches=self.watches.with_users(users))


def read_stored_watches(ledger: Ledger, previous: RunState) -> StoredWatches:
    """Read the watches; raises LedgerError.

    The watches of a restored ledger may be older than what was announced since. They start anew
    before anything is decided, so that no key is changed on the day of an old announcement. In
    report mode too: it makes later runs act later only.
    """
    created = ledger.read_creation()
    watches = ledger.read_watches()
    restored = previous.is_of_another_table(created)
    if restored:
        written = ledger.write_watches(restart(watches))
        for result in written.values():
            if isinstance(result, LedgerError):
                raise result
        watches = ledger.read_watches()
    return StoredWatches(watches=watches, ledger_created=created, restored=restored)
