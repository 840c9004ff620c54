"""The parameters of the organization: read once in a run, for all accounts."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.parameter_store import read_last_editor
from key_rotation.domain.exemption_changes import changes_since
from key_rotation.domain.model import Now
from key_rotation.domain.organisation import leave_out
from key_rotation.domain.organisation.accounts import Account
from key_rotation.domain.organisation.organisation_run import OrganisationState, ParameterSnapshot
from key_rotation.domain.organisation.organisation_settings import OrganisationSettings
from key_rotation.domain.organisation.overrides import Overrides
from key_rotation.domain.organisation.parameter_scopes import (
    LEAVE_OUT,
    ORGANISATION,
    FoundParameters,
)
from key_rotation.errors import InvalidSettingsError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

MAX_EDITORS = 100
"""How many changed parameters a digest has room for, with who edited each."""


def sort_parameters(
    found: FoundParameters, path: str, accounts: Iterable[Account]
) -> tuple[OrganisationSettings, Overrides]:
    """Return the parameters of the organization, and those of the accounts.

    Raises InvalidSettingsError that names every problem of both.
    """
    problems: list[str] = []
    settings = overrides = None
    try:
        settings = OrganisationSettings.parse(found, path)
    except InvalidSettingsError as error:
        problems += error.problems
    try:
        overrides = Overrides.of(found, path, accounts)
    except InvalidSettingsError as error:
        problems += error.problems
    if settings is None or overrides is None:
        raise InvalidSettingsError(problems)
    return settings, overrides


def unread_names(
    settings: OrganisationSettings, overrides: Overrides, accounts: Iterable[Account], now: Now
) -> Mapping[str, str]:
    """Return the names that nothing reads, and `leave-out` where an entry names no account."""
    name = f"{ORGANISATION}/{LEAVE_OUT}"
    entries = leave_out.without_effect(settings.leave_out, accounts, now.today)
    if not entries:
        return overrides.unread
    lines = ", ".join(repr(str(entry)) for entry in entries)
    text = (
        f"The parameter {overrides.path}/{name} names no account of the organization with {lines}."
    )
    return {**overrides.unread, name: text}


def empty_targets(targets: Iterable[str], accounts: Iterable[Account]) -> Mapping[str, str]:
    """Return the targets that contain no account, each with a sentence that says so."""
    units = {unit for account in accounts for unit in account.ous}
    return {
        f"targets: {target}": f"The context targets names {target}, which contains no account."
        for target in sorted(set(targets) - units)
    }


def snapshot(
    ssm: "SSMClient",
    found: FoundParameters,
    overrides: Overrides,
    unread: Mapping[str, str],
    covered: Iterable[Account],
    previous: OrganisationState,
) -> ParameterSnapshot:
    """Return a run's copy of the parameters, with who edited what changed since the last digest.

    unread: the names that nothing reads
    covered: the accounts that are looked at
    previous: what the last digest reported; before the first, nothing has changed
    """
    changes = changes_since(previous.parameters, found.by_name) if previous.parameters else ()
    changed = [change.name for change in changes if change.now][:MAX_EDITORS]

    def editor(name: str) -> str | None:
        return read_last_editor(ssm, f"{overrides.path}/{name}")

    return ParameterSnapshot(
        parameters=found.by_name,
        unread=unread,
        reach=overrides.reach(covered),
        editors=dict(zip(changed, in_parallel(editor, changed), strict=True)),
    )
