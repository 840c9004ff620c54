"""The look at the account: its users, their keys, and the last uses that are needed."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.credential_report import begin_report
from key_rotation.adapters.iam_reads import list_keys, list_users, read_last_use
from key_rotation.domain.budget import TimeBudget
from key_rotation.domain.decide import PROPAGATION, decide, needs_last_use
from key_rotation.domain.model import (
    AccessKey,
    Action,
    Failure,
    Inventory,
    ListedUser,
    Mode,
    Now,
    ObservedKey,
    Scan,
    Status,
    User,
)
from key_rotation.domain.plan import key_failure
from key_rotation.domain.run_state import Continuation, RunState
from key_rotation.domain.selection import is_full_scan_due
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Deactivated, Watch, Watches
from key_rotation.errors import UnreadableError, UserNotFoundError
from key_rotation.service_layer.targets import all_users, from_continuation, from_credential_report

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

BATCH = 64
"""Users that are read before time and room are looked at again."""
CONSISTENCY_DELAY = 5.0
"""Seconds for IAM to catch up with itself (IAM User Guide, "Changes are not always visible")."""
MAX_NOTICES_PER_DIGEST = 300
"""SnsTopic that a digest is sure to hold with ordinary names; the next part gives the others."""


@dataclass(frozen=True, slots=True)
class InventoryReader:
    """What it takes to look at an account."""

    iam: "IAMClient"
    settings: Settings
    now: Now
    budget: TimeBudget
    mode: Mode

    def read(
        self, watches: Watches, previous: RunState, continuation: Continuation | None
    ) -> Inventory:
        """Look at every user who may have a key that a rule acts on.

        continuation: whom an earlier part of the run left to this one

        Stops where the time, or the room of one digest, is used up, and names the rest. Raises
        ListUsersError when the listing of users breaks off.
        """
        sweep = is_full_scan_due(previous.last_full_scan(self.mode), self.now)
        if continuation is None and not sweep:
            begin_report(self.iam)  # IAM makes it while the users are listed
        listed = list_users(self.iam)
        if continuation is not None:
            whom = from_continuation(listed, continuation)
        elif sweep:
            whom = all_users(listed, watches)
        else:
            whom = from_credential_report(
                self.iam, listed, watches, previous, now=self.now, settings=self.settings
            )
        inventory = Inventory(
            scan=whom.scan,
            note=whom.note,
            listed=tuple(user.user for user in listed),
            reported_keys=whom.reported_keys,
        )
        waiting = list(whom.users)
        room = MAX_NOTICES_PER_DIGEST
        while waiting and room > 0:
            batch, waiting = waiting[:BATCH], waiting[BATCH:]
            part = self._read(batch, watches.by_key_id)
            if any(
                self._needs_reread(observed, watches.by_key_id) for observed in part.observed_keys
            ):
                time.sleep(CONSISTENCY_DELAY)
                part = self._read(batch, watches.by_key_id)
            inventory = inventory.merge(part)
            room -= sum(
                self._is_notice(observed, watches.by_key_id) for observed in part.observed_keys
            )
            if not self.budget.allows_reads:
                break
        return replace(inventory, rest=tuple(user.user.user_id for user in waiting))

    def _read(self, batch: Iterable[ListedUser], watches: Mapping[str, Watch]) -> Inventory:
        """Read the keys of some users, and the last uses that are needed."""
        read = in_parallel(lambda listed: self._read_one(listed.user, watches), batch)
        return reduce(Inventory.merge, read)

    def _read_one(self, user: User, watches: Mapping[str, Watch]) -> Inventory:
        """Read the keys of one user; of a user who is gone or renamed since the listing, none."""
        nothing = Inventory(scan=Scan.TARGETED)
        try:
            keys = list_keys(self.iam, user)
        except UserNotFoundError:
            return nothing
        except UnreadableError as error:
            return replace(nothing, failures=(Failure(user_name=user.name, text=str(error)),))
        observed_keys = [self._observe(key, watches) for key in keys]
        return replace(
            nothing,
            read_user_ids=frozenset({user.user_id}),
            keys=keys,
            observed_keys=tuple(s for s in observed_keys if isinstance(s, ObservedKey)),
            failures=tuple(f for f in observed_keys if isinstance(f, Failure)),
        )

    def _observe(self, key: AccessKey, watches: Mapping[str, Watch]) -> ObservedKey | Failure:
        watch = watches.get(key.access_key_id)
        needed = needs_last_use(key, watch, now=self.now, settings=self.settings)
        try:
            return ObservedKey(key=key, last_use=read_last_use(self.iam, key) if needed else None)
        except UnreadableError as error:
            return key_failure(key, str(error))

    def _needs_reread(self, observed: ObservedKey, watches: Mapping[str, Watch]) -> bool:
        """Return whether a key is active so soon after its deactivation that IAM may be behind.

        Taken for turned on again, it would be announced anew, and then be found inactive.
        """
        watch = watches.get(observed.key.access_key_id)
        if watch is None or not isinstance(watch.state, Deactivated):
            return False
        recent = self.now.instant - watch.state.since < PROPAGATION
        return recent and observed.key.status is Status.ACTIVE

    def _is_notice(self, observed: ObservedKey, watches: Mapping[str, Watch]) -> bool:
        watch = watches.get(observed.key.access_key_id)
        try:
            decision = decide(observed, watch, now=self.now, settings=self.settings)
        except UnreadableError:
            return False
        return decision.action is Action.NOTICE
