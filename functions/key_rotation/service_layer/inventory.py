"""Reads the account: its users, their keys, and the last uses that are needed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.credential_report import begin_credential_report
from key_rotation.adapters.iam_reads import list_keys, list_users, owner_of, read_last_use
from key_rotation.domain.decide import PROPAGATION, needs_last_use
from key_rotation.domain.inventory import Inventory, ListedUser, Scan
from key_rotation.domain.model import AccessKey, Failure, ObservedKey, Status, User
from key_rotation.domain.run_state import Continuation, RunState
from key_rotation.domain.selection import is_full_scan_due
from key_rotation.domain.step import key_failure
from key_rotation.domain.watch import Deactivated, Deactivating, Ended, Watch, Watches
from key_rotation.errors import UnreadableError, UserNotFoundError
from key_rotation.service_layer.run_context import RunContext
from key_rotation.service_layer.targets import (
    Targets,
    all_users,
    from_continuation,
    from_credential_report,
)

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

BATCH_SIZE = 64
"""Users whose keys are read before the time is checked again."""
CONSISTENCY_DELAY = 5.0
"""Seconds until IAM is consistent (IAM User Guide, "Changes are not always visible")."""


@dataclass(frozen=True, slots=True)
class InventoryReader:
    """Reads one account."""

    iam: "IAMClient"
    context: RunContext
    watches: Watches

    def read(self, previous: RunState, continuation: Continuation | None) -> Inventory:
        """Read the keys of every user who may have a key that a rule acts on.

        continuation: the users that an earlier part of the run left to this one

        Stops when the time is used up, and returns the ids of the users that are left. Raises
        ListUsersError when the listing of users breaks off.
        """
        scan = is_full_scan_due(previous.last_full_scan_in(self.context.mode), self.context.now)
        if continuation is None and not scan:
            begin_credential_report(self.iam)  # IAM generates it while the users are listed
        listed = list_users(self.iam)
        if continuation is not None:
            targets = from_continuation(listed, continuation)
        elif scan:
            targets = all_users(listed, self.watches)
        else:
            targets = from_credential_report(self.iam, listed, self.watches, previous, self.context)
        users = tuple(user.user for user in listed)
        inventory = self._read_targets(users, targets)
        return self._find_missing_keys(inventory, first_part=continuation is None)

    def _read_targets(self, users: tuple[User, ...], targets: Targets) -> Inventory:
        inventory = Inventory(
            scan=targets.scan,
            note=targets.note,
            users=users,
            reported_keys=targets.reported_keys,
        )
        waiting = list(targets.users)
        while waiting:
            batch, waiting = waiting[:BATCH_SIZE], waiting[BATCH_SIZE:]
            inventory = inventory.merge(self._read_batch(batch))
            if not self.context.budget.allows_reads:
                break
        return replace(inventory, unread_user_ids=tuple(user.user.user_id for user in waiting))

    def _read_batch(self, batch: Iterable[ListedUser]) -> Inventory:
        """Read some users; again after a pause, if IAM may still show a status of before."""
        part = self._read_users(batch)
        if any(map(self._may_be_inconsistent, part.observed_keys)):
            self.context.execution.clock.sleep(CONSISTENCY_DELAY)
            part = self._read_users(batch)
        return part

    def _read_users(self, batch: Iterable[ListedUser]) -> Inventory:
        read = in_parallel(lambda listed: self._read_user(listed.user), batch)
        return reduce(Inventory.merge, read)

    def _read_user(self, user: User) -> Inventory:
        """Read the keys of one user; of a user who is gone or renamed since the listing, none."""
        nothing = Inventory(scan=Scan.TARGETED)
        try:
            keys = list_keys(self.iam, user)
        except UserNotFoundError:
            return nothing
        except UnreadableError as error:
            return self._unreadable(nothing, user, error)
        observed = [self._observe(key) for key in keys]
        return replace(
            nothing,
            read_user_ids=frozenset({user.user_id}),
            keys=keys,
            observed_keys=tuple(key for key in observed if isinstance(key, ObservedKey)),
            failures=tuple(key for key in observed if isinstance(key, Failure)),
        )

    def _unreadable(self, nothing: Inventory, user: User, error: UnreadableError) -> Inventory:
        """Name a user whose keys cannot be read; one who is exempt need not be readable."""
        unreadable = replace(nothing, unreadable_user_ids=frozenset({user.user_id}))
        if self.context.settings.exemption_of_user(user, self.context.now.today):
            return replace(unreadable, exempt_users=(user,))
        return replace(unreadable, failures=(Failure(user_name=user.name, text=str(error)),))

    def _observe(self, key: AccessKey) -> ObservedKey | Failure:
        context = self.context
        watch = self._watch(key)
        needed = needs_last_use(key, watch, now=context.now, settings=context.settings)
        try:
            return ObservedKey(key=key, last_use=read_last_use(self.iam, key) if needed else None)
        except UnreadableError as error:
            begun = watch is not None and isinstance(watch.state, Deactivating)
            if context.settings.exemption_of(key, context.now.today) and not begun:
                return ObservedKey(key=key)
            return key_failure(key, str(error))

    def _find_missing_keys(self, inventory: Inventory, *, first_part: bool) -> Inventory:
        """Ask IAM for each watched key that was not found: it is gone only if IAM says so.

        A listing may lack a user who is renamed meanwhile; then the key has an owner all the same,
        whose keys are read.
        """
        found = {key.access_key_id for key in inventory.keys}
        listed = {user.user_id for user in inventory.users}
        missing = [
            watch
            for watch in self.watches.by_key_id.values()
            if watch.access_key_id not in found
            and not isinstance(watch.state, Ended)
            and (
                watch.user.user_id in inventory.read_user_ids
                or (first_part and watch.user.user_id not in listed)
            )
        ]
        return reduce(Inventory.merge, in_parallel(self._find_key, missing), inventory)

    def _find_key(self, watch: Watch) -> Inventory:
        nothing = Inventory(scan=Scan.TARGETED)
        try:
            owner = owner_of(self.iam, watch)
        except UnreadableError as error:
            return replace(nothing, failures=(key_failure(watch, str(error)),))
        if owner is None:
            return replace(nothing, gone_key_ids=frozenset({watch.access_key_id}))
        read = self._read_user(replace(watch.user, name=owner))
        keep = [key for key in read.keys if key.access_key_id == watch.access_key_id]
        observed = [o for o in read.observed_keys if o.key in keep]
        failures = [f for f in read.failures if f.access_key_id in {None, watch.access_key_id}]
        return replace(
            nothing, keys=tuple(keep), observed_keys=tuple(observed), failures=tuple(failures)
        )

    def _may_be_inconsistent(self, observed: ObservedKey) -> bool:
        """Return whether a key is active so soon after its deactivation that IAM may be behind.

        Otherwise such a key would be announced as turned on again, and then be found inactive.
        """
        watch = self._watch(observed.key)
        if watch is None or not isinstance(watch.state, Deactivated):
            return False
        recent = self.context.now.instant - watch.state.since < PROPAGATION
        return recent and observed.key.status is Status.ACTIVE

    def _watch(self, key: AccessKey) -> Watch | None:
        by_key_id: Mapping[str, Watch] = self.watches.by_key_id
        return by_key_id.get(key.access_key_id)
