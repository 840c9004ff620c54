"""The parts of which a preview on the terminal is made."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from key_rotation.reporting.formatting import format_date
from key_rotation.reporting.outcome import Section
from key_rotation_cli.preview import words
from key_rotation_cli.preview.document import LISTED
from key_rotation_cli.preview.due_keys import DueKey
from key_rotation_cli.preview.preview import Preview

ROWS = 40
"""How many rows of a table are shown; the files have all."""
FOLDED = frozenset({"Account", "User", "By, in", "Owner", "Reason", "Why"})
"""The columns of foreign text, which is broken where it is too long for the screen."""
STYLES = {
    Section.NOTICED: "yellow",
    Section.DEACTIVATED: "red",
    Section.DELETED: "red",
    Section.DEFERRED: "magenta",
}


def print_section(console: Console, title: str, text: str) -> None:
    """Print a title, and a text below it."""
    console.print(Text(title, style="bold"))
    print_indented(console, Text(text))


def print_indented(console: Console, shown: RenderableType) -> None:
    """Print a text or a table, and an empty line below it."""
    console.print(Padding(shown, (0, 0, 0, 2), expand=False))
    console.print()


def table_of(*columns: str, numbers: Iterable[str] = ()) -> Table:
    """Return an empty table; `numbers` are further columns, whose cells stand to the right."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column not in FOLDED)
    for column in numbers:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def filled(table: Table, rows: Sequence[tuple[Text, ...]]) -> Table:
    """Add rows, as many as are shown, and say how many there are besides."""
    for row in rows[:ROWS]:
        table.add_row(*row)
    if len(rows) > ROWS:
        table.caption = f"{len(rows) - ROWS:,} more: write them with --html, --csv or --json"
        table.caption_justify = "left"
    return table


def grid_of(cells: Sequence[tuple[str, object]]) -> Table:
    """Return labels with their numbers, two in a row."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for number in (0, 2):
        table.add_column(justify="right", style="bold")
        table.add_column(min_width=28 if number == 0 else None)
    for start in range(0, len(cells), 2):
        pairs = cells[start : start + 2]
        table.add_row(*(text for label, value in pairs for text in (_number(value), label)))
    return table


def calendar_of(days: Iterable[tuple[date, Mapping[Section, int]]]) -> Table:
    """Return a row for each day, with how many keys its run lists."""
    table = table_of("Day", numbers=[section.capitalize() for section in LISTED])
    return filled(table, [_calendar_row(day, counts) for day, counts in days])


def in_use_row(key: DueKey, preview: Preview) -> tuple[Text, ...]:
    """Return a key in use that would stop working: whose, when and where it was used, and when."""
    access_key, use = key.observed.key, key.observed.last_use
    return (
        Text(words.foreign(access_key.user.name)),
        Text(access_key.access_key_id),
        Text(f"{preview.age_days(key.observed)} d"),
        Text(words.last_used_text(use, preview.now, near=True)),
        Text(words.foreign(", ".join(filter(None, (use.service, use.region))) if use else None)),
        Text(words.near_date(key.due, preview.now.today), style="red"),
    )


def _calendar_row(day: date, counts: Mapping[Section, int]) -> tuple[Text, ...]:
    cells = (
        Text(f"{counts[s]:,}" if counts[s] else "-", STYLES[s] if counts[s] else "dim")
        for s in LISTED
    )
    return Text(format_date(day)), *cells


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
