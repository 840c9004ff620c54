"""The command `explain`."""

import re
from typing import Annotated

import typer

from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli import console
from key_rotation_cli.deployment import find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.explain.events import read_events_of
from key_rotation_cli.explain.explanation import explain_key
from key_rotation_cli.explain.key_now import read_key
from key_rotation_cli.explain.show import document, show
from key_rotation_cli.options import Json, Profile, Region, Stack
from key_rotation_cli.session import Session


def explain(
    key: Annotated[str, typer.Argument(help="The access key id.")],
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    json: Json = False,  # noqa: FBT002  # typer takes a flag as a bool
) -> None:
    """Tell the history of a key, what comes next, and the command that changes it.

    Example: key-rotation explain AKIAIOSFODNN7EXAMPLE
    """
    if not re.fullmatch(r"\w{16,128}", key, re.ASCII):
        text = f"{sanitize_line(key)!r} is no access key id: one has 16 to 128 letters and digits."
        raise CliError(text)
    key = key.upper()
    session = Session.open(profile, region, read_only=True)
    deployment = find_deployment(session, stack)
    table = session.table(deployment.table_name)
    events = read_events_of(table, key)
    found = explain_key(
        key,
        read_key(session, table, key, events),
        events,
        deployment.read_settings(),
        deployment.now,
    )
    if found is None:
        where = f"neither IAM of account {session.account_id} nor the ledger knows it"
        raise CliError(f"There is no access key {sanitize_line(key)!r}: {where}.")
    if json:
        console.print_json(document(found))
    else:
        show(found, deployment.now)
