"""The adapter to IAM's reads: users, keys and last uses, one call each.

An error here is never an answer: unreadable is neither "none" nor "never used".
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from key_rotation.adapters.clients import AWS_ERRORS, error_message, is_transient
from key_rotation.domain.inventory import ListedUser
from key_rotation.domain.model import AccessKey, LastUse, ObservedKey, Status, User
from key_rotation.domain.watch import Watch
from key_rotation.errors import ListUsersError, UnreadableError, UserNotFoundError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import AccessKeyMetadataTypeDef

NOT_APPLICABLE = "N/A"


def list_users(iam: "IAMClient") -> tuple[ListedUser, ...]:
    """List all users, page by page to the end; raises ListUsersError when a page fails."""
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1000})
    try:
        return tuple(
            ListedUser(
                user=User(name=user["UserName"], path=user["Path"], user_id=user["UserId"]),
                created=user["CreateDate"],
            )
            for page in pages
            for user in page["Users"]
        )
    except (*AWS_ERRORS, KeyError) as cause:
        text = f"The listing of IAM users broke off ({error_message(cause)}). Nothing was changed."
        raise ListUsersError(text) from cause


def list_keys(iam: "IAMClient", user: User) -> tuple[AccessKey, ...]:
    """List all keys of a user; raises UserNotFoundError and UnreadableError."""
    pages = iam.get_paginator("list_access_keys").paginate(UserName=user.name)
    try:
        return tuple(_key(user, found) for page in pages for found in page["AccessKeyMetadata"])
    except (*AWS_ERRORS, KeyError) as cause:
        if isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "NoSuchEntity":
            raise UserNotFoundError("IAM no longer knows its user by this name") from cause
        text = f"its keys could not be listed ({error_message(cause)})"
        raise UnreadableError(text, transient=is_transient(cause)) from cause


def read_last_use(iam: "IAMClient", key: AccessKey) -> LastUse:
    """Read when, by which service and where a key was last used.

    A response without `LastUsedDate` means never used only together with the service `N/A`
    (IAM API Reference, AccessKeyLastUsed). Raises UnreadableError for anything less.
    """
    try:
        answer = iam.get_access_key_last_used(AccessKeyId=key.access_key_id)
        owner, found = answer["UserName"], answer["AccessKeyLastUsed"]
        at, service = found.get("LastUsedDate"), found.get("ServiceName")
    except (*AWS_ERRORS, KeyError) as cause:
        text = f"its last use could not be read ({error_message(cause)})"
        raise UnreadableError(text, transient=is_transient(cause)) from cause
    if owner != key.user.name:
        raise UnreadableError(f"IAM gives another owner: {owner!r}")
    if at is None and service != NOT_APPLICABLE:
        raise UnreadableError(f"its last use is unclear: {found!r}")
    return LastUse(at=at, service=_known(service), region=_known(found.get("Region")))


def find_key_owner(iam: "IAMClient", access_key_id: str) -> str | None:
    """Return the name of the user whose key it is; None where IAM does not give it."""
    try:
        return iam.get_access_key_last_used(AccessKeyId=access_key_id)["UserName"]
    except (*AWS_ERRORS, KeyError):
        return None


def owner_of(iam: "IAMClient", watch: Watch) -> str | None:
    """Return the name of the user who has a watched key now; None if IAM says that it is gone.

    For a key that does not exist, IAM answers `NoSuchEntity`, or denies the call because there is
    no user whose policy it could apply; then the keys of the recorded user decide. Raises
    UnreadableError where IAM gives no answer.
    """
    try:
        return iam.get_access_key_last_used(AccessKeyId=watch.access_key_id)["UserName"]
    except (*AWS_ERRORS, KeyError) as cause:
        code = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else ""
        if code == "NoSuchEntity":
            return None
        if code not in {"AccessDenied", "AccessDeniedException"}:
            text = f"whether it still exists could not be read ({error_message(cause)})"
            raise UnreadableError(text) from cause
    try:
        keys = list_keys(iam, watch.user)
    except UserNotFoundError:
        return None
    return watch.user.name if any(k.access_key_id == watch.access_key_id for k in keys) else None


def reread_key(iam: "IAMClient", key: AccessKey) -> ObservedKey | None:
    """Read a key's status, creation, owner and last use afresh; None when it is gone."""
    fresh = [k for k in list_keys(iam, key.user) if k.access_key_id == key.access_key_id]
    return ObservedKey(key=fresh[0], last_use=read_last_use(iam, fresh[0])) if fresh else None


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


def read_user_tags(iam: "IAMClient", user_name: str) -> Mapping[str, str] | None:
    """Return the tags of a user by their keys; None if they cannot be read."""
    try:
        return list_user_tags(iam, user_name)
    except UnreadableError:
        return None


def list_user_tags(iam: "IAMClient", user_name: str) -> Mapping[str, str]:
    """Return the tags of a user by their keys; raises UnreadableError."""
    pages = iam.get_paginator("list_user_tags").paginate(UserName=user_name)
    try:
        return {found["Key"]: found["Value"] for page in pages for found in page["Tags"]}
    except (*AWS_ERRORS, KeyError) as cause:
        text = f"its tags could not be read ({error_message(cause)})"
        raise UnreadableError(text, transient=is_transient(cause)) from cause
