"""The look at the account: whom to ask, their keys, and the last uses that are needed."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from key_rotation.budget import Budget
from key_rotation.choice import choose, in_order, is_sweep_due
from key_rotation.credential_report import read_report
from key_rotation.decide import PROPAGATION, decide, needs_last_use
from key_rotation.errors import NoReportError, UnreadableError, UserGoneError
from key_rotation.iam_reads import list_keys, list_users, owner_of, read_last_use
from key_rotation.model import (
    AccessKey,
    Action,
    Coverage,
    Failure,
    Inventory,
    Listed,
    Now,
    Sighting,
    Slot,
    Status,
)
from key_rotation.parallel import in_parallel
from key_rotation.plan import failure_of
from key_rotation.request import Remainder
from key_rotation.run_state import RunState
from key_rotation.settings import Settings
from key_rotation.watch import Deactivated, Memory, Watch

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

BATCH = 64
"""Users that are read before time and room are looked at again."""
SETTLE = 5.0
"""Seconds for IAM to catch up with itself (IAM User Guide, "Changes are not always visible")."""
ROOM = 300
"""Notices that a digest is sure to hold with ordinary names; the next part gives the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom a run asks, and what the credential report knows of the others."""

    coverage: Coverage
    users: tuple[Listed, ...]
    others: tuple[Slot, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Eyes:
    """What it takes to look at an account."""

    iam: "IAMClient"
    settings: Settings
    now: Now
    budget: Budget

    def look(self, memory: Memory, previous: RunState, remainder: Remainder | None) -> Inventory:
        """Look at every user who may have a key that a rule acts on.

        remainder: whom an earlier part of the run left to this one

        Stops where the time, or the room of one digest, is used up, and names the rest. Raises
        ListingError when the listing of users breaks off.
        """
        listed = list_users(self.iam)
        whom = self._whom(listed, memory, previous, remainder)
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

    def _whom(
        self,
        listed: tuple[Listed, ...],
        memory: Memory,
        previous: RunState,
        remainder: Remainder | None,
    ) -> Whom:
        if remainder is not None:
            by_id = {user.user.user_id: user for user in listed}
            left = tuple(by_id[user_id] for user_id in remainder.user_ids if user_id in by_id)
            return Whom(coverage=remainder.coverage, users=left)
        everybody = in_order(listed, memory.watches)
        if is_sweep_due(previous.swept, self.now):
            return Whom(coverage=Coverage.SWEEP, users=everybody)
        try:
            rows = read_report(self.iam, self.now)
        except NoReportError as error:
            note = f"Keys were read of everybody, since there was no credential report: {error}."
            return Whom(coverage=Coverage.SWEEP, users=everybody, note=note)
        always = self._always(listed, memory, previous)
        chosen = choose(everybody, rows, always=always, now=self.now, settings=self.settings)
        names = {user.user.name for user in chosen}
        others = tuple(
            slot
            for name, row in rows.items()
            if name not in names
            for slot in row.slots
            if slot.rotated
        )
        return Whom(coverage=Coverage.CHOSEN, users=chosen, others=others)

    def _always(
        self, listed: Iterable[Listed], memory: Memory, previous: RunState
    ) -> frozenset[str]:
        """The users to ask whatever the report says: what a digest lists, the next finds again.

        They have a watch, a key of unknown status, or a key that is exempt by its id.
        """
        ids = {user.user.name: user.user.user_id for user in listed}
        exempt = (e.key_id for e in self.settings.exemptions if not e.ended(self.now.today))
        owners = {owner_of(self.iam, key_id) for key_id in exempt if key_id}
        return frozenset(
            {watch.user.user_id for watch in memory.watches.values()}
            | {ids[name] for name in owners if name in ids}
            | set(previous.unknown_status.values())
        )

    def _read(self, batch: list[Listed], watches: Mapping[str, Watch]) -> Inventory:
        """Read the keys of some users, and the last uses that are needed."""
        found = in_parallel(self._keys, batch)
        keys = [key for answer in found if isinstance(answer, tuple) for key in answer]
        sightings = in_parallel(lambda key: self._sighting(key, watches), keys)
        return Inventory(
            coverage=Coverage.CHOSEN,
            asked=frozenset(
                user.user.user_id
                for user, answer in zip(batch, found, strict=True)
                if isinstance(answer, tuple)
            ),
            keys=tuple(keys),
            sightings=tuple(s for s in sightings if isinstance(s, Sighting)),
            failures=tuple(f for f in (*found, *sightings) if isinstance(f, Failure)),
        )

    def _keys(self, listed: Listed) -> tuple[AccessKey, ...] | Failure | None:
        """Read a user's keys; None where the user went, or was renamed, since the listing."""
        try:
            return list_keys(self.iam, listed.user)
        except UserGoneError:
            return None
        except UnreadableError as error:
            return Failure(user_name=listed.user.name, text=str(error))

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
