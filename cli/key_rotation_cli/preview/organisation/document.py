"""The preview of an organization as JSON. Pure."""

import json
from collections.abc import Iterator
from typing import Any

from key_rotation.domain.organisation.accounts import Account
from key_rotation_cli.preview.document import (
    LISTED,
    Document,
    backlog_document,
    counts_document,
    thresholds_document,
    to_document,
)
from key_rotation_cli.preview.organisation.organisation_preview import (
    AccountPreview,
    OrganisationPreview,
)

SCHEMA = "key-rotation/preview-organisation/1"
OF_ACCOUNT = ("complete", "missing", "users", "keys", "stale", "root_keys", "backlog")
"""What each account has as its own preview would have it."""


def organisation_document(preview: OrganisationPreview) -> Document:
    """Return the document: each key and each user has its account's id and name."""
    each = [(one.account, to_document(one.preview)) for one in preview.accounts]
    totals = preview.totals
    return {
        "schema": SCHEMA,
        "organization_id": preview.organization_id,
        "generated_at": preview.now.instant.isoformat(timespec="seconds"),
        "thresholds": thresholds_document(preview.settings),
        "source": str(preview.source),
        "complete": preview.complete,
        "not_read": [_with_account(one.account, {"reason": one.reason}) for one in preview.unread],
        "missing": list(preview.missing),
        "not_active": preview.not_active,
        "outside_targets": preview.outside,
        "users": totals["users"],
        "keys": totals["keys"],
        "stale": totals["stale"],
        "accounts": [
            _account(one, found) for one, (_, found) in zip(preview.accounts, each, strict=True)
        ],
        "days": _days(each),
        **{
            name: [entry for account, found in each for entry in _tagged(account, found[name])]
            for name in ("in_use", "exempt", "unreadable")
        },
        "backlog": backlog_document(preview.backlog),
        **_owners(preview, each),
    }


def to_json(preview: OrganisationPreview) -> str:
    """Return the document as text."""
    return f"{json.dumps(organisation_document(preview), indent=2)}\n"


def _account(one: AccountPreview, found: Document) -> Document:
    numbers = {"in_use": one.in_use, "due": len(one.preview.due_keys)}
    return _with_account(one.account, {name: found[name] for name in OF_ACCOUNT} | numbers)


def _days(each: list[tuple[Account, Document]]) -> list[Document]:
    """Merge the days of all accounts."""
    merged: dict[str, Document] = {}
    for account, found in each:
        for day in _list(found["days"]):
            empty: Document = {"date": day["date"], **{str(section): [] for section in LISTED}}
            into = merged.setdefault(day["date"], empty)
            for section in LISTED:
                _list(into[str(section)]).extend(_tagged(account, day[str(section)]))
    return [merged[date] for date in sorted(merged)]


def _owners(preview: OrganisationPreview, each: list[tuple[Account, Document]]) -> Document:
    """Sum up how the owners of keys are known, and merge the keys that wait for one."""
    if not preview.knows_owners:
        return {}
    waiting = [
        entry
        for account, found in each
        if isinstance(owners := found.get("owners"), dict)
        for entry in _tagged(account, owners["waiting"])
    ]
    return {"owners": {**counts_document(preview.owner_counts), "waiting": waiting}}


def _tagged(account: Account, entries: object) -> Iterator[Document]:
    return (_with_account(account, entry) for entry in _list(entries))


def _with_account(account: Account, document: Document) -> Document:
    return {"account_id": account.account_id, "account_name": account.name, **document}


def _list(value: object) -> list[Any]:
    """Return a list of a document of one account."""
    if not isinstance(value, list):
        raise TypeError(value)
    return value
