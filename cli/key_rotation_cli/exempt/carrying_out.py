"""Shows what a change of exemptions means, asks, makes it, and tells."""

from rich.console import Console

from key_rotation.domain.exemptions import Exemption
from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.exempt import document, plans, show
from key_rotation_cli.exempt.changes import Put, carry_out
from key_rotation_cli.exempt.coverage import Coverage, read_coverage
from key_rotation_cli.exempt.stored import StoredExemptions, read_exemptions


def add_entry(
    deployment: Deployment,
    stored: StoredExemptions,
    entry: Exemption,
    change: Put | None,
    *,
    yes: bool,
    json: bool,
) -> None:
    """Write an entry; `change` is None if it is there already. Raises CliError."""
    coverage = _coverage(deployment, [entry])
    to = console.err if json else console.out
    show.show_entry(to, "Exempt" if change else "Exempt already: nothing to change", entry)
    show.show_others(to, stored, entry, change)
    show.show_coverage(to, entry, coverage)
    _show_reach(to, deployment)
    changes = [change] if change else []
    if change:
        show.show_changes(to, changes)
        console.confirm("Write it?", yes=yes)
        carry_out(deployment.session.ssm, changes)
    if json:
        facts = document.entry_document(entry) | document.coverage_document(entry, coverage)
        facts |= deployment.account_facts
        console.print_json(document.changes_document("add", changes, **facts))
    elif change:
        to.print(f"Done. {show.COUNTS}")


def remove_pattern(deployment: Deployment, pattern: str, *, yes: bool, json: bool) -> None:
    """Remove all entries with a pattern; raises CliError if there is none."""
    stored = read_exemptions(deployment)
    changes = plans.plan_remove(stored, pattern)
    found = stored.with_pattern(pattern)
    to = console.err if json else console.out
    show.show_removed(to, found)
    entries = [each.entry for each in found if each.entry]
    coverage = _coverage(deployment, entries)
    for entry in entries[:1]:
        show.show_coverage(to, entry, coverage)
        left = [each for each in stored.entries if each not in found]
        show.show_then_exempt(to, left, coverage.keys_of(entry), deployment.now.today)
    _show_reach(to, deployment)
    show.show_changes(to, changes)
    console.confirm("Remove it?", yes=yes)
    carry_out(deployment.session.ssm, changes)
    if json:
        facts: document.Document = {"pattern": pattern, "removed": [each.text for each in found]}
        facts |= deployment.account_facts
        console.print_json(document.changes_document("remove", changes, **facts))
    else:
        to.print(f"Done. {show.COUNTS}")


def _coverage(deployment: Deployment, entries: list[Exemption]) -> Coverage:
    with console.progress("Reading users and keys"):
        return read_coverage(deployment, entries)


def _show_reach(to: Console, deployment: Deployment) -> None:
    """Say in a hub that an entry without an account holds in all of them."""
    if deployment.is_hub and not deployment.account_option:
        to.print(
            "It holds in EVERY account of the organization; the keys above are those of "
            f"{deployment.account_id}. For one account: --account ID"
        )
