"""The adapter to IAM's writes: there are two, and each is confirmed, or the key is read back.

Where IAM refuses, or its answer is lost, only what the key then is counts.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from key_rotation.aws import AWS_ERRORS, is_refusal, why
from key_rotation.errors import ChangeRefusedError, ChangeUnconfirmedError
from key_rotation.iam_reads import list_keys
from key_rotation.model import AccessKey, Status

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def deactivate(iam: "IAMClient", key: AccessKey) -> bool:
    """Make a key inactive; returns whether it still exists.

    Raises ChangeRefusedError, ChangeUnconfirmedError and what `list_keys` does.
    """

    def change() -> object:
        return iam.update_access_key(
            UserName=key.user.name, AccessKeyId=key.access_key_id, Status="Inactive"
        )

    return _confirmed(iam, key, Status.INACTIVE, change) is not None


def delete(iam: "IAMClient", key: AccessKey) -> None:
    """Delete a key, or find it gone; raises as `deactivate` does."""

    def change() -> object:
        return iam.delete_access_key(UserName=key.user.name, AccessKeyId=key.access_key_id)

    _confirmed(iam, key, None, change)


def _confirmed(
    iam: "IAMClient", key: AccessKey, wanted: Status | None, change: Callable[[], object]
) -> Status | None:
    """Make a change; returns what the key then is, which is as wanted, or None: gone."""
    try:
        change()
    except AWS_ERRORS as cause:
        keys = list_keys(iam, key.user)
        found = next((k.status for k in keys if k.access_key_id == key.access_key_id), None)
        if found in {wanted, None}:
            return found
        kind = ChangeRefusedError if is_refusal(cause) else ChangeUnconfirmedError
        raise kind(f"IAM did not do it ({why(cause)})") from cause
    return wanted
