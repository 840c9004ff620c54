"""A preview as JSON. Pure."""

import json
from collections.abc import Mapping
from datetime import date

from key_rotation.domain.model import Failure, ObservedKey
from key_rotation.domain.settings import Settings
from key_rotation.reporting.outcome import Section
from key_rotation_cli.owners import owner_document
from key_rotation_cli.preview.backlog import Backlog
from key_rotation_cli.preview.forecast import ForecastDay
from key_rotation_cli.preview.key_owners import Known
from key_rotation_cli.preview.preview import Preview

SCHEMA = "key-rotation/preview/1"
LISTED = (Section.NOTICED, Section.DEACTIVATED, Section.DELETED, Section.DEFERRED)
"""What a day lists."""
Document = dict[str, object]


def to_document(preview: Preview) -> Document:
    """Return the document; times are in ISO 8601, and what is not known is null."""
    counts = preview.counts
    return {
        "schema": SCHEMA,
        "account_id": preview.account_id,
        "generated_at": preview.now.instant.isoformat(timespec="seconds"),
        "thresholds": thresholds_document(preview.settings),
        "source": str(preview.source),
        "complete": preview.complete,
        "missing": list(preview.account.missing),
        "users": counts.users,
        "keys": counts.keys,
        "stale": counts.stale,
        "days": [_day(day, preview) for day in preview.days if is_busy(day)],
        "in_use": [_key(each.observed, each.due, preview) for each in preview.in_use],
        "exempt": [_key(each.observed, each.until, preview) for each in preview.exempt],
        "unreadable": [_unreadable(each, preview) for each in preview.account.unreadable],
        "root_keys": preview.account.root_keys,
        "backlog": backlog_document(preview.backlog),
        **_owners(preview),
    }


def to_json(preview: Preview) -> str:
    """Return the document as text."""
    return f"{json.dumps(to_document(preview), indent=2)}\n"


def thresholds_document(settings: Settings) -> Document:
    """Return the thresholds of a forecast."""
    return {
        "max_age_days": settings.max_age.days,
        "notice_days": settings.notice.days,
        "grace_days": settings.grace.days,
        "max_changes_per_run": settings.max_changes_per_run,
    }


def backlog_document(backlog: Backlog) -> Document:
    """Return the keys that are due, and how long they take."""
    return {
        "keys": backlog.keys,
        "last_date": _iso(backlog.last_date),
        "limit_for_30_days": backlog.limit_for_30_days,
    }


def is_busy(day: ForecastDay) -> bool:
    """Return whether a day has something to list."""
    return any(key.section in LISTED for key in day.keys)


def _day(day: ForecastDay, preview: Preview) -> Document:
    observed = preview.observed
    sections = {
        str(section): [
            _key(observed[key.access_key_id], key.due, preview)
            for key in day.in_section(section)
            if key.access_key_id in observed
        ]
        for section in LISTED
    }
    return {"date": day.date.isoformat(), **sections}


def _key(observed: ObservedKey, due: date | None, preview: Preview) -> Document:
    key, use = observed.key, observed.last_use
    return {
        "user": key.user.name,
        "access_key_id": key.access_key_id,
        "age_days": preview.age_days(observed),
        "last_used": use.at.isoformat(timespec="seconds") if use and use.at else None,
        "last_used_service": use.service if use else None,
        "last_used_region": use.region if use else None,
        "due": _iso(due),
        **_owner(observed, preview),
    }


def _owner(observed: ObservedKey, preview: Preview) -> Document:
    if preview.owners is None:
        return {}
    owner = preview.owners.of(observed)
    return {"owner": owner_document(owner) if owner else None}


def _owners(preview: Preview) -> Document:
    """Return how the owners of keys are known, and which keys wait for one."""
    if preview.owners is None:
        return {}
    waiting = [_key(each.observed, None, preview) for each in preview.waiting]
    return {"owners": {**counts_document(preview.owner_counts), "waiting": waiting}}


def counts_document(counts: Mapping[Known, int]) -> Document:
    """Return how many keys have an owner that is known in which way."""
    return {str(known): counts.get(known, 0) for known in Known}


def _unreadable(failure: Failure, preview: Preview) -> Document:
    created = failure.created
    age = (preview.now.today - preview.now.day(created)).days if created else None
    return {
        "user": failure.user_name,
        "access_key_id": failure.access_key_id,
        "age_days": age,
        "last_used": None,
        "last_used_service": None,
        "last_used_region": None,
        "due": None,
        "reason": failure.text,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
