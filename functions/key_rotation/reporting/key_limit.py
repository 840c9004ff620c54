"""Which key a user must delete before IAM accepts a new one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from key_rotation.domain.key_details import KeyToDelete, NewerKey
from key_rotation.domain.model import AccessKey, LastUse, Status
from key_rotation.reporting.outcome import Outcome, Section

KEYS_PER_USER = 2
"""Access keys that a user can have, inactive ones included (IAM User Guide, "IAM and AWS STS
quotas": the quota cannot be raised)."""
_ORDER = {Status.INACTIVE: 0, Status.ACTIVE: 1, Status.OTHER: 2}
_REPLACED = frozenset({Section.NOTICED, Section.UPCOMING, Section.WAITING})
_NEVER = datetime.min.replace(tzinfo=UTC)
_UNKNOWN = datetime.max.replace(tzinfo=UTC)


def is_to_be_replaced(outcome: Outcome) -> bool:
    """Return whether the owner of a key is asked to replace it: it is noticed with this digest."""
    return outcome.section is Section.NOTICED and not outcome.dry_run


def key_to_delete(outcome: Outcome) -> KeyToDelete | None:
    """Return the key that the owner of a noticed key must delete before making a new one."""
    return outcome.details.to_delete if is_to_be_replaced(outcome) else None


def keys_to_delete(
    outcomes: Iterable[Outcome],
    keys: Iterable[AccessKey],
    newer: Mapping[str, NewerKey],
    last_uses: Mapping[str, LastUse],
) -> Mapping[str, KeyToDelete]:
    """Return by the id of each noticed key the key to delete before its user can make a new one.

    outcomes: all outcomes of the run
    keys: all keys of the users concerned
    newer: by access key id, the newer active key of its user
    last_uses: by access key id, as far as they are known

    A newer key of which nothing is reported stays, so that its user needs no other one.
    """
    outcomes = tuple(outcomes)
    exempt = {str(o.access_key_id) for o in outcomes if o.section is Section.EXEMPT}
    reported = {o.access_key_id for o in outcomes} - exempt
    owners: dict[str, list[AccessKey]] = {}
    by_key_id: dict[str, list[AccessKey]] = {}
    for key in keys:
        of_user = owners.setdefault(key.user.user_id, [])
        of_user.append(key)
        by_key_id[key.access_key_id] = of_user
    noticed = (str(o.access_key_id) for o in outcomes if o.section in _REPLACED and not o.dry_run)
    return {
        key_id: _missed_least(by_key_id[key_id], last_uses, exempt)
        for key_id in noticed
        if len(by_key_id.get(key_id, ())) >= KEYS_PER_USER
        and (key_id not in newer or newer[key_id].access_key_id in reported)
    }


def _missed_least(
    keys: Sequence[AccessKey], last_uses: Mapping[str, LastUse], exempt: Collection[str]
) -> KeyToDelete:
    """Choose an inactive key first, then one never used, then the one unused for longest.

    An exempt key comes last.
    """

    def order(key: AccessKey) -> tuple[bool, int, datetime, datetime]:
        use = last_uses.get(key.access_key_id)
        used = (use.at or _NEVER) if use else _UNKNOWN
        return key.access_key_id in exempt, _ORDER[key.status], used, key.created

    first = min(keys, key=order)
    return KeyToDelete(
        access_key_id=first.access_key_id,
        status=first.status_text,
        last_use=last_uses.get(first.access_key_id),
        key_count=len(keys),
    )
