"""The keys that come due as CSV, one row a key. Pure."""

from collections.abc import Collection, Iterator

from key_rotation.domain.model import LastUse
from key_rotation_cli import csv_file
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
OWNER_COLUMNS = ("owner", "owner_source", "owner_problem")
"""What follows where owners get mail; several addresses have a space between them."""


def to_csv(preview: Preview) -> str:
    """Return the table; `last_used` is a time, `never`, or `unknown` if it could not be read."""
    return csv_file.to_csv(columns(owners=preview.knows_owners), rows(preview))


def columns(*, owners: bool) -> tuple[str, ...]:
    """Return the columns; more of them where owners get mail."""
    return (*COLUMNS, *OWNER_COLUMNS) if owners else COLUMNS


def rows(preview: Preview) -> Iterator[csv_file.Row]:
    """Return a row for each key that comes due, the first day first."""
    in_use = {key.observed.key.access_key_id for key in preview.in_use}
    for due_key in preview.due_keys:
        cells: dict[str, object] = dict(zip(COLUMNS, _row(due_key, preview, in_use), strict=True))
        yield cells | _owner_cells(due_key, preview)


def _row(due_key: DueKey, preview: Preview, in_use: Collection[str]) -> tuple[object, ...]:
    key, use = due_key.observed.key, due_key.observed.last_use
    return (
        key.user.name,
        key.access_key_id,
        preview.age_days(due_key.observed),
        _last_used(use),
        use.service if use else None,
        use.region if use else None,
        key.access_key_id in in_use,
        due_key.noticed,
        due_key.due,
        due_key.deactivated,
        due_key.deleted,
    )


def _owner_cells(due_key: DueKey, preview: Preview) -> dict[str, object]:
    owner = preview.owners.of(due_key.observed) if preview.owners else None
    if owner is None:
        return {}
    cells = (" ".join(owner.addresses), str(owner.source), owner.problem)
    return dict(zip(OWNER_COLUMNS, cells, strict=True))


def _last_used(use: LastUse | None) -> str:
    if use is None:
        return "unknown"
    return use.at.isoformat(timespec="seconds") if use.at else "never"
