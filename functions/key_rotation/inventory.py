"""What IAM holds: every user, every key, and the last use of those that a rule or a reader needs.

An error here is never an answer: a listing that breaks off raises, and a user or key that cannot be
read is a failure of its own, left alone while the others go on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from key_rotation.aws import AWS_ERRORS, why
from key_rotation.decide import needs_last_use
from key_rotation.errors import ListingError, UnreadableError
from key_rotation.model import (
    AccessKey,
    Failure,
    Inventory,
    LastUse,
    Now,
    Sighting,
    Status,
    User,
)
from key_rotation.outcome import Details, NewerKey, Outcome, Section
from key_rotation.plan import failure_of
from key_rotation.settings import Settings
from key_rotation.watch import Watch

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import AccessKeyMetadataTypeDef

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
NOT_APPLICABLE = "N/A"


def take(
    iam: "IAMClient", watches: Mapping[str, Watch], *, now: Now, settings: Settings
) -> Inventory:
    """Look at every user and key of the account.

    Raises ListingError when the listing of users breaks off.
    """
    users = list_users(iam)
    keys: list[AccessKey] = []
    sightings: list[Sighting] = []
    failures: list[Failure] = []
    unread: set[str] = set()
    for user in users:
        try:
            keys += list_keys(iam, user)
        except UnreadableError as error:
            unread.add(user.user_id)
            failures.append(Failure(user_name=user.name, text=str(error)))
    for key in keys:
        needed = needs_last_use(key, watches.get(key.access_key_id), now=now, settings=settings)
        try:
            last_use = read_last_use(iam, key) if needed else None
            sightings.append(Sighting(key=key, last_use=last_use))
        except UnreadableError as error:
            failures.append(failure_of(key, str(error)))
    return Inventory(
        users=users,
        keys=tuple(keys),
        sightings=tuple(sightings),
        failures=tuple(failures),
        unread=frozenset(unread),
    )


def describe(iam: "IAMClient", outcomes: Iterable[Outcome], seen: Inventory) -> tuple[Outcome, ...]:
    """Add what the reader of the digest wants to know of a key besides; nothing rests on it."""
    keys = {key.access_key_id: key for key in seen.keys}
    by_user: defaultdict[str, list[AccessKey]] = defaultdict(list)
    for key in seen.keys:
        by_user[key.user.user_id].append(key)
    described: list[Outcome] = []
    for outcome in outcomes:
        found = keys.get(outcome.access_key_id or "")
        if found and outcome.news and outcome.section in DESCRIBED:
            details = _details(iam, outcome, found, by_user[found.user.user_id])
            described.append(replace(outcome, details=details))
        else:
            described.append(outcome)
    return tuple(described)


def _details(
    iam: "IAMClient", outcome: Outcome, key: AccessKey, siblings: Iterable[AccessKey]
) -> Details:
    known = outcome.details.description
    with_notice = outcome.section is Section.NOTICED or known is None
    return Details(
        description=_description(iam, key) if with_notice else known,
        newer=_newer_key(iam, key, siblings),
    )


def list_users(iam: "IAMClient") -> tuple[User, ...]:
    """List all users, page by page to the end; raises ListingError when a page fails."""
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1000})
    try:
        return tuple(
            User(name=user["UserName"], path=user["Path"], user_id=user["UserId"])
            for page in pages
            for user in page["Users"]
        )
    except (*AWS_ERRORS, KeyError) as cause:
        text = f"The listing of IAM users broke off ({why(cause)}). Nothing was changed."
        raise ListingError(text) from cause


def list_keys(iam: "IAMClient", user: User) -> tuple[AccessKey, ...]:
    """List all keys of a user, none for one that is gone; raises UnreadableError."""
    pages = iam.get_paginator("list_access_keys").paginate(UserName=user.name)
    try:
        return tuple(_key(user, found) for page in pages for found in page["AccessKeyMetadata"])
    except ClientError as cause:
        if is_gone(cause):
            return ()
        raise UnreadableError(f"its keys could not be listed ({why(cause)})") from cause
    except (*AWS_ERRORS, KeyError) as cause:
        raise UnreadableError(f"its keys could not be listed ({why(cause)})") from cause


def read_last_use(iam: "IAMClient", key: AccessKey) -> LastUse:
    """Read when, by which service and where a key was last used.

    An answer without `LastUsedDate` means never used only when it says so in full: service `N/A`
    (IAM API Reference, AccessKeyLastUsed). Raises UnreadableError for anything less.
    """
    try:
        answer = iam.get_access_key_last_used(AccessKeyId=key.access_key_id)
        owner, found = answer["UserName"], answer["AccessKeyLastUsed"]
        at, service = found.get("LastUsedDate"), found.get("ServiceName")
    except (*AWS_ERRORS, KeyError) as cause:
        raise UnreadableError(f"its last use could not be read ({why(cause)})") from cause
    if owner != key.user.name:
        raise UnreadableError(f"IAM names {owner!r} as its owner")
    if at is None and service != NOT_APPLICABLE:
        raise UnreadableError(f"its last use is unclear: {found!r}")
    return LastUse(at=at, service=_known(service), region=_known(found.get("Region")))


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


def sight_again(iam: "IAMClient", key: AccessKey) -> Sighting | None:
    """Read a key's status, creation, owner and last use afresh; None when it is gone."""
    fresh = [k for k in list_keys(iam, key.user) if k.access_key_id == key.access_key_id]
    return Sighting(key=fresh[0], last_use=read_last_use(iam, fresh[0])) if fresh else None


def is_gone(error: ClientError) -> bool:
    """Say whether IAM answered that the user or key does not exist."""
    return error.response["Error"]["Code"] == "NoSuchEntity"


def _key(user: User, found: "AccessKeyMetadataTypeDef") -> AccessKey:
    text = str(found["Status"])
    known = text in {Status.ACTIVE, Status.INACTIVE}
    return AccessKey(
        access_key_id=found["AccessKeyId"],
        user=user,
        status=Status(text) if known else Status.OTHER,
        status_text=text,
        created=found["CreateDate"],
    )


def _known(text: str | None) -> str | None:
    return None if text == NOT_APPLICABLE else text
