"""Reads keys for a command: all, those of a user, or one."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_reads import list_keys, list_users, read_last_use
from key_rotation.domain.model import AccessKey, Failure, ObservedKey, User
from key_rotation.errors import (
    ListUsersError,
    UnreadableError,
    UserNotFoundError,
)
from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli.aws_errors import AWS_ERRORS, DENIED, describe, describe_cause
from key_rotation_cli.console import progress
from key_rotation_cli.errors import CliError
from key_rotation_cli.session import Session

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

KEY_ID = re.compile(r"\w{16,128}", re.ASCII)
"""What IAM accepts as an access key id (IAM API Reference, GetAccessKeyLastUsed)."""
BATCH_SIZE = 64
"""Users whose keys are read before the progress is shown again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysRead:
    """What was read.

    failures: the users and the keys that could not be read
    """

    keys: tuple[ObservedKey, ...] = ()
    failures: tuple[Failure, ...] = ()

    def merge(self, other: "KeysRead") -> "KeysRead":
        """Add what was read of more users."""
        return KeysRead(keys=self.keys + other.keys, failures=self.failures + other.failures)


def read_all_keys(session: Session) -> KeysRead:
    """Read every key of the account; raises CliError if the users cannot be listed."""
    try:
        users = [listed.user for listed in list_users(session.iam)]
    except ListUsersError as cause:
        raise CliError(describe_cause(cause)) from cause
    found, iam = KeysRead(), session.iam
    with progress("Reading keys") as bar:
        [task] = bar.task_ids
        bar.update(task, total=len(users))
        for start in range(0, len(users), BATCH_SIZE):
            batch = users[start : start + BATCH_SIZE]
            for part in in_parallel(lambda user: _read_user(iam, user), batch):
                found = found.merge(part)
            bar.advance(task, len(batch))
    return found


def read_keys_of(session: Session, name: str) -> KeysRead:
    """Read the keys of a user; raises CliError if there is no such user."""
    user = _find_user(session, name)
    if user is None:
        raise CliError(f"There is no user {name} in account {session.account_id}.")
    return _read_user(session.iam, user)


def read_key(session: Session, key_id: str) -> ObservedKey:
    """Read one key; raises CliError if it does not exist, or cannot be read."""
    found = find_key(session, key_id)
    if found is None:
        raise CliError(f"There is no access key {key_id} in account {session.account_id}.")
    return found


def find_key(session: Session, key_id: str, recorded: User | None = None) -> ObservedKey | None:
    """Read one key; None if IAM has no such key.

    recorded: the owner in the ledger, for where IAM does not give it

    Raises CliError for a text that is no access key id, and for a key that cannot be read.
    """
    if not KEY_ID.fullmatch(key_id):
        text = "is no access key id: one has 16 to 128 letters and digits"
        raise CliError(f"{sanitize_line(key_id)!r} {text}.")
    key_id = key_id.upper()
    name = _owner(session, key_id, recorded)
    user = _find_user(session, name) if name else None
    if user is None:
        return None
    try:
        for key in list_keys(session.iam, user):
            if key.access_key_id == key_id:
                return ObservedKey(key=key, last_use=read_last_use(session.iam, key))
    except UserNotFoundError:
        return None
    except UnreadableError as cause:
        raise CliError(describe_cause(cause)) from cause
    return None


def _find_user(session: Session, name: str) -> User | None:
    try:
        found = session.iam.get_user(UserName=name)["User"]
    except AWS_ERRORS as cause:
        if _code(cause) == "NoSuchEntity":
            return None
        raise CliError(describe(cause)) from cause
    return User(name=found["UserName"], path=found["Path"], user_id=found["UserId"])


def _owner(session: Session, key_id: str, recorded: User | None) -> str | None:
    """Return the name of the user whose key it is; None if there is no such key.

    For a key that does not exist, IAM may deny the call, since there is no user whose policy it
    could apply: then it can only be a key of the recorded user, who may have another name now.
    """
    try:
        return session.iam.get_access_key_last_used(AccessKeyId=key_id)["UserName"]
    except AWS_ERRORS as cause:
        if _code(cause) == "NoSuchEntity":
            return None
        if recorded is None or _code(cause) not in DENIED:
            raise CliError(describe(cause)) from cause
    return _name_of(session, recorded)


def _name_of(session: Session, recorded: User) -> str | None:
    """Return the present name of a user; None if there is no such user."""
    try:
        users = [listed.user for listed in list_users(session.iam)]
    except ListUsersError as cause:
        raise CliError(describe_cause(cause)) from cause
    return next((user.name for user in users if user.user_id == recorded.user_id), None)


def _code(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else ""


def _read_user(iam: "IAMClient", user: User) -> KeysRead:
    """Read the keys of one user, and when each was last used."""
    try:
        keys = list_keys(iam, user)
    except UserNotFoundError:  # gone since the listing
        return KeysRead()
    except UnreadableError as error:
        return KeysRead(failures=(Failure(user_name=user.name, text=str(error)),))
    read = [_observe(iam, key) for key in keys]
    return KeysRead(
        keys=tuple(each for each in read if isinstance(each, ObservedKey)),
        failures=tuple(each for each in read if isinstance(each, Failure)),
    )


def _observe(iam: "IAMClient", key: AccessKey) -> ObservedKey | Failure:
    try:
        return ObservedKey(key=key, last_use=read_last_use(iam, key))
    except UnreadableError as error:
        failure = Failure(user_name=key.user.name, text=str(error), created=key.created)
        return replace(failure, access_key_id=key.access_key_id)
