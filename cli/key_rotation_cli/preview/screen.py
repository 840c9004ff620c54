"""A preview on the terminal."""

from collections.abc import Iterable

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from key_rotation.reporting.formatting import format_date, pluralize
from key_rotation.reporting.outcome import Section
from key_rotation_cli.dates import short_date
from key_rotation_cli.preview import words
from key_rotation_cli.preview.document import LISTED, is_busy
from key_rotation_cli.preview.due_keys import DueKey
from key_rotation_cli.preview.forecast import ForecastDay
from key_rotation_cli.preview.preview import ExemptKey, Preview

ROWS = 40
"""How many rows of a table are shown; the files have all."""
FOLDED = frozenset({"User", "By, in", "Reason"})
"""The columns of foreign text, which is broken where it is too long for the screen."""
STYLES = {
    Section.NOTICED: "yellow",
    Section.DEACTIVATED: "red",
    Section.DELETED: "red",
    Section.DEFERRED: "magenta",
}


def print_preview(console: Console, preview: Preview) -> None:
    """Print everything that people decide by; the long tables are cut."""
    _print_head(console, preview)
    console.print()
    _print_indented(console, _counts(preview))
    _print_section(console, "Backlog", words.backlog_text(preview))
    _print_section(console, "In use", words.in_use_text(preview))
    if preview.in_use:
        _print_indented(console, _in_use_table(preview))
    busy = [day for day in preview.days if is_busy(day)]
    found = f"{pluralize(len(busy), 'day')} of {preview.horizon} with something to do."
    _print_section(console, "Calendar", found)
    if busy:
        _print_indented(console, _calendar(busy))
    if preview.exempt:
        found = f"{pluralize(len(preview.exempt), 'exempt key')} would come due otherwise."
        _print_section(console, "Exempt", found)
        _print_indented(console, _exempt_table(preview))
    _print_missing(console, preview)


def _print_head(console: Console, preview: Preview) -> None:
    day = f"{format_date(preview.now.today)} ({preview.now.zone.key})"
    title = f"Preview of account {preview.account_id} for {pluralize(preview.horizon, 'day')}"
    console.print(Text(f"{title} from {day}", style="bold"))
    console.print(Text(words.thresholds_text(preview)))
    console.print(Text(words.assumption_text(preview), style="dim"))


def _counts(preview: Preview) -> Table:
    counts = preview.counts
    cells = [
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
    table = Table.grid(padding=(0, 2, 0, 0))
    for number in (0, 2):
        table.add_column(justify="right", style="bold")
        table.add_column(min_width=28 if number == 0 else None)
    for start in range(0, len(cells), 2):
        pairs = cells[start : start + 2]
        table.add_row(*(text for label, value in pairs for text in (_number(value), label)))
    return table


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _in_use_table(preview: Preview) -> Table:
    table = _table("User", "Key", "Age", "Last used", "By, in", "Stops on")
    rows = [_in_use_row(key, preview) for key in preview.in_use]
    return _filled(table, rows)


def _in_use_row(key: DueKey, preview: Preview) -> tuple[Text, ...]:
    access_key, use = key.observed.key, key.observed.last_use
    return (
        Text(words.foreign(access_key.user.name)),
        Text(access_key.access_key_id),
        Text(f"{preview.age_days(key.observed)} d"),
        Text(words.last_used_text(use, preview.now, near=True)),
        Text(words.foreign(", ".join(filter(None, (use.service, use.region))) if use else None)),
        Text(words.near_date(key.due, preview.now.today), style="red"),
    )


def _calendar(days: Iterable[ForecastDay]) -> Table:
    table = _table("Day")
    for section in LISTED:
        table.add_column(section.capitalize(), justify="right")
    return _filled(table, [_calendar_row(day) for day in days])


def _calendar_row(day: ForecastDay) -> tuple[Text, ...]:
    counts = [(section, len(day.in_section(section))) for section in LISTED]
    cells = (Text(f"{count or '-'}", STYLES[s] if count else "dim") for s, count in counts)
    return Text(format_date(day.date)), *cells


def _exempt_table(preview: Preview) -> Table:
    table = _table("User", "Key", "Age", "Until", "Reason")
    return _filled(table, [_exempt_row(key, preview) for key in preview.exempt])


def _exempt_row(key: ExemptKey, preview: Preview) -> tuple[Text, ...]:
    access_key = key.observed.key
    return (
        Text(words.foreign(access_key.user.name)),
        Text(access_key.access_key_id),
        Text(f"{preview.age_days(key.observed)} d"),
        Text(short_date(key.until) or "no end"),
        Text(words.foreign(key.reason)),
    )


def _table(*columns: str) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column not in FOLDED)
    return table


def _filled(table: Table, rows: list[tuple[Text, ...]]) -> Table:
    for row in rows[:ROWS]:
        table.add_row(*row)
    if len(rows) > ROWS:
        table.caption = f"{len(rows) - ROWS:,} more: write them with --html, --csv or --json"
        table.caption_justify = "left"
    return table


def _print_section(console: Console, title: str, text: str) -> None:
    console.print(Text(title, style="bold"))
    _print_indented(console, Text(text))


def _print_indented(console: Console, shown: RenderableType) -> None:
    console.print(Padding(shown, (0, 0, 0, 2), expand=False))
    console.print()


def _print_missing(console: Console, preview: Preview) -> None:
    for text in preview.account.missing:
        console.print(Text.assemble(("Missing  ", "bold yellow"), words.foreign(text)))
    for text in preview.notes:
        console.print(Text.assemble(("Note  ", "bold"), words.foreign(text)))
