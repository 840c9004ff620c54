"""The commands `exempt add`, `remove`, `list` and `move-old`."""

from collections.abc import Iterable
from typing import Annotated

import typer

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.parameter_store import read_last_editor
from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.exempt import document, plans, show
from key_rotation_cli.exempt.carrying_out import add_entry, remove_pattern
from key_rotation_cli.exempt.coverage import read_coverage
from key_rotation_cli.exempt.entry import parse_entry, require_future, require_name
from key_rotation_cli.exempt.move import move_old
from key_rotation_cli.exempt.stored import (
    StoredEntry,
    read_exemptions,
    read_reaching_entries,
)
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
    Yes,
)
from key_rotation_cli.session import Session

app = typer.Typer(
    name="exempt",
    help="Exempt users and keys from rotation, each in a parameter of its own.",
    no_args_is_help=True,
)
Pattern = Annotated[
    str,
    typer.Argument(
        help="User name, path and name that begin with /, or access key id; * is any text.",
        show_default=False,
    ),
]
Until = Annotated[str | None, typer.Option("--until", help="Last day, YYYY-MM-DD.")]
Forever = Annotated[bool, typer.Option("--forever", help="Without an end.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; each digest shows it.")]
Name = Annotated[
    str | None,
    typer.Option("--name", help="Last part of the parameter's name.  [default: from PATTERN]"),
]


@app.command("add")
def add(  # noqa: PLR0913  # typer takes each option as a parameter
    pattern: Pattern,
    reason: Reason,
    until: Until = None,
    *,
    forever: Forever = False,
    name: Name = None,
    yes: Yes = False,
    json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    account: Account = None,
    role: RoleName = None,
    external_id: ExternalId = None,
    member_profile: MemberProfile = None,
) -> None:
    """Exempt a user, a path or a key, until a day or for ever; again, to change it.

    Example: key-rotation exempt add bob --until 2027-03-31 --reason "moves to a role"
    """
    entry = parse_entry(pattern, until, reason, forever=forever)
    checked = require_name(name) if name is not None else None
    choice = AccountChoice.parse(account, role, external_id, member_profile)
    session = Session.open(profile, region, read_only=False)
    deployment = choice.open(find_deployment(session, stack))
    require_future(entry, deployment.now.today)
    stored = read_exemptions(deployment)
    add_entry(deployment, stored, entry, plans.plan_add(stored, entry, checked), yes=yes, json=json)


@app.command("remove")
def remove(  # noqa: PLR0913  # typer takes each option as a parameter
    pattern: Pattern,
    *,
    yes: Yes = False,
    json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    account: Account = None,
    role: RoleName = None,
    external_id: ExternalId = None,
    member_profile: MemberProfile = None,
) -> None:
    """End the exemption of a pattern, wherever it stands; its keys then get a new, full notice.

    Example: key-rotation exempt remove bob
    """
    choice = AccountChoice.parse(account, role, external_id, member_profile)
    session = Session.open(profile, region, read_only=False)
    remove_pattern(choice.open(find_deployment(session, stack)), pattern, yes=yes, json=json)


@app.command("list")
def list_all(  # noqa: PLR0913  # typer takes each option as a parameter
    *,
    json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    account: Account = None,
    role: RoleName = None,
    external_id: ExternalId = None,
    member_profile: MemberProfile = None,
) -> None:
    """List all exemptions: until when, why, where each stands, and who last changed it.

    Example: key-rotation exempt list
    """
    choice = AccountChoice.parse(account, role, external_id, member_profile)
    session = Session.open(profile, region, read_only=True)
    deployment = choice.open(find_deployment(session, stack))
    today = deployment.now.today
    entries = sorted(read_reaching_entries(deployment), key=show.order)
    with console.progress("Reading users and keys"):
        coverage = read_coverage(deployment, [each.entry for each in entries if each.entry])
        editors = _editors(deployment, entries)
    if json:
        console.print_json(document.list_document(entries, coverage, editors, today))
    else:
        show.show_list(console.out, entries, coverage, editors, today)
    if coverage.problem:
        raise CliError(f"The list is incomplete. {coverage.problem}")


@app.command("move-old")
def move(
    *,
    yes: Yes = False,
    json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
) -> None:
    """Move the lines of the old parameter into parameters of their own; can be repeated.

    Example: key-rotation exempt move-old
    """
    deployment = find_deployment(Session.open(profile, region, read_only=False), stack)
    changes = plans.plan_move(read_exemptions(deployment))
    to = console.err if json else console.out
    if changes:
        show.show_moved(to, changes)
        console.confirm("Move them?", yes=yes)
        move_old(deployment, changes)
    if json:
        console.print_json(document.changes_document("move-old", changes))
    else:
        to.print(
            "Done. The same exemptions are in force."
            if changes
            else "Nothing to move: it is empty."
        )


def _editors(deployment: Deployment, entries: Iterable[StoredEntry]) -> dict[str, str | None]:
    """Return who last changed each parameter that has an entry."""
    ssm = deployment.session.ssm
    names = list(dict.fromkeys(each.parameter for each in entries))
    found = in_parallel(lambda name: read_last_editor(ssm, name), names)
    return dict(zip(names, found, strict=True))
