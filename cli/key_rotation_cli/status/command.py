"""The command `status`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated

import typer

from key_rotation.domain.model import Failure, Now
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watches
from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import BadUsageError, CliError
from key_rotation_cli.hub.choice import AccountChoice
from key_rotation_cli.key_reader import (
    KeysRead,
    read_all_keys,
    read_key,
    read_keys_of,
)
from key_rotation_cli.options import (
    OTHER_ACCOUNTS,
    Account,
    ExternalId,
    Json,
    MemberProfile,
    Profile,
    Region,
    RoleName,
    Stack,
)
from key_rotation_cli.owners import OwnersNow, read_owners
from key_rotation_cli.session import Session
from key_rotation_cli.status import screen
from key_rotation_cli.status.organisation import screen as organisation_screen
from key_rotation_cli.status.organisation.reading import read_standing
from key_rotation_cli.status.recorded import recorded_standings
from key_rotation_cli.status.standing import Standing, State, oldest_first, standing, unreadable

Which = Annotated[
    str | None, typer.Argument(metavar="[USER or KEY]", help="A user name or an access key id.")
]
AllAccounts = Annotated[
    bool,
    typer.Option(
        "--all",
        help="In a hub: every account, by the ledger alone.",
        rich_help_panel=OTHER_ACCOUNTS,
    ),
]
USER_KEY = re.compile(r"AKIA[A-Z0-9]{12,}")
"""The id of an access key of a user (IAM User Guide, "IAM identifiers"); else it is a user name."""


def status(  # noqa: PLR0913  # each option of the command is a parameter
    which: Which = None,
    *,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    as_json: Json = False,
    account: Account = None,
    role: RoleName = None,
    external_id: ExternalId = None,
    member_profile: MemberProfile = None,
    all_accounts: AllAccounts = False,
) -> None:
    """Show every key and where it stands.

    Example: key-rotation status alice
    """
    if which == "":
        raise BadUsageError("USER or KEY is empty: leave it out to see all keys.")
    choice = AccountChoice.parse(account, role, external_id, member_profile)
    found = find_deployment(Session.open(profile, region, read_only=True), stack)
    if all_accounts:
        _show_all(found, which, choice, as_json=as_json)
        return
    deployment = choice.open(found)
    settings, now = deployment.read_settings(), deployment.now
    standings, problem = _standings(deployment, which, settings)
    if as_json:
        console.print_json(screen.document(standings, now) | _of_account(deployment))
    else:
        _show(deployment, standings, now, settings)
    if problem:
        raise CliError(f"{problem} Shown is what the ledger alone has.")
    if any(each.state is State.UNREADABLE for each in standings):
        raise typer.Exit(1)


def _show_all(
    deployment: Deployment, which: str | None, choice: AccountChoice, *, as_json: bool
) -> None:
    """Show the accounts of an organization; raises CliError if parts cannot be read."""
    if which is not None or choice.account_id is not None:
        raise BadUsageError("--all takes neither USER or KEY nor --account.")
    if not deployment.is_hub:
        own = deployment.session.account_id
        raise BadUsageError(f"--all: {deployment.stack} is a deployment for {own} alone.")
    found = read_standing(deployment)
    if as_json:
        console.print_json(organisation_screen.document(found))
    else:
        organisation_screen.show(deployment, found)
    if found.hub.problem:
        console.note(f"Note: {found.hub.problem}")
    if found.hub.unreadable or any(each.unreadable for each in found.accounts):
        raise CliError("Parts of the ledger cannot be read.")


def _standings(
    deployment: Deployment, which: str | None, settings: Settings
) -> tuple[tuple[Standing, ...], str]:
    """Return where each key stands, and why only the ledger was read; empty if IAM was too."""
    watches, now = deployment.read_watches(), deployment.now
    if deployment.in_account and deployment.in_account.session is None:
        found = recorded_standings(watches, which)
        return oldest_first(found), deployment.in_account.problem
    session, owners = deployment.iam_session, read_owners(deployment, settings)
    read = _read(session, which)
    mails = owners.contacts.notice_mails if owners else {}
    decided = oldest_first(_decided(read, watches, now, settings, mails))
    return (_with_owners(decided, owners, session) if owners else decided), ""


def _with_owners(
    standings: tuple[Standing, ...], owners: OwnersNow, session: Session
) -> tuple[Standing, ...]:
    """Add the owners of the keys that have a notice or are in their grace window."""
    keys = {
        each.access_key_id: each.user
        for each in standings
        if each.access_key_id and each.state in {State.NOTICED, State.DEACTIVATED}
    }
    found = owners.read(session.iam, keys)
    return tuple(replace(each, owner=found.get(each.access_key_id or "")) for each in standings)


def _of_account(deployment: Deployment) -> dict[str, object]:
    """Return which account it is, where the caller named one."""
    found, facts = deployment.in_account, deployment.account_facts
    return {**facts, "account_name": found.row.account.name} if found and facts else {}


def _read(session: Session, which: str | None) -> KeysRead:
    if which is None:
        return read_all_keys(session)
    if USER_KEY.fullmatch(which):
        return KeysRead(keys=(read_key(session, which),))
    return read_keys_of(session, which)


def _decided(
    read: KeysRead,
    watches: Watches,
    now: Now,
    settings: Settings,
    mails: Mapping[str, NoticeMail],
) -> Iterable[Standing]:
    """Return where each key stands; one whose watch cannot be read stands nowhere."""
    broken: dict[str | None, Failure] = {f.access_key_id: f for f in watches.unreadable}
    for observed in read.keys:
        key_id = observed.key.access_key_id
        if key_id in broken:
            yield unreadable(broken[key_id], status=observed.key.status_text)
        else:
            watch, mail = watches.by_key_id.get(key_id), mails.get(key_id)
            yield standing(observed, watch, now=now, settings=settings, mail=mail)
    yield from map(unreadable, read.failures)


def _show(
    deployment: Deployment, standings: tuple[Standing, ...], now: Now, settings: Settings
) -> None:
    session, found = deployment.session, deployment.in_account
    console.show(f"{deployment.stack} in account {session.account_id}, {session.region}")
    if found and found.is_named:
        console.show(f"Account {found.title}", style="bold")
    console.show(screen.last_run_line(deployment.read_last_run(), now))
    console.show(screen.settings_line(settings))
    if found and found.overrides:
        console.show(found.overrides)
    console.show(screen.counts_line(standings))
    if standings:
        console.show()
        console.out.print(screen.table(standings, now))
