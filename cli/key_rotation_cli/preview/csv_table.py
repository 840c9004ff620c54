"""The keys that come due as CSV, one row a key. Pure."""

import csv
import io
from datetime import date, datetime

from key_rotation.domain.model import LastUse
from key_rotation_cli.preview.due_keys import DueKey
from key_rotation_cli.preview.preview import Preview

COLUMNS = (
    "user",
    "access_key_id",
    "age_days",
    "last_used",
    "last_used_service",
    "last_used_region",
    "in_use",
    "noticed",
    "due",
    "deactivated",
    "deleted",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def to_csv(preview: Preview) -> str:
    """Return the table; `last_used` is a time, `never`, or `unknown` if it could not be read."""
    in_use = {key.observed.key.access_key_id for key in preview.in_use}
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for due_key in preview.due_keys:
        used = due_key.observed.key.access_key_id in in_use
        table.writerow(map(_cell, _row(due_key, preview, used=used)))
    return text.getvalue()


def _row(due_key: DueKey, preview: Preview, *, used: bool) -> tuple[object, ...]:
    key, use = due_key.observed.key, due_key.observed.last_use
    return (
        key.user.name,
        key.access_key_id,
        preview.age_days(due_key.observed),
        _last_used(use),
        use.service if use else None,
        use.region if use else None,
        "true" if used else "false",
        due_key.noticed,
        due_key.due,
        due_key.deactivated,
        due_key.deleted,
    )


def _last_used(use: LastUse | None) -> str:
    if use is None:
        return "unknown"
    return use.at.isoformat(timespec="seconds") if use.at else "never"


def _cell(value: object) -> str:
    """Write a value; a text that a spreadsheet would take for a formula gets an apostrophe."""
    match value:
        case None:
            return ""
        case date() | datetime():
            return value.isoformat()
        case str() if value.startswith(FORMULA):
            return f"'{value}"
        case _:
            return str(value)
