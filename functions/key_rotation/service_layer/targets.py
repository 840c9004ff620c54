"""The users whose keys a run reads: all, those that the report points at, or those left over."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.adapters.credential_report import read_report
from key_rotation.adapters.iam_reads import find_key_owner
from key_rotation.domain.model import ListedUser, Now, ReportedKey, Scan
from key_rotation.domain.run_state import Continuation, RunState
from key_rotation.domain.selection import by_oldest_key, select_users
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watches
from key_rotation.errors import CredentialReportUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Targets a run asks, in order, and what the credential report knows of the others.

    note: why everybody is asked, where that was not planned
    """

    scan: Scan
    users: tuple[ListedUser, ...]
    reported_keys: tuple[ReportedKey, ...] = ()
    note: str = ""


def from_continuation(listed: Iterable[ListedUser], continuation: Continuation) -> Targets:
    """Name the users whom an earlier part of the run left to this one, and who still exist."""
    by_id = {user.user.user_id: user for user in listed}
    users = tuple(by_id[user_id] for user_id in continuation.user_ids if user_id in by_id)
    return Targets(scan=continuation.scan, users=users)


def all_users(listed: Iterable[ListedUser], watches: Watches, note: str = "") -> Targets:
    """Name all users."""
    users = by_oldest_key(listed, watches.by_key_id)
    return Targets(scan=Scan.FULL, users=users, note=note)


def from_credential_report(
    iam: "IAMClient",
    listed: Iterable[ListedUser],
    watches: Watches,
    previous: RunState,
    *,
    now: Now,
    settings: Settings,
) -> Targets:
    """Name the users who may have a key that a rule acts on; everybody where there is no report."""
    listed = tuple(listed)
    try:
        rows = read_report(iam, now)
    except CredentialReportUnavailableError as error:
        note = f"Keys were read of everybody, since there was no credential report: {error}."
        return all_users(listed, watches, note)
    always = (
        {watch.user.user_id for watch in watches.by_key_id.values()}
        | _owners_of_exempt_keys(iam, listed, now, settings)
        | set(previous.unknown_status.values())
    )
    ordered = by_oldest_key(listed, watches.by_key_id)
    chosen = select_users(ordered, rows, always=frozenset(always), now=now, settings=settings)
    names = {user.user.name for user in chosen}
    others = tuple(
        slot
        for name, row in rows.items()
        if name not in names
        for slot in row.slots
        if slot.rotated
    )
    return Targets(scan=Scan.TARGETED, users=chosen, reported_keys=others)


def _owners_of_exempt_keys(
    iam: "IAMClient", listed: Iterable[ListedUser], now: Now, settings: Settings
) -> set[str]:
    """Find the users of keys that are exempt by their id: what a digest lists, the next does."""
    ids = {user.user.name: user.user.user_id for user in listed}
    exempt = (entry.key_id for entry in settings.exemptions if not entry.ended(now.today))
    owners = {find_key_owner(iam, key_id) for key_id in exempt if key_id}
    return {ids[name] for name in owners if name in ids}
