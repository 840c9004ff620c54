"""The adapter to IAM's two writes.

If IAM does not confirm a deactivation, the key is read back, and only that status counts. If IAM
refused the only try, it did not make the change: if the key is already in the wanted state, someone
else changed it. A deletion is tried once a call, since the key must be read again before each try.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from key_rotation.adapters.clients import AWS_ERRORS, error_message, is_refusal, is_transient
from key_rotation.adapters.iam_reads import list_keys
from key_rotation.domain.model import AccessKey, Status
from key_rotation.errors import (
    ChangeRefusedError,
    ChangeUnconfirmedError,
    KeyNotFoundError,
    KeyScopedError,
    TransientError,
    UnreadableError,
)

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def deactivate(iam: "IAMClient", key: AccessKey) -> None:
    """Make a key inactive.

    Raises KeyNotFoundError, ChangeRefusedError, ChangeUnconfirmedError and what `list_keys` does.
    """
    try:
        iam.update_access_key(
            UserName=key.user.name, AccessKeyId=key.access_key_id, Status="Inactive"
        )
    except AWS_ERRORS as cause:
        found = _read_back(iam, key, cause)
        if found is None:
            raise KeyNotFoundError(key.access_key_id) from cause
        if found is not Status.INACTIVE or is_refusal(cause):
            raise _not_done(cause) from cause


def delete_once(iam: "IAMClient", key: AccessKey) -> None:
    """Try once to delete a key; `iam` must not try again by itself.

    Raises KeyNotFoundError, TransientError where another try may succeed, and ChangeRefusedError.
    """
    try:
        iam.delete_access_key(UserName=key.user.name, AccessKeyId=key.access_key_id)
    except AWS_ERRORS as cause:
        why = error_message(cause)
        if isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "NoSuchEntity":
            raise KeyNotFoundError(key.access_key_id) from cause
        if not is_transient(cause):
            raise ChangeRefusedError(f"IAM refused it ({why})") from cause
        text = f"IAM did not confirm it ({why})"
        raise TransientError(text, may_have_happened=not is_refusal(cause)) from cause


def _read_back(iam: "IAMClient", key: AccessKey, cause: Exception) -> Status | None:
    """Return the status of a key after a failed change; None if the key is gone."""
    try:
        keys = list_keys(iam, key.user)
    except UnreadableError as error:
        raise (_not_done(cause) if is_refusal(cause) else error) from cause
    return next((k.status for k in keys if k.access_key_id == key.access_key_id), None)


def _not_done(cause: Exception) -> KeyScopedError:
    why = error_message(cause)
    if is_refusal(cause):
        return ChangeRefusedError(f"IAM refused it ({why})")
    return ChangeUnconfirmedError(f"IAM did not confirm it; the next run checks the key ({why})")
