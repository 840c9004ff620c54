"""The command `status`."""

import re
from collections.abc import Iterable
from typing import Annotated

import typer

from key_rotation.domain.model import Failure, Now
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watches
from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import BadUsageError
from key_rotation_cli.key_reader import (
    KeysRead,
    read_all_keys,
    read_key,
    read_keys_of,
)
from key_rotation_cli.options import Json, Profile, Region, Stack
from key_rotation_cli.session import Session
from key_rotation_cli.status import screen
from key_rotation_cli.status.standing import Standing, State, oldest_first, standing, unreadable

Which = Annotated[
    str | None, typer.Argument(metavar="[USER or KEY]", help="A user name or an access key id.")
]
USER_KEY = re.compile(r"AKIA[A-Z0-9]{12,}")
"""The id of an access key of a user (IAM User Guide, "IAM identifiers"); else it is a user name."""


def status(
    which: Which = None,
    *,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Show every key and where it stands.

    Example: key-rotation status alice
    """
    if which == "":
        raise BadUsageError("USER or KEY is empty: leave it out to see all keys.")
    session = Session.open(profile, region, read_only=True)
    deployment = find_deployment(session, stack)
    settings, now = deployment.read_settings(), deployment.now
    watches = deployment.read_watches()
    read = _read(session, which)
    standings = oldest_first(_standings(read, watches, now, settings))
    if as_json:
        console.print_json(screen.document(standings, now))
    else:
        _show(deployment, standings, now, settings)
    if any(each.state is State.UNREADABLE for each in standings):
        raise typer.Exit(1)


def _read(session: Session, which: str | None) -> KeysRead:
    if which is None:
        return read_all_keys(session)
    if USER_KEY.fullmatch(which):
        return KeysRead(keys=(read_key(session, which),))
    return read_keys_of(session, which)


def _standings(
    read: KeysRead, watches: Watches, now: Now, settings: Settings
) -> Iterable[Standing]:
    """Return where each key stands; one whose watch cannot be read stands nowhere."""
    broken: dict[str | None, Failure] = {f.access_key_id: f for f in watches.unreadable}
    for observed in read.keys:
        key_id = observed.key.access_key_id
        if key_id in broken:
            yield unreadable(broken[key_id], status=observed.key.status_text)
        else:
            yield standing(observed, watches.by_key_id.get(key_id), now=now, settings=settings)
    yield from map(unreadable, read.failures)


def _show(
    deployment: Deployment, standings: tuple[Standing, ...], now: Now, settings: Settings
) -> None:
    session = deployment.session
    console.show(f"{deployment.stack} in account {session.account_id}, {session.region}")
    console.show(screen.last_run_line(deployment.read_last_run(), now))
    console.show(screen.settings_line(settings))
    console.show(screen.counts_line(standings))
    if standings:
        console.show()
        console.out.print(screen.table(standings, now))
