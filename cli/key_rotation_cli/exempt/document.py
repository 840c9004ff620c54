"""What `exempt` writes as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from key_rotation.domain.exemptions import Exemption
from key_rotation_cli.exempt.changes import Change, commands_of
from key_rotation_cli.exempt.coverage import Coverage
from key_rotation_cli.exempt.stored import StoredEntry

SCHEMA = "key-rotation/exempt/1"
Document = dict[str, object]


def changes_document(action: str, changes: Sequence[Change], **more: object) -> Document:
    """Return what a command did: `action` is its name, `more` what is known of the entry."""
    return {
        "schema": SCHEMA,
        "action": action,
        "changed": bool(changes),
        **more,
        "parameters": [change.parameter for change in changes],
        "commands": commands_of(changes),
        "counts_from": "the next scheduled run",
    }


def entry_document(entry: Exemption) -> Document:
    """Return one entry."""
    return {
        "pattern": entry.pattern,
        "until": entry.until and entry.until.isoformat(),
        "reason": entry.reason,
    }


def coverage_document(entry: Exemption, coverage: Coverage) -> Document:
    """Return the users and keys that an entry covers; null where they could not be read."""
    users = [user.name for user in coverage.users_of(entry)]
    keys = [
        {"user": key.user.name, "access_key_id": key.access_key_id}
        for key in coverage.keys_of(entry)
    ]
    unknown = bool(coverage.problem)
    return {
        "users": None if unknown else users,
        "keys": None if unknown else keys,
        "covers_everybody": coverage.is_everybody(entry),
        "problem": coverage.problem or None,
    }


def list_document(
    entries: Iterable[StoredEntry],
    coverage: Coverage,
    editors: Mapping[str, str | None],
    today: date,
) -> Document:
    """Return all entries; of one that is not accepted, only its text and where it stands.

    editors: the ARN of who last changed a parameter, by its whole name
    """
    return {
        "schema": SCHEMA,
        "exemptions": [_listed(each, coverage, editors, today) for each in entries],
        "problem": coverage.problem or None,
    }


def _listed(
    stored: StoredEntry, coverage: Coverage, editors: Mapping[str, str | None], today: date
) -> Document:
    entry = stored.entry
    facts = entry_document(entry) if entry else {"pattern": None, "until": None, "reason": None}
    known = entry is not None and not coverage.problem
    return {
        **facts,
        "text": stored.text,
        "accepted": entry is not None,
        "ended": entry is not None and entry.ended(today),
        "parameter": stored.parameter,
        "changed_by": editors.get(stored.parameter),
        "keys": len(coverage.keys_of(entry)) if entry and known else None,
    }
