"""The users whose keys a run reads: all, those that the report points at, or those left over."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.credential_report import read_credential_report
from key_rotation.adapters.iam_reads import find_key_owner
from key_rotation.domain.inventory import ListedUser, ReportedKey, Scan
from key_rotation.domain.run_state import Continuation, RunState
from key_rotation.domain.selection import by_oldest_key, select_users
from key_rotation.domain.watch import Watches
from key_rotation.errors import CredentialReportUnavailableError
from key_rotation.service_layer.run_context import RunContext

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The users whose keys a run reads, in order.

    reported_keys: the keys of the other users, as the credential report gives them
    note: why the keys of all users are read, where that was not planned
    """

    scan: Scan
    users: tuple[ListedUser, ...]
    reported_keys: tuple[ReportedKey, ...] = ()
    note: str = ""


def from_continuation(listed: Iterable[ListedUser], continuation: Continuation) -> Targets:
    """Return the users that the part before left to this one, as far as they still exist."""
    by_id = {user.user.user_id: user for user in listed}
    users = tuple(by_id[user_id] for user_id in continuation.user_ids if user_id in by_id)
    return Targets(scan=continuation.scan, users=users)


def all_users(listed: Iterable[ListedUser], watches: Watches, note: str = "") -> Targets:
    """Return all users."""
    return Targets(scan=Scan.FULL, users=by_oldest_key(listed, watches.by_key_id), note=note)


def from_credential_report(
    iam: "IAMClient",
    listed: Iterable[ListedUser],
    watches: Watches,
    previous: RunState,
    context: RunContext,
) -> Targets:
    """Return the users who may have a key that a rule acts on; all users if there is no report."""
    listed = tuple(listed)
    now, settings = context.now, context.settings
    try:
        rows = read_credential_report(iam, now, context.execution.clock)
    except CredentialReportUnavailableError as error:
        note = f"Full scan, since the credential report could not be used: {error}."
        return all_users(listed, watches, note)
    always = (
        {watch.user.user_id for watch in watches.by_key_id.values()}
        | _owners_of_exempt_keys(iam, listed, context)
        | set(previous.reported_days)
    )
    ordered = by_oldest_key(listed, watches.by_key_id)
    selected = select_users(ordered, rows, always=frozenset(always), now=now, settings=settings)
    names = {user.user.name for user in selected}
    exempt = {u.user.name for u in listed if settings.exemption_of_user(u.user, now.today)}
    reported_keys = tuple(
        replace(key, exempt=name in exempt)
        for name, row in rows.items()
        if name not in names
        for key in row.keys
        if key.rotated
    )
    return Targets(scan=Scan.TARGETED, users=selected, reported_keys=reported_keys)


def _owners_of_exempt_keys(
    iam: "IAMClient", listed: Iterable[ListedUser], context: RunContext
) -> set[str]:
    """Return the ids of the users whose keys are exempt by key id: each digest lists them."""
    ids = {user.user.name: user.user.user_id for user in listed}
    today = context.now.today
    entries = (entry for entry in context.settings.exemptions if not entry.ended(today))
    key_ids = dict.fromkeys(entry.key_id for entry in entries if entry.key_id)
    owners = in_parallel(partial(find_key_owner, iam), key_ids)
    return {ids[name] for name in owners if name in ids}
