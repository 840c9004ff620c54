"""What only the reader of the digest wants to know of a key: no decision rests on it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import AWS_ERRORS
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_reads import read_last_use
from key_rotation.domain.model import AccessKey, Inventory, LastUse, Status
from key_rotation.errors import UnreadableError
from key_rotation.reporting.outcome import Details, NewerKey, Outcome, Section

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

DESCRIBED = frozenset(
    {
        Section.NOTICED,
        Section.DEACTIVATED,
        Section.EXTENDED,
        Section.ADOPTED,
        Section.HELD,
        Section.UPCOMING,
    }
)


def describe(
    iam: "IAMClient", outcomes: Iterable[Outcome], inventory: Inventory
) -> tuple[Outcome, ...]:
    """Add what the reader of the digest wants to know of a key besides; nothing rests on it.

    A user's tags, and a newer key's last use where this run did not see it, are read once each.
    """
    outcomes = tuple(outcomes)
    keys = {key.access_key_id: key for key in inventory.keys}
    told = {o.access_key_id: o for o in outcomes if o.triggers_digest and o.section in DESCRIBED}
    newer = _newer_keys(iam, [keys[key_id] for key_id in told if key_id in keys], inventory)
    names = sorted({o.user_name for o in told.values() if o.section is Section.NOTICED})
    tags = dict(zip(names, in_parallel(lambda name: _tags(iam, name), names), strict=True))

    def with_details(outcome: Outcome) -> Outcome:
        key_id = outcome.access_key_id or ""
        if key_id not in keys or not outcome.triggers_digest or outcome.section not in DESCRIBED:
            return outcome
        new = outcome.section is Section.NOTICED
        description = tags[outcome.user_name].get(key_id) if new else outcome.details.description
        return replace(outcome, details=Details(description=description, newer=newer.get(key_id)))

    return tuple(map(with_details, outcomes))


def _tags(iam: "IAMClient", user_name: str) -> Mapping[str, str]:
    """Read a user's tags: the console keeps a key's description in one named after the key id.

    They are for the reader of the digest only, so a failed read gives none.
    """
    pages = iam.get_paginator("list_user_tags").paginate(UserName=user_name)
    try:
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    except AWS_ERRORS:
        return {}


def _newer_keys(
    iam: "IAMClient", keys: Iterable[AccessKey], inventory: Inventory
) -> Mapping[str, NewerKey]:
    """Find for each key the newest active one of its user, if that is newer, and its last use."""
    newest = {
        key.user.user_id: key
        for key in sorted(inventory.keys, key=lambda key: key.created)
        if key.status is Status.ACTIVE
    }
    newer = {
        key.access_key_id: other
        for key in keys
        if (other := newest.get(key.user.user_id)) and other.created > key.created
    }
    last_uses = {s.key.access_key_id: s.last_use for s in inventory.observed_keys if s.last_use}
    unread = {o.access_key_id: o for o in newer.values() if o.access_key_id not in last_uses}
    read = in_parallel(lambda key: _last_use(iam, key), unread.values())
    last_uses |= {key_id: use for key_id, use in zip(unread, read, strict=True) if use}
    return {
        key_id: NewerKey(
            access_key_id=other.access_key_id, last_use=last_uses.get(other.access_key_id)
        )
        for key_id, other in newer.items()
    }


def _last_use(iam: "IAMClient", key: AccessKey) -> LastUse | None:
    try:
        return read_last_use(iam, key)
    except UnreadableError:
        return None
