"""Moves the lines of the old parameter, so that the same entries are in force at every instant."""

from collections.abc import Sequence

from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.exempt.changes import Change, Put, carry_out
from key_rotation_cli.exempt.stored import read_exemptions


def move_old(deployment: Deployment, changes: Sequence[Change]) -> None:
    """Write the new parameters, then empty the old one, which is the last change.

    A run reads the old parameter first: whenever it does, each entry is in one of the two. Raises
    CliError if a write fails, or if somebody edited the old parameter meanwhile; then it keeps its
    lines, and the command can be repeated.
    """
    *new, last = changes
    ssm = deployment.session.ssm
    carry_out(ssm, new)
    now = read_exemptions(deployment)
    there = {each.parameter: each.text for each in now.one_by_one}
    missing = [c.parameter for c in new if isinstance(c, Put) and there.get(c.parameter) != c.value]
    again = f"{now.old} keeps its lines, so all are in force. Run the command again."
    if missing:
        raise CliError(f"{missing[0]} is not there, or has another value. {again}")
    if isinstance(last, Put) and now.old_version != last.replaces:
        raise CliError(f"{now.old} was edited by somebody else meanwhile. {again}")
    carry_out(ssm, [last])
