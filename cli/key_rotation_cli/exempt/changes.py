"""What a command writes to Parameter Store, in order, and the equivalent `aws` commands."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli.aws_errors import WRITE_ENDS, describe, is_refused
from key_rotation_cli.errors import CliError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

MOST_SHOWN = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A parameter that is to be written.

    replaces: the version that it has now; None for a new one
    """

    parameter: str
    value: str
    replaces: int | None = None

    @property
    def command(self) -> str:
        """The equivalent command; of a value of several lines, for a shell that knows `$'...'`."""
        overwrite = "" if self.replaces is None else " --overwrite"
        name, value = shlex.quote(self.parameter), _quote(self.value)
        return f"aws ssm put-parameter --name {name} --type String{overwrite} --value={value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """A parameter that is to be deleted."""

    parameter: str

    @property
    def command(self) -> str:
        """The equivalent command."""
        return f"aws ssm delete-parameter --name {shlex.quote(self.parameter)}"


Change = Put | Delete


def carry_out(ssm: "SSMClient", changes: Sequence[Change]) -> None:
    """Make changes in order; raises CliError that says how many were made before one failed."""
    for done, change in enumerate(changes):
        try:
            _make(ssm, change)
        except WRITE_ENDS as cause:
            text = f"{change.parameter}: {describe(cause)} {_outcome(cause, done, len(changes))}"
            raise CliError(text) from cause


def _outcome(cause: BaseException, done: int, total: int) -> str:
    """Say what was changed: a call whose answer was lost may have had its effect."""
    before = f"{done} of {total} changes were made before. " if done else ""
    if is_refused(cause):
        return before.strip() or "Nothing was changed."
    return f"{before}Whether this change was made is not known: see key-rotation exempt list."


def _make(ssm: "SSMClient", change: Change) -> None:
    if isinstance(change, Delete):
        ssm.delete_parameter(Name=change.parameter)
        return
    answer = ssm.put_parameter(
        Name=change.parameter,
        Value=change.value,
        Type="String",
        Overwrite=change.replaces is not None,
    )
    if change.replaces and answer["Version"] != change.replaces + 1:
        raise CliError(
            f"{change.parameter} was edited by somebody else at the same time: look at its versions"
            f" from {change.replaces + 1} on with: aws ssm get-parameter-history"
            f" --name {shlex.quote(change.parameter)}"
        )


def commands_of(changes: Iterable[Change]) -> list[str]:
    """Return the equivalent commands."""
    return [change.command for change in changes]


def _quote(value: str) -> str:
    """Quote a value for a shell; control characters are left out."""
    lines = [sanitize_line(line, MOST_SHOWN) for line in value.splitlines()]
    if len(lines) == 1:
        return shlex.quote(lines[0])
    escaped = (line.replace("\\", "\\\\").replace("'", "\\'") for line in lines)
    return "$'" + r"\n".join(escaped) + "'"
