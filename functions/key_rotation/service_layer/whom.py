"""Whom a run asks for keys: everybody, those who matter by the report, or whom a part left over."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.adapters.credential_report import read_report
from key_rotation.adapters.iam_reads import owner_of
from key_rotation.domain.choice import choose, in_order
from key_rotation.domain.model import Coverage, Listed, Now, Slot
from key_rotation.domain.run_state import Remainder, RunState
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Memory
from key_rotation.errors import NoReportError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom a run asks, in order, and what the credential report knows of the others.

    note: why everybody is asked, where that was not planned
    """

    coverage: Coverage
    users: tuple[Listed, ...]
    others: tuple[Slot, ...] = ()
    note: str = ""


def left_over(listed: Iterable[Listed], remainder: Remainder) -> Whom:
    """Name the users whom an earlier part of the run left to this one, and who still exist."""
    by_id = {user.user.user_id: user for user in listed}
    users = tuple(by_id[user_id] for user_id in remainder.user_ids if user_id in by_id)
    return Whom(coverage=remainder.coverage, users=users)


def everybody(listed: Iterable[Listed], memory: Memory, note: str = "") -> Whom:
    """Name all users."""
    users = in_order(listed, memory.watches)
    return Whom(coverage=Coverage.SWEEP, users=users, note=note)


def those_who_matter(
    iam: "IAMClient",
    listed: Iterable[Listed],
    memory: Memory,
    previous: RunState,
    *,
    now: Now,
    settings: Settings,
) -> Whom:
    """Name the users who may have a key that a rule acts on; everybody where there is no report."""
    listed = tuple(listed)
    try:
        rows = read_report(iam, now)
    except NoReportError as error:
        note = f"Keys were read of everybody, since there was no credential report: {error}."
        return everybody(listed, memory, note)
    always = (
        {watch.user.user_id for watch in memory.watches.values()}
        | _owners_of_exempt_keys(iam, listed, now, settings)
        | set(previous.unknown_status.values())
    )
    ordered = in_order(listed, memory.watches)
    chosen = choose(ordered, rows, always=frozenset(always), now=now, settings=settings)
    names = {user.user.name for user in chosen}
    others = tuple(
        slot
        for name, row in rows.items()
        if name not in names
        for slot in row.slots
        if slot.rotated
    )
    return Whom(coverage=Coverage.CHOSEN, users=chosen, others=others)


def _owners_of_exempt_keys(
    iam: "IAMClient", listed: Iterable[Listed], now: Now, settings: Settings
) -> set[str]:
    """Find the users of keys that are exempt by their id: what a digest lists, the next does."""
    ids = {user.user.name: user.user.user_id for user in listed}
    exempt = (entry.key_id for entry in settings.exemptions if not entry.ended(now.today))
    owners = {owner_of(iam, key_id) for key_id in exempt if key_id}
    return {ids[name] for name in owners if name in ids}
