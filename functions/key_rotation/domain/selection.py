"""Selects the users whose keys a run reads, so that a run makes few calls.

Each change is based on a fresh `ListAccessKeys`. The credential report may be hours old, contains
two keys of a user, and its dates may be later than a key's creation, so it is used only where it
cannot mislead. What it may hide is found by a full scan once a week.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from key_rotation.domain.inventory import CredentialReportRow, ListedUser
from key_rotation.domain.model import Now
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watch

FULL_SCAN_INTERVAL = timedelta(days=7)


def is_full_scan_due(last: date | None, now: Now) -> bool:
    """Return whether the keys of all users must be read today; `last` is when they last were."""
    return last is None or now.today - last >= FULL_SCAN_INTERVAL


def select_users(
    listed: Iterable[ListedUser],
    rows: Mapping[str, CredentialReportRow],
    *,
    always: frozenset[str],
    now: Now,
    settings: Settings,
) -> tuple[ListedUser, ...]:
    """Return the users whose keys must be read.

    rows: the readable rows of the credential report, by user name
    always: the ids of users to read in any case, such as those with an open watch
    """
    return tuple(
        user
        for user in listed
        if user.user.user_id in always
        or _may_be_exempt(user, rows.get(user.user.name), settings)
        or _may_come_due(user, rows.get(user.user.name), now, settings)
    )


def by_oldest_key(
    users: Iterable[ListedUser], watches: Mapping[str, Watch]
) -> tuple[ListedUser, ...]:
    """Sort users: those with the oldest watched keys first, then the oldest users."""
    oldest: dict[str, datetime] = {}
    for watch in watches.values():
        user_id = watch.user.user_id
        oldest[user_id] = min(watch.created, oldest.get(user_id, watch.created))
    return tuple(
        sorted(
            users,
            key=lambda listed: (
                listed.user.user_id not in oldest,
                oldest.get(listed.user.user_id, listed.created),
                listed.user.user_id,
            ),
        )
    )


def _may_come_due(
    listed: ListedUser, row: CredentialReportRow | None, now: Now, settings: Settings
) -> bool:
    """Return whether the user may have a key that a rule acts on."""
    youngest = now.today - (settings.max_age - settings.notice)
    if settings.adopt_inactive_keys and _has_inactive(listed, row):
        return True
    if now.day(listed.created) > youngest:
        return False
    if row is None or not row.is_of(listed) or row.has_more_keys:
        return True
    active = [key.rotated for key in row.keys if key.active]
    return any(rotated is None or now.day(rotated) <= youngest for rotated in active)


def _has_inactive(listed: ListedUser, row: CredentialReportRow | None) -> bool:
    if row is None or not row.is_of(listed) or row.has_more_keys:
        return True
    return any(key.rotated and not key.active for key in row.keys)


def _may_be_exempt(listed: ListedUser, row: CredentialReportRow | None, settings: Settings) -> bool:
    """Return whether the user may have an exempt key: those are listed whatever their age."""
    has_keys = (
        row is None or row.has_more_keys or any(key.rotated or key.active for key in row.keys)
    )
    return has_keys and any(
        exemption.covers_user(listed.user) or exemption.may_name_any_key
        for exemption in settings.exemptions
    )
