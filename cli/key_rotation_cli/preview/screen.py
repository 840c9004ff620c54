"""A preview on the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from key_rotation.reporting.formatting import format_date, pluralize
from key_rotation_cli.dates import short_date
from key_rotation_cli.preview import owner_words, words
from key_rotation_cli.preview.document import is_busy
from key_rotation_cli.preview.due_keys import DueKey
from key_rotation_cli.preview.key_owners import KeyOwners
from key_rotation_cli.preview.parts import (
    calendar_of,
    filled,
    grid_of,
    in_use_row,
    print_indented,
    print_section,
    table_of,
)
from key_rotation_cli.preview.preview import ExemptKey, Preview


def print_preview(console: Console, preview: Preview) -> None:
    """Print everything that people decide by; the long tables are cut."""
    _print_head(console, preview)
    console.print()
    print_indented(console, _counts(preview))
    print_section(console, "Backlog", words.backlog_text(preview))
    print_section(console, "In use", words.in_use_text(preview))
    if preview.in_use:
        print_indented(console, _in_use_table(preview))
    if preview.owners:
        _print_owners(console, preview, preview.owners)
    busy = [day for day in preview.days if is_busy(day)]
    found = f"{pluralize(len(busy), 'day')} of {preview.horizon} with something to do."
    print_section(console, "Calendar", found)
    if busy:
        print_indented(console, calendar_of((day.date, day.counts) for day in busy))
    if preview.exempt:
        found = f"{pluralize(len(preview.exempt), 'exempt key')} would come due otherwise."
        print_section(console, "Exempt", found)
        print_indented(console, _exempt_table(preview))
    _print_missing(console, preview)


def _print_head(console: Console, preview: Preview) -> None:
    day = f"{format_date(preview.now.today)} ({preview.now.zone.key})"
    title = f"Preview of account {preview.account_id} for {pluralize(preview.horizon, 'day')}"
    console.print(Text(f"{title} from {day}", style="bold"))
    console.print(Text(words.thresholds_text(preview)))
    console.print(Text(words.assumption_text(preview), style="dim"))


def _counts(preview: Preview) -> Table:
    counts = preview.counts
    cells: list[tuple[str, object]] = [
        ("Users", counts.users),
        ("Keys", counts.keys),
        ("Active keys", counts.active),
        ("Stale", counts.stale),
        ("Never used", counts.never_used),
        ("Unused for 45 days", counts.unused),
        ("Users with two active keys", counts.users_with_two_keys),
        ("Root user has keys", words.root_text(preview)),
    ]
    if counts.unknown_use:
        cells.append(("Last use unknown", counts.unknown_use))
    return grid_of(cells)


def _in_use_table(preview: Preview) -> Table:
    table = table_of("User", "Key", "Age", "Last used", "By, in", "Stops on")
    rows = [in_use_row(key, preview) for key in preview.in_use]
    return filled(table, rows)


def _print_owners(console: Console, preview: Preview, owners: KeyOwners) -> None:
    """Print who gets the mails, and each key whose owner nobody named."""
    print_section(console, "Owners", owner_words.owners_text(preview))
    if preview.unnamed:
        table = table_of("User", "Key", "Stops on", "Owner", "Why")
        rows = [_owner_row(key, owners, preview) for key in preview.unnamed]
        print_indented(console, filled(table, rows))


def _owner_row(key: DueKey, owners: KeyOwners, preview: Preview) -> tuple[Text, ...]:
    access_key, owner = key.observed.key, owners.by_user[key.observed.key.user.name]
    return (
        Text(words.foreign(access_key.user.name)),
        Text(access_key.access_key_id),
        Text(owner_words.stops_on_text(key, preview.now.today)),
        Text(owner_words.owner_text(owners, key.observed)),
        Text(words.foreign(owner.problem)),
    )


def _exempt_table(preview: Preview) -> Table:
    table = table_of("User", "Key", "Age", "Until", "Reason")
    return filled(table, [_exempt_row(key, preview) for key in preview.exempt])


def _exempt_row(key: ExemptKey, preview: Preview) -> tuple[Text, ...]:
    access_key = key.observed.key
    return (
        Text(words.foreign(access_key.user.name)),
        Text(access_key.access_key_id),
        Text(f"{preview.age_days(key.observed)} d"),
        Text(short_date(key.until) or "no end"),
        Text(words.foreign(key.reason)),
    )


def _print_missing(console: Console, preview: Preview) -> None:
    for text in preview.account.missing:
        console.print(Text.assemble(("Missing  ", "bold yellow"), words.foreign(text)))
    for text in preview.notes:
        console.print(Text.assemble(("Note  ", "bold"), words.foreign(text)))
