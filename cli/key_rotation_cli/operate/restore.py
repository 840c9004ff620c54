"""The command `restore`: turns a key on that this tool turned off."""

from dataclasses import replace
from typing import Annotated

import typer

from key_rotation.domain.model import AccessKey, Status
from key_rotation.domain.watch import Deactivated, Deactivating, Deleting, Watch
from key_rotation.reporting.commands import one_line, restore_command
from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli import console
from key_rotation_cli.aws_errors import WRITE_ENDS, describe
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import BadUsageError, CliError
from key_rotation_cli.exempt.changes import Put, carry_out, commands_of
from key_rotation_cli.exempt.entry import parse_entry, require_future
from key_rotation_cli.exempt.plans import plan_add
from key_rotation_cli.exempt.stored import read_exemptions
from key_rotation_cli.hub.choice import AccountChoice
from key_rotation_cli.key_reader import read_key
from key_rotation_cli.operate.document import tell
from key_rotation_cli.operate.what_comes import what_comes
from key_rotation_cli.options import (
    Account,
    ExternalId,
    Json,
    Key,
    MemberProfile,
    Profile,
    Region,
    RoleName,
    Stack,
    Yes,
)
from key_rotation_cli.session import Session

Anyway = Annotated[
    bool, typer.Option("--anyway", help="Also a key that this tool did not turn off.")
]
ExemptUntil = Annotated[
    str | None, typer.Option("--exempt-until", help="Exempt the key too, until YYYY-MM-DD.")
]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Why it is exempt; needed with --exempt-until.")
]
OURS = (Deactivating, Deactivated, Deleting)


def restore(  # noqa: PLR0913  # each option of the command is a parameter
    key: Key,
    *,
    anyway: Anyway = False,
    exempt_until: ExemptUntil = None,
    reason: Reason = None,
    yes: Yes = False,
    as_json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    account: Account = None,
    role: RoleName = None,
    external_id: ExternalId = None,
    member_profile: MemberProfile = None,
) -> None:
    """Turn a key on that this tool turned off.

    Example: key-rotation restore AKIAIOSFODNN7EXAMPLE
    """
    if (exempt_until is None) is not (reason is None):
        raise BadUsageError("Give --exempt-until and --reason together. Nothing was changed.")
    choice = AccountChoice.parse(account, role, external_id, member_profile)
    session = Session.open(profile, region, read_only=False)
    deployment = choice.open(find_deployment(session, stack))
    found = read_key(deployment.iam_session, key).key
    exemption = _exemption(deployment, found.access_key_id, exempt_until, reason)
    facts = deployment.account_facts
    facts |= {"user": found.user.name, "access_key_id": found.access_key_id}
    if found.status is Status.ACTIVE:
        text = _active_already(_named(found), exemption)
        tell(text, as_json=as_json, action="restore", changed=False, **facts)
        return
    _turn_on(deployment, found, exemption, exempt_until, anyway=anyway, yes=yes)
    text = f"{_named(found)} is active."
    tell(text, as_json=as_json, action="restore", exempt_until=exempt_until, **facts)
    console.note("IAM may take some minutes.")


def _turn_on(
    deployment: Deployment,
    found: AccessKey,
    exemption: list[Put],
    exempt_until: str | None,
    *,
    anyway: bool,
    yes: bool,
) -> None:
    """Show what will be done, ask, and do it; raises CliError."""
    watch = deployment.read_watch(found.access_key_id)
    if not anyway:
        _require_ours(watch, _named(found))
    where = f" in the account {deployment.account_id}" if deployment.account_option else ""
    console.note(f"Turns on {_named(found)}{where}. The same as:")
    restore = one_line(restore_command(found.user.name, found.access_key_id))
    for command in (*commands_of(exemption), restore):
        console.print_command(command)
    console.note(_coming(deployment, found, watch, exempt_until if exemption else None))
    console.confirm("Turn it on?", yes=yes)
    carry_out(deployment.session.ssm, exemption)  # first, so that no run comes in between
    _activate(deployment, found, exempted=bool(exemption))


def _named(key: AccessKey) -> str:
    return f"{key.access_key_id} of {sanitize_line(key.user.name)}"


def _exemption(
    deployment: Deployment, key_id: str, until: str | None, reason: str | None
) -> list[Put]:
    """Return what to write to exempt the key as well; nothing if that is not asked for."""
    if until is None or reason is None:
        return []
    entry = parse_entry(key_id, until, reason, forever=False)
    require_future(entry, deployment.now.today)
    change = plan_add(read_exemptions(deployment), entry, None)
    return [change] if change else []


def _active_already(key: str, exemption: list[Put]) -> str:
    """Say that a key is active; raises CliError if it was to be exempted as well."""
    text = f"{key} is active. Nothing was changed."
    if exemption:
        raise CliError(f"{text} To exempt it, use: key-rotation exempt add")
    return text


def _require_ours(watch: Watch | None, key: str) -> None:
    """Raise CliError for a key that this tool did not turn off."""
    if not is_ours(watch):
        raise CliError(
            f"{key} is inactive, but not by this tool: somebody else turned it off, perhaps "
            "because it leaked. Nothing was changed. Use --anyway to turn it on."
        )


def _activate(deployment: Deployment, key: AccessKey, *, exempted: bool) -> None:
    try:
        deployment.iam_session.iam.update_access_key(
            UserName=key.user.name, AccessKeyId=key.access_key_id, Status="Active"
        )
    except WRITE_ENDS as cause:
        status = _status_now(deployment, key.access_key_id)
        exemption = " Its exemption was written." if exempted else ""
        raise CliError(f"{describe(cause)} {status}{exemption}") from cause


def is_ours(watch: Watch | None) -> bool:
    """Return whether a watch says that this tool turned its key off."""
    state = watch.state if watch else None
    adopted = isinstance(state, Deactivated) and state.adopted
    return isinstance(state, OURS) and not adopted


def _coming(
    deployment: Deployment, key: AccessKey, watch: Watch | None, exempt_until: str | None
) -> str:
    """Write what comes once the key is on."""
    if exempt_until:
        return f"It is exempt until {exempt_until}; then it gets a new, full notice."
    active = replace(key, status=Status.ACTIVE)
    coming = what_comes(deployment, active, watch)
    return f"Once it is on: {coming}\nTo exempt it too: --exempt-until DATE --reason TEXT"


def _status_now(deployment: Deployment, key_id: str) -> str:
    """Read the status back: an answer may be lost after IAM made the change."""
    try:
        now = read_key(deployment.iam_session, key_id).key.status_text
    except CliError:
        return "Whether the key is active is not known; read it again."
    return f"The key is {now}."
