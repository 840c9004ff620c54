"""A limit of changes in Parameter Store: of an account, of all, or of an organization."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from key_rotation.domain.organisation.organisation_settings import CHANGE_LIMIT_RANGE
from key_rotation.domain.run_state import DEFAULT_LIMIT
from key_rotation.domain.settings import RANGES
from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli import console
from key_rotation_cli.aws_errors import AWS_ERRORS, WRITE_ENDS, describe, is_refused
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.operate.aws_command import aws_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterHistoryTypeDef

NAME = "max-changes-per-run"
ORGANISATION = "organisation"
DEFAULT_OF_ORGANISATION = 250
"""What the parameter of an organization has at first."""
PAUSED = " PAUSED: "
"""Separates the description of the parameter from the reason of a pause."""
MOST_CHARACTERS = 1024
"""Of a description (SSM API Reference, PutParameter)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One parameter.

    parameter: its whole name
    title: what stands for it in sentences
    of: whose changes it limits, in words
    highest: the highest value that runs accept
    default: its first value; None for one that exists only while an account has a limit of its own
    history: its versions, the oldest first; none if there is no such parameter
    """

    parameter: str
    title: str
    of: str
    highest: int
    default: int | None
    history: "Sequence[ParameterHistoryTypeDef]"

    @property
    def value(self) -> str | None:
        """Its value; None if there is no such parameter."""
        return self.history[-1]["Value"] if self.history else None

    @property
    def before(self) -> str | None:
        """Its last value that lets runs change keys; None if it never had one."""
        values = (each["Value"] for each in reversed(self.history))
        return next((value for value in values if _allows_changes(value, self.highest)), None)

    @property
    def description(self) -> str:
        """Its description, without the reason of a pause."""
        found = self.history[-1].get("Description", "") if self.history else ""
        return found.partition(PAUSED)[0]

    @property
    def why(self) -> str:
        """By whom and why it is paused, if a pause has a reason."""
        if not self.history:
            return ""
        reason = self.history[-1].get("Description", "").partition(PAUSED)[2]
        user = self.history[-1].get("LastModifiedUser", "")
        by = f" by {user}" if user.startswith("arn:") else ""
        return f" (paused{by}: {reason})" if reason else ""

    def paused_description(self, reason: str) -> str:
        """Return the description of a pause."""
        text = f"{self.description}{PAUSED}{sanitize_line(reason, MOST_CHARACTERS)}"
        return text[:MOST_CHARACTERS]


def read_limit(deployment: Deployment) -> Limit:
    """Read the limit that a pause sets to 0; raises CliError.

    That of the account which the caller named, of the organization in a hub, or of the one account.
    """
    path, ssm = deployment.scope_path, deployment.session.ssm
    of_account = bool(deployment.account_option)
    of_all = deployment.is_hub and not of_account
    title = f"{ORGANISATION}/{NAME}" if of_all else NAME
    default = DEFAULT_OF_ORGANISATION if of_all else DEFAULT_LIMIT
    of = f" of the account {deployment.account_id}" if of_account else ""
    return Limit(
        parameter=f"{path}/{title}",
        title=title,
        of=" of all accounts" if of_all else of,
        highest=(CHANGE_LIMIT_RANGE if of_all else RANGES[NAME])[1],
        default=None if of_account else default,
        history=_history(ssm, f"{path}/{title}", may_lack=of_account),
    )


def put(ssm: "SSMClient", limit: Limit, value: str, description: str, *, yes: bool) -> None:
    """Show, ask and write; raises CliError."""
    new = not limit.history
    options = {"type": "String"} if new else {"overwrite": True}
    _show(
        aws_command(
            "ssm put-parameter",
            name=limit.parameter,
            value=value,
            description=description,
            **options,
        )
    )
    console.confirm("Pause?" if value == "0" else "Resume?", yes=yes)
    try:
        if new:
            ssm.put_parameter(
                Name=limit.parameter, Value=value, Description=description, Type="String"
            )
        else:
            ssm.put_parameter(
                Name=limit.parameter, Value=value, Description=description, Overwrite=True
            )
    except WRITE_ENDS as cause:
        raise _not_written(cause) from cause


def delete(ssm: "SSMClient", limit: Limit, *, yes: bool) -> None:
    """Show, ask and delete; raises CliError."""
    _show(aws_command("ssm delete-parameter", name=limit.parameter))
    console.confirm("Resume?", yes=yes)
    try:
        ssm.delete_parameter(Name=limit.parameter)
    except WRITE_ENDS as cause:
        raise _not_written(cause) from cause


def _show(command: str) -> None:
    console.note("The same as:")
    console.print_command(command)


def _not_written(cause: BaseException) -> CliError:
    unknown = "Whether the limit was changed is not known: see key-rotation status."
    outcome = "Nothing was changed." if is_refused(cause) else unknown
    return CliError(f"{describe(cause)} {outcome}")


def _history(ssm: "SSMClient", name: str, *, may_lack: bool) -> "Sequence[ParameterHistoryTypeDef]":
    """Read all versions, oldest first; raises CliError.

    may_lack: whether there may be no such parameter
    """
    pages = ssm.get_paginator("get_parameter_history")
    try:
        found = [each for page in pages.paginate(Name=name) for each in page["Parameters"]]
    except AWS_ERRORS as cause:
        if may_lack and _code(cause) == "ParameterNotFound":
            return ()
        raise CliError(f"{describe(cause)} Nothing was changed.") from cause
    return sorted(found, key=lambda each: each["Version"])


def _code(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else ""


def _allows_changes(value: str, highest: int) -> bool:
    """Return whether runs accept a limit, and change keys with it."""
    return bool(re.fullmatch(r"[1-9][0-9]{0,4}", value)) and int(value) <= highest
