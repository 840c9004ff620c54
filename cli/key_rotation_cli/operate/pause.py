"""The commands `pause` and `resume`: the limit of changes is 0, and what it was before."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from key_rotation.domain.run_state import DEFAULT_LIMIT
from key_rotation.domain.settings import RANGES
from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli import console
from key_rotation_cli.aws_errors import AWS_ERRORS, WRITE_ENDS, describe, is_refused
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import BadUsageError, CliError
from key_rotation_cli.operate.aws_command import aws_command
from key_rotation_cli.operate.document import tell
from key_rotation_cli.options import Json, Profile, Region, Stack, Yes
from key_rotation_cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ssm.type_defs import ParameterHistoryTypeDef

LIMIT = "max-changes-per-run"
PAUSED = " PAUSED: "
"""Separates the description of the parameter from the reason of a pause."""
MOST_CHARACTERS = 1024
"""Of a description (SSM API Reference, PutParameter)."""

Reason = Annotated[str, typer.Option("--reason", help="Why; it stays in the parameter's history.")]


def pause(
    *,
    reason: Reason,
    yes: Yes = False,
    as_json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
) -> None:
    """Deactivate and delete no key until `resume`; notices and digests continue.

    Example: key-rotation pause --reason "release freeze"
    """
    deployment = find_deployment(Session.open(profile, region, read_only=False), stack)
    if not reason.strip():
        raise BadUsageError("--reason is empty; write why. Nothing was changed.")
    history = _history(deployment)
    if history[-1]["Value"] == "0":
        text = f"It is paused already{_why(history[-1])}. Nothing was changed."
        tell(text, as_json=as_json, action="pause", changed=False, limit="0")
        return
    description = f"{_description(history)}{PAUSED}{sanitize_line(reason, MOST_CHARACTERS)}"[
        :MOST_CHARACTERS
    ]
    console.note(f"Sets {LIMIT} to 0; it is {history[-1]['Value']}.")
    _put(deployment, "0", description, "Pause?", yes=yes)
    text = (
        "Paused from the next run on. A run in progress may still finish.\n"
        "To go on: key-rotation resume"
    )
    tell(text, as_json=as_json, action="pause", limit="0")


def resume(
    *,
    yes: Yes = False,
    as_json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
) -> None:
    """End a pause: set the limit of changes to what it was before.

    Example: key-rotation resume
    """
    deployment = find_deployment(Session.open(profile, region, read_only=False), stack)
    history = _history(deployment)
    if history[-1]["Value"] != "0":
        text = f"It is not paused: {LIMIT} is {history[-1]['Value']}. Nothing was changed."
        tell(text, as_json=as_json, action="resume", changed=False, limit=history[-1]["Value"])
        return
    before = next((h["Value"] for h in reversed(history) if _allows_changes(h["Value"])), None)
    limit = before or str(DEFAULT_LIMIT)
    whence = "its last value above 0" if before else "the default: its history has no other value"
    console.note(f"Sets {LIMIT} to {limit}, {whence}{_why(history[-1])}.")
    console.note("Keys that are due are changed by the next run, up to that limit.")
    _put(deployment, limit, _description(history), "Resume?", yes=yes)
    text = f"Resumed from the next run on, with at most {limit} changes a run."
    tell(text, as_json=as_json, action="resume", limit=limit)


def _history(deployment: Deployment) -> "Sequence[ParameterHistoryTypeDef]":
    """Read all versions of the limit, oldest first; raises CliError."""
    pages = deployment.session.ssm.get_paginator("get_parameter_history")
    name = f"{deployment.parameter_path}/{LIMIT}"
    try:
        found = [each for page in pages.paginate(Name=name) for each in page["Parameters"]]
    except AWS_ERRORS as cause:
        raise CliError(f"{describe(cause)} Nothing was changed.") from cause
    return sorted(found, key=lambda each: each["Version"])


def _allows_changes(value: str) -> bool:
    """Return whether runs accept a limit, and change keys with it."""
    return bool(re.fullmatch(r"[1-9][0-9]{0,3}", value)) and int(value) <= RANGES[LIMIT][1]


def _description(history: "Sequence[ParameterHistoryTypeDef]") -> str:
    """Return the parameter's description without the reason of a pause."""
    return history[-1].get("Description", "").partition(PAUSED)[0]


def _why(version: "ParameterHistoryTypeDef") -> str:
    """Write by whom and why it is paused, if a pause has a reason."""
    reason = version.get("Description", "").partition(PAUSED)[2]
    user = version.get("LastModifiedUser", "")
    by = f" by {user}" if user.startswith("arn:") else ""
    return f" (paused{by}: {reason})" if reason else ""


def _put(deployment: Deployment, value: str, description: str, question: str, *, yes: bool) -> None:
    name = f"{deployment.parameter_path}/{LIMIT}"
    console.note("The same as:")
    console.print_command(
        aws_command(
            "ssm put-parameter", name=name, value=value, description=description, overwrite=True
        )
    )
    console.confirm(question, yes=yes)
    try:
        deployment.session.ssm.put_parameter(
            Name=name, Value=value, Description=description, Overwrite=True
        )
    except WRITE_ENDS as cause:
        unknown = "Whether the limit was changed is not known: see key-rotation status."
        outcome = "Nothing was changed." if is_refused(cause) else unknown
        raise CliError(f"{describe(cause)} {outcome}") from cause
