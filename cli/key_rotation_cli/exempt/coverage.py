"""Which users and keys exemptions cover today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_reads import find_key_owner, list_keys, list_users
from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.model import AccessKey, User
from key_rotation.errors import KeyRotationError, UserNotFoundError
from key_rotation_cli.aws_errors import describe_cause
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The users of the account, and the keys of those that some exemptions may cover.

    problem: why users or keys are missing; empty if none are
    """

    users: tuple[User, ...] = ()
    keys: tuple[AccessKey, ...] = ()
    problem: str = ""

    def keys_of(self, entry: Exemption) -> tuple[AccessKey, ...]:
        """Return the keys that an entry covers."""
        return tuple(key for key in self.keys if entry.covers(key))

    def users_of(self, entry: Exemption) -> tuple[User, ...]:
        """Return the users whom an entry covers with all their keys."""
        return tuple(user for user in self.users if entry.covers_user(user))

    def is_everybody(self, entry: Exemption) -> bool:
        """Return whether an entry covers each user, so that no key is rotated."""
        return bool(self.users) and len(self.users_of(entry)) == len(self.users)


def read_coverage(deployment: Deployment, entries: Iterable[Exemption]) -> Coverage:
    """Read the users of an account, and the keys of those whom the entries may cover."""
    try:
        return _read(deployment.iam_session, tuple(entries))
    except CliError as error:  # no access to IAM in the account
        return Coverage(problem=str(error))


def _read(session: Session, entries: Sequence[Exemption]) -> Coverage:
    try:
        users = tuple(listed.user for listed in list_users(session.iam))
    except KeyRotationError as error:
        return Coverage(problem=describe_cause(error))
    key_ids = dict.fromkeys(entry.key_id for entry in entries if entry.key_id)
    owners = set(in_parallel(partial(find_key_owner, session.iam), key_ids))
    any_key = any(entry.may_name_any_key for entry in entries)
    asked = [
        user
        for user in users
        if any_key or user.name in owners or any(entry.covers_user(user) for entry in entries)
    ]
    results = in_parallel(partial(_keys, session), asked)
    keys = tuple(key for result in results if not isinstance(result, str) for key in result)
    problems = [result for result in results if isinstance(result, str)]
    return Coverage(users=users, keys=keys, problem=problems[0] if problems else "")


def _keys(session: Session, user: User) -> tuple[AccessKey, ...] | str:
    """Return the keys of a user, or why they cannot be read."""
    try:
        return list_keys(session.iam, user)
    except UserNotFoundError:
        return ()
    except KeyRotationError as error:
        return describe_cause(error)
