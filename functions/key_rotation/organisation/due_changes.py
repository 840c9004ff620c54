"""The changes that are due in all accounts, and each account's share of the limit."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.ledger import Ledger
from key_rotation.domain.model import Mode, Now
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.organisation.change_shares import (
    DueChange,
    due_changes,
    follows_its_own_limit,
    share_out,
)
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Ended, Watch
from key_rotation.errors import UnreadableItemError
from key_rotation.organisation.hub import Hub


def is_enforced(row: RegisteredAccount) -> bool:
    """Whether the run changes keys in an account: it is looked at, and not in report mode."""
    if not row.is_item or row.settings is None or row.report_only:
        return False
    return row.settings.raw["mode"].value == Mode.ENFORCE


@dataclass(frozen=True, slots=True)
class AccountLedgers:
    """What the ledger keeps of the accounts; it is only read, in the name of no run."""

    hub: Hub

    def read_watches(self, account_id: str) -> Collection[Watch]:
        """Read the watches of an account that can be read; raises LedgerError."""
        return self._of(account_id).read_watches().by_key_id.values()

    def open_watches(self, account_id: str) -> int:
        """Return how many keys of an account are watched; raises LedgerError."""
        watches = self.read_watches(account_id)
        return sum(not isinstance(watch.state, Ended) for watch in watches)

    def changes_for(self, account_id: str, event_id: str) -> int:
        """Return how many keys an account's earlier runs for an event have changed.

        One whose state cannot be read changes none in this run either. Raises LedgerError.
        """
        try:
            state = self._of(account_id).read_run_state()
        except UnreadableItemError:
            return 0
        return state.changes_by_event.get(event_id, 0)

    def _of(self, account_id: str) -> Ledger:
        return Ledger(self.hub.table, "", self.hub.partitions(account_id))


def share_changes(
    rows: Sequence[RegisteredAccount], run: OrganisationRun, hub: Hub, now: Now
) -> tuple[tuple[RegisteredAccount, ...], OrganisationRun]:
    """Return the rows with `changes_allowed`, and the run with the number of changes that are due.

    run: its limit is that of the organization; all runs for one event share it, as those of one
        account share its own

    Raises LedgerError.
    """
    ledgers, settings_of = AccountLedgers(hub), _settings_by_account(rows, hub)
    enforced = [row.account.account_id for row in rows if is_enforced(row)]
    failing = {row.account.account_id for row in rows if row.failing_since}
    limit = run.change_limit
    if run.is_repeat:
        counts = in_parallel(lambda name: ledgers.changes_for(name, run.event_id), enforced)
        limit = max(0, limit - sum(counts))

    def due_in(account_id: str) -> tuple[bool, tuple[DueChange, ...]]:
        settings = settings_of(account_id)
        if follows_its_own_limit(settings):
            return False, ()
        watches = ledgers.read_watches(account_id)
        found = due_changes(account_id, watches, settings, now, failing=account_id in failing)
        return True, found

    found = dict(zip(enforced, in_parallel(due_in, enforced), strict=True))
    due = [change for _, changes in found.values() for change in changes]
    foreseen = [name for name, (is_foreseen, _) in found.items() if is_foreseen or limit == 0]
    shares = share_out(limit, due, foreseen)
    shared = (replace(row, changes_allowed=shares.get(row.account.account_id)) for row in rows)
    return tuple(shared), replace(run, due_changes=len(due))


def _settings_by_account(rows: Iterable[RegisteredAccount], hub: Hub) -> Callable[[str], Settings]:
    """Return a function that gives the settings of an account.

    Accounts that the same overrides reach share what applies to them: it is read once, and few
    settings are kept at a time.
    """
    applies = {row.account.account_id: row.settings for row in rows if row.settings}
    by_identity = {id(each): each for each in applies.values()}

    @lru_cache(maxsize=16)
    def parsed(identity: int) -> Settings:
        return hub.settings(by_identity[identity])

    return lambda account_id: parsed(id(applies[account_id]))
