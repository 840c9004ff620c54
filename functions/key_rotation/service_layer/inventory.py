"""The look at the account: its users, their keys, and the last uses that are needed."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from key_rotation.adapters.credential_report import begin_report
from key_rotation.adapters.iam_reads import list_keys, list_users, read_last_use
from key_rotation.adapters.parallel import in_parallel
from key_rotation.domain.budget import Budget
from key_rotation.domain.choice import is_sweep_due
from key_rotation.domain.decide import PROPAGATION, decide, needs_last_use
from key_rotation.domain.model import (
    AccessKey,
    Action,
    Coverage,
    Failure,
    Inventory,
    Listed,
    Mode,
    Now,
    Sighting,
    Status,
    User,
)
from key_rotation.domain.plan import failure_of
from key_rotation.domain.run_state import Remainder, RunState
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Deactivated, Memory, Watch
from key_rotation.errors import UnreadableError, UserGoneError
from key_rotation.service_layer.whom import everybody, left_over, those_who_matter

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

BATCH = 64
"""Users that are read before time and room are looked at again."""
SETTLE = 5.0
"""Seconds for IAM to catch up with itself (IAM User Guide, "Changes are not always visible")."""
ROOM = 300
"""Notices that a digest is sure to hold with ordinary names; the next part gives the others."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """What it takes to look at an account."""

    iam: "IAMClient"
    settings: Settings
    now: Now
    budget: Budget
    mode: Mode

    def look(self, memory: Memory, previous: RunState, remainder: Remainder | None) -> Inventory:
        """Look at every user who may have a key that a rule acts on.

        remainder: whom an earlier part of the run left to this one

        Stops where the time, or the room of one digest, is used up, and names the rest. Raises
        ListingError when the listing of users breaks off.
        """
        sweep = is_sweep_due(previous.last_sweep(self.mode), self.now)
        if remainder is None and not sweep:
            begin_report(self.iam)  # IAM makes it while the users are listed
        listed = list_users(self.iam)
        if remainder is not None:
            whom = left_over(listed, remainder)
        elif sweep:
            whom = everybody(listed, memory)
        else:
            whom = those_who_matter(
                self.iam, listed, memory, previous, now=self.now, settings=self.settings
            )
        seen = Inventory(
            coverage=whom.coverage,
            note=whom.note,
            listed=tuple(user.user for user in listed),
            others=whom.others,
        )
        waiting = list(whom.users)
        room = ROOM
        while waiting and room > 0:
            batch, waiting = waiting[:BATCH], waiting[BATCH:]
            part = self._read(batch, memory.watches)
            if any(self._is_doubtful(sighting, memory.watches) for sighting in part.sightings):
                time.sleep(SETTLE)
                part = self._read(batch, memory.watches)
            seen = seen.joined(part)
            room -= sum(self._is_notice(sighting, memory.watches) for sighting in part.sightings)
            if not self.budget.may_read:
                break
        return replace(seen, rest=tuple(user.user.user_id for user in waiting))

    def _read(self, batch: Iterable[Listed], watches: Mapping[str, Watch]) -> Inventory:
        """Read the keys of some users, and the last uses that are needed."""
        read = in_parallel(lambda listed: self._read_one(listed.user, watches), batch)
        return reduce(Inventory.joined, read)

    def _read_one(self, user: User, watches: Mapping[str, Watch]) -> Inventory:
        """Read one user, of whom nothing is seen who went, or was renamed, since the listing."""
        nothing = Inventory(coverage=Coverage.CHOSEN)
        try:
            keys = list_keys(self.iam, user)
        except UserGoneError:
            return nothing
        except UnreadableError as error:
            return replace(nothing, failures=(Failure(user_name=user.name, text=str(error)),))
        sightings = [self._sighting(key, watches) for key in keys]
        return replace(
            nothing,
            asked=frozenset({user.user_id}),
            keys=keys,
            sightings=tuple(s for s in sightings if isinstance(s, Sighting)),
            failures=tuple(f for f in sightings if isinstance(f, Failure)),
        )

    def _sighting(self, key: AccessKey, watches: Mapping[str, Watch]) -> Sighting | Failure:
        watch = watches.get(key.access_key_id)
        needed = needs_last_use(key, watch, now=self.now, settings=self.settings)
        try:
            return Sighting(key=key, last_use=read_last_use(self.iam, key) if needed else None)
        except UnreadableError as error:
            return failure_of(key, str(error))

    def _is_doubtful(self, sighting: Sighting, watches: Mapping[str, Watch]) -> bool:
        """Say whether a key is seen active so soon after its deactivation that IAM may be behind.

        Taken for turned on again, it would be announced anew, and then be found inactive.
        """
        watch = watches.get(sighting.key.access_key_id)
        if watch is None or not isinstance(watch.state, Deactivated):
            return False
        recent = self.now.instant - watch.state.since < PROPAGATION
        return recent and sighting.key.status is Status.ACTIVE

    def _is_notice(self, sighting: Sighting, watches: Mapping[str, Watch]) -> bool:
        watch = watches.get(sighting.key.access_key_id)
        try:
            decision = decide(sighting, watch, now=self.now, settings=self.settings)
        except UnreadableError:
            return False
        return decision.action is Action.NOTICE
