"""What only the reader of the digest wants to know of a key: no decision rests on it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from key_rotation.aws import AWS_ERRORS
from key_rotation.errors import UnreadableError
from key_rotation.iam_reads import read_last_use
from key_rotation.model import AccessKey, Inventory, Status
from key_rotation.outcome import Details, NewerKey, Outcome, Section
from key_rotation.parallel import in_parallel

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


def describe(iam: "IAMClient", outcomes: Iterable[Outcome], seen: Inventory) -> tuple[Outcome, ...]:
    """Add what the reader of the digest wants to know of a key besides; nothing rests on it."""
    keys = {key.access_key_id: key for key in seen.keys}
    by_user: defaultdict[str, list[AccessKey]] = defaultdict(list)
    for key in seen.keys:
        by_user[key.user.user_id].append(key)

    def with_details(outcome: Outcome) -> Outcome:
        key = keys.get(outcome.access_key_id or "")
        if key is None or not outcome.news or outcome.section not in DESCRIBED:
            return outcome
        details = _details(iam, outcome, key, by_user[key.user.user_id])
        return replace(outcome, details=details)

    return tuple(in_parallel(with_details, outcomes))


def _details(
    iam: "IAMClient", outcome: Outcome, key: AccessKey, siblings: Iterable[AccessKey]
) -> Details:
    read_now = outcome.section is Section.NOTICED
    return Details(
        description=_description(iam, key) if read_now else outcome.details.description,
        newer=_newer_key(iam, key, siblings),
    )


def _description(iam: "IAMClient", key: AccessKey) -> str | None:
    """Read the description that the console keeps as a user tag named after the key id.

    It is for the reader of the digest only, so a failed read is no description.
    """
    pages = iam.get_paginator("list_user_tags").paginate(UserName=key.user.name)
    try:
        tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    except AWS_ERRORS:
        return None
    return tags.get(key.access_key_id)


def _newer_key(iam: "IAMClient", key: AccessKey, siblings: Iterable[AccessKey]) -> NewerKey | None:
    """Find the user's newest active key, if it is newer than `key`, and its last use."""
    newer = [
        other for other in siblings if other.status is Status.ACTIVE and other.created > key.created
    ]
    if not newer:
        return None
    newest = max(newer, key=lambda other: other.created)
    try:
        last_use = read_last_use(iam, newest)
    except UnreadableError:
        last_use = None
    return NewerKey(access_key_id=newest.access_key_id, last_use=last_use)
