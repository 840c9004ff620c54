"""The command `restore`: turns a key on that this tool turned off."""

from typing import Annotated

import typer

from key_rotation.domain.model import Status
from key_rotation.domain.watch import Deactivated, Deactivating, Deleting, Watch
from key_rotation.reporting.commands import one_line, restore_command
from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli import console
from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.key_reader import read_key
from key_rotation_cli.options import Key, Profile, Region, Stack, Yes
from key_rotation_cli.session import Session

Anyway = Annotated[
    bool, typer.Option("--anyway", help="Also a key that this tool did not turn off.")
]
OURS = (Deactivating, Deactivated, Deleting)


def restore(
    key: Key,
    *,
    anyway: Anyway = False,
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
) -> None:
    """Turn a key on that this tool turned off.

    Example: key-rotation restore AKIAIOSFODNN7EXAMPLE
    """
    deployment = find_deployment(Session.open(profile, region, read_only=False), stack)
    session = deployment.session
    found = read_key(session, key).key
    user, key_id = sanitize_line(found.user.name), found.access_key_id
    if found.status is Status.ACTIVE:
        console.note(f"{key_id} of {user} is active. Nothing was changed.")
        return
    watch = deployment.read_watches().by_key_id.get(key_id)
    if not anyway and not is_ours(watch):
        raise CliError(
            f"{key_id} of {user} is inactive, but not by this tool: somebody else turned it off, "
            "perhaps because it leaked. Nothing was changed. Use --anyway to turn it on."
        )
    console.note(f"Turns on {key_id} of {user}. The same as:")
    console.print_command(one_line(restore_command(found.user.name, key_id)))
    console.confirm("Turn it on?", yes=yes)
    try:
        session.iam.update_access_key(UserName=found.user.name, AccessKeyId=key_id, Status="Active")
    except AWS_ERRORS as cause:
        raise CliError(f"{describe(cause)} {_status_now(deployment, key_id)}") from cause
    console.show(f"{key_id} of {user} is active.")
    console.note(_what_comes(watch))


def is_ours(watch: Watch | None) -> bool:
    """Return whether a watch says that this tool turned its key off."""
    state = watch.state if watch else None
    adopted = isinstance(state, Deactivated) and state.adopted
    return isinstance(state, OURS) and not adopted


def _what_comes(watch: Watch | None) -> str:
    times = 1 + (watch.reactivations if watch else 0)
    if watch is None:
        return "From the next run on, it is rotated like any other key, after a notice."
    if times > REACTIVATIONS_WITH_NOTICE:
        return "It was turned on too often: the next run holds it until a person decides."
    return (
        "IAM may take some minutes. The next run gives it a new, full notice. "
        "To keep it longer, exempt it: key-rotation exempt add"
    )


REACTIVATIONS_WITH_NOTICE = 2
"""The third time, the key is held."""


def _status_now(deployment: Deployment, key_id: str) -> str:
    """Read the status back: an answer may be lost after IAM made the change."""
    try:
        now = read_key(deployment.session, key_id).key.status_text
    except CliError:
        return "Whether the key is active is not known; read it again."
    return f"The key is {now}."
