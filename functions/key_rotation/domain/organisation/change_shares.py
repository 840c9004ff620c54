"""How the organization's limit of changes is shared out, so that the oldest keys come first.

Every change rests on a watch, unless `notice-days` is 0: so what is due is known before any account
is asked, and no counter is shared by accounts that are looked at at once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from key_rotation.domain.decide import decide
from key_rotation.domain.model import NEVER_USED, AccessKey, Now, ObservedKey, Status
from key_rotation.domain.settings import Settings
from key_rotation.domain.step import CHANGES
from key_rotation.domain.watch import Deactivated, Deleting, Watch


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class DueChange:
    """A key that the run of its account is expected to change; they sort as a run changes them.

    refused: whether the last change of the key failed, or its account could not be looked at, so
        that other keys come first
    """

    refused: bool
    created: datetime
    account_id: str
    access_key_id: str


def due_changes(
    account_id: str,
    watches: Iterable[Watch],
    settings: Settings,
    now: Now,
    *,
    failing: bool = False,
) -> tuple[DueChange, ...]:
    """Return what is due in one account, up to its own limit: as a run decides each key.

    failing: whether the account could not be looked at by the last run

    A key counts as its watch left it: active with a notice, or inactive and unused in its window.
    """
    due = sorted(
        DueChange(
            refused=watch.refused or failing,
            created=watch.created,
            account_id=account_id,
            access_key_id=watch.access_key_id,
        )
        for watch in watches
        if _is_due(watch, settings, now)
    )
    return tuple(due[: settings.max_changes_per_run])


def follows_its_own_limit(settings: Settings) -> bool:
    """Return whether a run deactivates keys without a notice, so that none is foreseen."""
    return settings.notice == timedelta(0)


def share_out(
    limit: int, due: Sequence[DueChange], account_ids: Iterable[str]
) -> Mapping[str, int]:
    """Return how many keys each account may change in this run.

    limit: how many keys of all accounts the run may change
    due: what is due in all accounts
    account_ids: the accounts whose changes are foreseen

    An account gets no more than is foreseen, also where the limit has room: what becomes due while
    the run takes place, such as after midnight, waits for the next one.
    """
    shares = Counter(change.account_id for change in sorted(due)[:limit])
    return {account_id: shares[account_id] for account_id in account_ids}


def _is_due(watch: Watch, settings: Settings, now: Now) -> bool:
    """Return whether a run changes a key that is as its watch left it."""
    window = watch.state.window if isinstance(watch.state, Deleting) else watch.state
    inactive = isinstance(window, Deactivated)
    key = AccessKey(
        access_key_id=watch.access_key_id,
        user=watch.user,
        status=Status.INACTIVE if inactive else Status.ACTIVE,
        status_text="",
        created=watch.created,
    )
    last_use = window.baseline if isinstance(window, Deactivated) else NEVER_USED
    observed = ObservedKey(key=key, last_use=last_use)
    return decide(observed, watch, now=now, settings=settings).action in CHANGES
