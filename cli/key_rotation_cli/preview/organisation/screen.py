"""The preview of an organization on the terminal: one screen."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from key_rotation.reporting.formatting import pluralize
from key_rotation_cli.preview import owner_words, words
from key_rotation_cli.preview.organisation import words as org_words
from key_rotation_cli.preview.organisation.organisation_preview import (
    AccountPreview,
    OrganisationPreview,
)
from key_rotation_cli.preview.parts import (
    calendar_of,
    filled,
    grid_of,
    in_use_row,
    print_indented,
    print_section,
    table_of,
)

NUMBERS = ("Users", "Keys", "Stale", "In use", "Due today", "Come due")


def print_preview(console: Console, preview: OrganisationPreview) -> None:
    """Print everything that people decide by; what could not be read comes first."""
    _print_head(console, preview)
    console.print()
    _print_unread(console, preview)
    print_indented(console, _counts(preview))
    print_section(console, "Backlog", org_words.backlog_text(preview))
    print_section(console, "In use", org_words.in_use_text(preview))
    if preview.totals["in_use"]:
        print_indented(console, _in_use_table(preview))
    if preview.knows_owners:
        print_section(console, "Owners", owner_words.owners_text(preview))
    print_section(console, "Accounts", org_words.accounts_text(preview))
    if preview.accounts:
        print_indented(console, _accounts_table(preview))
    found = f"{pluralize(len(preview.days), 'day')} of {preview.horizon} with something to do."
    print_section(console, "Calendar", found)
    if preview.days:
        print_indented(console, calendar_of(preview.days))
    for text in preview.missing:
        console.print(Text.assemble(("Missing  ", "bold yellow"), words.foreign(text)))
    for text in preview.notes:
        console.print(Text.assemble(("Note  ", "bold"), words.foreign(text)))


def _print_head(console: Console, preview: OrganisationPreview) -> None:
    console.print(Text(org_words.title_text(preview), style="bold"))
    console.print(Text(f"{words.thresholds_text(preview)} {org_words.limits_text(preview)}"))
    console.print(Text(words.assumption_text(preview), style="dim"))


def _print_unread(console: Console, preview: OrganisationPreview) -> None:
    if not preview.unread:
        return
    text = f"{pluralize(len(preview.unread), 'account')} could not be read"
    console.print(Text(text, style="bold red"))
    for each in preview.unread:
        name = f"{each.account.account_id} {words.foreign(each.account.name)}"
        console.print(Text(f"  {name}: {words.foreign(each.reason)}"), soft_wrap=True)
    console.print()


def _counts(preview: OrganisationPreview) -> Table:
    totals = preview.totals
    cells: list[tuple[str, object]] = [
        ("Accounts", len(preview.accounts)),
        ("Accounts with root keys", org_words.root_text(preview)),
        ("Users", totals["users"]),
        ("Keys", totals["keys"]),
        ("Active keys", totals["active"]),
        ("Stale", totals["stale"]),
        ("Never used", totals["never_used"]),
        ("Unused for 45 days", totals["unused"]),
    ]
    if totals["unknown_use"]:
        cells.append(("Last use unknown", totals["unknown_use"]))
    return grid_of(cells)


def _accounts_table(preview: OrganisationPreview) -> Table:
    table = table_of("Account", numbers=NUMBERS)
    return filled(table, [_account_row(each) for each in preview.accounts])


def _account_row(each: AccountPreview) -> tuple[Text, ...]:
    found, counts = each.preview, each.preview.counts
    numbers = (
        (counts.users, ""),
        (counts.keys, ""),
        (counts.stale, ""),
        (each.in_use, "red"),
        (found.backlog.keys, "yellow"),
        (len(found.due_keys), ""),
    )
    cells = (Text(f"{n:,}" if n else "-", style if n else "dim") for n, style in numbers)
    missing = "" if found.complete else " (incomplete)"
    return Text(f"{_name(each)}{missing}"), *cells


def _in_use_table(preview: OrganisationPreview) -> Table:
    table = table_of("Account", "User", "Key", "Age", "Last used", "By, in", "Stops on")
    rows = [
        (Text(_name(each)), *in_use_row(key, each.preview))
        for each in preview.accounts
        for key in each.preview.in_use
    ]
    return filled(table, rows)


def _name(each: AccountPreview) -> str:
    return f"{each.account.account_id} {words.foreign(each.account.name)}"
