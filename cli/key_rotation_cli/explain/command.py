"""The command `explain`."""

import re
from dataclasses import replace
from typing import Annotated

import typer

from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.explain.events import read_events_of
from key_rotation_cli.explain.explanation import NOT_READ, Explanation, explain_key
from key_rotation_cli.explain.key_now import read_key
from key_rotation_cli.explain.show import document, show
from key_rotation_cli.hub.choice import AccountChoice
from key_rotation_cli.options import (
    Account,
    ExternalId,
    Json,
    MemberProfile,
    Profile,
    Region,
    RoleName,
    Stack,
)
from key_rotation_cli.owners import read_owners
from key_rotation_cli.session import Session


def explain(  # noqa: PLR0913  # each option of the command is a parameter
    key: Annotated[str, typer.Argument(help="The access key id.")],
    *,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    json: Json = False,
    account: Account = None,
    role: RoleName = None,
    external_id: ExternalId = None,
    member_profile: MemberProfile = None,
) -> None:
    """Tell the history of a key, what comes next, and the command that changes it.

    Example: key-rotation explain AKIAIOSFODNN7EXAMPLE
    """
    if not re.fullmatch(r"\w{16,128}", key, re.ASCII):
        text = f"{sanitize_line(key)!r} is no access key id: one has 16 to 128 letters and digits."
        raise CliError(text)
    choice = AccountChoice.parse(account, role, external_id, member_profile)
    session = Session.open(profile, region, read_only=True)
    deployment = choice.open(find_deployment(session, stack))
    found = _explain(deployment, key.upper())
    if json:
        console.print_json(document(found))
    else:
        show(found, deployment.now)
    if found.status == NOT_READ and deployment.in_account:
        raise CliError(deployment.in_account.problem)


def _explain(deployment: Deployment, key: str) -> Explanation:
    """Explain one key; raises CliError if neither IAM nor the ledger knows it."""
    events = read_events_of(deployment.table, key, deployment.partitions)
    settings, now = deployment.read_settings(), deployment.now
    owners = read_owners(deployment, settings)
    mail = owners.contacts.notice_mails.get(key) if owners else None
    known = replace(read_key(deployment, key, events), mail=mail)
    found = explain_key(key, known, events, settings, now)
    if found is None:
        where = f"neither IAM of account {deployment.account_id} nor the ledger knows it"
        raise CliError(f"There is no access key {sanitize_line(key)!r}: {where}.")
    option = deployment.account_option
    commands = tuple(f"{each}{option}" for each in found.commands)
    mails = owners.mails_about(key) if owners else ()
    pending = owners.pending_about(key) if owners else ()
    return replace(found, commands=commands, mails=mails, pending=pending)
