"""The commands `exempt add`, `remove`, `list` and `move-old`."""

from typing import Annotated

import typer

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.parameter_store import read_last_editor
from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.exempt import document, plans, show
from key_rotation_cli.exempt.changes import carry_out
from key_rotation_cli.exempt.coverage import Coverage, read_coverage
from key_rotation_cli.exempt.entry import parse_entry, require_future, require_name
from key_rotation_cli.exempt.move import move_old
from key_rotation_cli.exempt.stored import StoredExemptions, read_exemptions
from key_rotation_cli.options import Json, Profile, Region, Stack, Yes
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
) -> None:
    """Exempt a user, a path or a key, until a day or for ever; again, to change it.

    Example: key-rotation exempt add bob --until 2027-03-31 --reason "moves to a role"
    """
    entry = parse_entry(pattern, until, reason, forever=forever)
    checked = require_name(name) if name is not None else None
    deployment = _open(profile, region, stack, read_only=False)
    require_future(entry, deployment.now.today)
    stored = read_exemptions(deployment)
    change = plans.plan_add(stored, entry, checked)
    with console.progress("Reading users and keys"):
        coverage = read_coverage(deployment.session, [entry])
    to = console.err if json else console.out
    show.show_entry(to, "Exempt" if change else "Exempt already: nothing to change", entry)
    show.show_others(to, stored, entry, change)
    show.show_coverage(to, entry, coverage)
    changes = [change] if change else []
    if change:
        show.show_changes(to, changes)
        console.confirm("Write it?", yes=yes)
        carry_out(deployment.session.ssm, changes)
    if json:
        facts = document.entry_document(entry) | document.coverage_document(entry, coverage)
        console.print_json(document.changes_document("add", changes, **facts))
    elif change:
        to.print(f"Done. {show.COUNTS}")


@app.command("remove")
def remove(
    pattern: Pattern,
    *,
    yes: Yes = False,
    json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
) -> None:
    """End the exemption of a pattern, wherever it stands; its keys then get a new, full notice.

    Example: key-rotation exempt remove bob
    """
    deployment = _open(profile, region, stack, read_only=False)
    stored = read_exemptions(deployment)
    changes = plans.plan_remove(stored, pattern)
    found = stored.with_pattern(pattern)
    to = console.err if json else console.out
    show.show_removed(to, found)
    entries = [each.entry for each in found if each.entry]
    with console.progress("Reading users and keys"):
        coverage = read_coverage(deployment.session, entries)
    for entry in entries[:1]:
        show.show_coverage(to, entry, coverage)
        left = [each for each in stored.entries if each not in found]
        show.show_then_exempt(to, left, coverage.keys_of(entry), deployment.now.today)
    show.show_changes(to, changes)
    console.confirm("Remove it?", yes=yes)
    carry_out(deployment.session.ssm, changes)
    if json:
        texts = [each.text for each in found]
        console.print_json(
            document.changes_document("remove", changes, pattern=pattern, removed=texts)
        )
    else:
        to.print(f"Done. {show.COUNTS}")


@app.command("list")
def list_all(
    *,
    json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
) -> None:
    """List all exemptions: until when, why, where each stands, and who last changed it.

    Example: key-rotation exempt list
    """
    deployment = _open(profile, region, stack, read_only=True)
    stored = read_exemptions(deployment)
    today = deployment.now.today
    entries = sorted(stored.entries, key=show.order)
    with console.progress("Reading users and keys"):
        coverage = _coverage_of_all(deployment, stored)
        editors = _editors(deployment, stored)
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
    deployment = _open(profile, region, stack, read_only=False)
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


def _open(
    profile: str | None, region: str | None, stack: str | None, *, read_only: bool
) -> Deployment:
    return find_deployment(Session.open(profile, region, read_only=read_only), stack)


def _coverage_of_all(deployment: Deployment, stored: StoredExemptions) -> Coverage:
    return read_coverage(deployment.session, [each.entry for each in stored.entries if each.entry])


def _editors(deployment: Deployment, stored: StoredExemptions) -> dict[str, str | None]:
    """Return who last changed each parameter that has an entry."""
    ssm = deployment.session.ssm
    names = list(dict.fromkeys(each.parameter for each in stored.entries))
    found = in_parallel(lambda name: read_last_editor(ssm, name), names)
    return dict(zip(names, found, strict=True))
