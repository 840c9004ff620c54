"""Writes a table as CSV that a spreadsheet shows, and does not execute."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from key_rotation.reporting.formatting import sanitize_line

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
LIMIT = 5000
"""Characters in a cell."""
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of one file; its columns are stable."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Row]


def to_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return a table as CSV; a column that a row lacks is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return text.getvalue()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case date() | datetime():
            return value.isoformat()
        case _:
            text = str(value)
            line = sanitize_line(text, LIMIT)
            return f"'{line}" if text.startswith(FORMULA) or line.startswith(FORMULA) else line
