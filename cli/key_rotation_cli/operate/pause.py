"""The commands `pause` and `resume`: the limit of changes is 0, and what it was before."""

from typing import Annotated

import typer

from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import BadUsageError
from key_rotation_cli.hub.choice import AccountChoice
from key_rotation_cli.operate import limit as limits
from key_rotation_cli.operate.document import tell
from key_rotation_cli.operate.limit import Limit, read_limit
from key_rotation_cli.options import Account, Json, Profile, Region, Stack, Yes
from key_rotation_cli.session import Session

Reason = Annotated[str, typer.Option("--reason", help="Why; it stays in the parameter's history.")]


def pause(  # noqa: PLR0913  # each option of the command is a parameter
    *,
    reason: Reason,
    yes: Yes = False,
    as_json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    account: Account = None,
) -> None:
    """Deactivate and delete no key until `resume`; notices and digests continue.

    Example: key-rotation pause --reason "release freeze"
    """
    deployment = _open(profile, region, stack, account)
    if not reason.strip():
        raise BadUsageError("--reason is empty; write why. Nothing was changed.")
    limit = read_limit(deployment)
    facts = deployment.account_facts | {"limit": "0"}
    if limit.value == "0":
        text = f"It is paused already{limit.why}. Nothing was changed."
        tell(text, as_json=as_json, action="pause", changed=False, **facts)
        return
    there = f"it is {limit.value}" if limit.value else "the account has none of its own"
    console.note(f"Sets {limit.title}{limit.of} to 0; {there}.")
    ssm = deployment.session.ssm
    limits.put(ssm, limit, "0", limit.paused_description(reason), yes=yes)
    text = (
        "Paused from the next run on. A run in progress may still finish.\n"
        f"To go on: key-rotation resume{deployment.account_option}"
    )
    tell(text, as_json=as_json, action="pause", **facts)


def resume(
    *,
    yes: Yes = False,
    as_json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    account: Account = None,
) -> None:
    """End a pause: set the limit of changes to what it was before.

    Example: key-rotation resume
    """
    deployment = _open(profile, region, stack, account)
    limit = read_limit(deployment)
    facts = deployment.account_facts
    if limit.value != "0":
        there = f"is {limit.value}" if limit.value else "is that of all accounts, or of its unit"
        text = f"It is not paused: {limit.title} {there}. Nothing was changed."
        tell(text, as_json=as_json, action="resume", changed=False, limit=limit.value, **facts)
        return
    value, text = _resume(deployment, limit, yes=yes)
    tell(text, as_json=as_json, action="resume", limit=value, **facts)


def _resume(deployment: Deployment, limit: Limit, *, yes: bool) -> tuple[str | None, str]:
    """Restore the limit, or delete one that a pause created; returns the value, and what to say."""
    ssm = deployment.session.ssm
    default = str(limit.default) if limit.default is not None else None
    value = limit.before or default
    if value is None:
        console.note(f"Deletes {limit.parameter}, which was 0 from the beginning{limit.why}.")
        console.note("Then the limit of all accounts, or of its organizational unit, holds.")
        limits.delete(ssm, limit, yes=yes)
        return None, "Resumed from the next run on, with the limit of all accounts or its unit."
    whence = "its last value above 0"
    if not limit.before:
        whence = "the default: its history has no other value"
    console.note(f"Sets {limit.title}{limit.of} to {value}, {whence}{limit.why}.")
    console.note("Keys that are due are changed by the next run, up to that limit.")
    limits.put(ssm, limit, value, limit.description, yes=yes)
    return value, f"Resumed from the next run on, with at most {value} changes a run."


def _open(
    profile: str | None, region: str | None, stack: str | None, account: str | None
) -> Deployment:
    choice = AccountChoice.parse(account)
    return choice.open(find_deployment(Session.open(profile, region, read_only=False), stack))
