"""Targets to ask for keys, so that a run costs what there is to do. Pure: it only chooses.

Every act rests on a fresh `ListAccessKeys`. The credential report may be hours old, knows two keys
of a user, and its dates may be later than a key's creation, so it is believed only where it cannot
mislead; what it could hide all the same is found by the sweep of everybody once a week.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from key_rotation.domain.model import CredentialReportRow, ListedUser, Now
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watch

FULL_SCAN_INTERVAL = timedelta(days=7)


def is_full_scan_due(last: date | None, now: Now) -> bool:
    """Say whether everybody must be asked today; `last` is when everybody was."""
    return last is None or now.today - last >= FULL_SCAN_INTERVAL


def select_users(
    listed: Iterable[ListedUser],
    rows: Mapping[str, CredentialReportRow],
    *,
    always: frozenset[str],
    now: Now,
    settings: Settings,
) -> tuple[ListedUser, ...]:
    """Choose the users who must be asked for their keys.

    rows: the readable rows of the credential report, by user name
    always: the ids of users to ask in any case, such as those with an open watch
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
    """Put those with the oldest watched keys first, then the oldest users."""
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
    """Say whether the user may have a key that a rule acts on."""
    youngest = now.today - (settings.max_age - settings.notice)
    if settings.adopt_inactive_keys and _has_inactive(listed, row):
        return True
    if now.day(listed.created) > youngest:
        return False
    if row is None or not row.is_of(listed) or row.more:
        return True
    active = [slot.rotated for slot in row.slots if slot.active]
    return any(rotated is None or now.day(rotated) <= youngest for rotated in active)


def _has_inactive(listed: ListedUser, row: CredentialReportRow | None) -> bool:
    if row is None or not row.is_of(listed) or row.more:
        return True
    return any(slot.rotated and not slot.active for slot in row.slots)


def _may_be_exempt(listed: ListedUser, row: CredentialReportRow | None, settings: Settings) -> bool:
    """Say whether the user may have an exempt key: those are listed whatever their age."""
    has_keys = row is None or row.more or any(s.rotated or s.active for s in row.slots)
    return has_keys and any(
        exemption.covers_user(listed.user) or exemption.may_name_any_key
        for exemption in settings.exemptions
    )
