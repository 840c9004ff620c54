"""Reads the keys of users one by one, and the last uses that a preview shows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_reads import list_keys, read_last_use
from key_rotation.domain.decide import needs_last_use
from key_rotation.domain.execution import Clock
from key_rotation.domain.model import AccessKey, Failure, LastUse, Now, ObservedKey, Status, User
from key_rotation.domain.settings import Settings
from key_rotation.domain.step import key_failure
from key_rotation.domain.watch import Watches
from key_rotation.errors import UnreadableError, UserNotFoundError
from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.preview.account import CountedKey
from key_rotation_cli.preview.credential_report import CredentialReport

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

BATCH_SIZE = 64
"""Users that are read before progress is shown, and after which an interrupt takes effect."""
PAUSES = (5.0, 10.0, 20.0, 40.0, 60.0)
"""Seconds before each further try of what AWS throttled for longer than its client waits."""
SAME_INSTANT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersRead:
    """What was read of some users.

    user_names: of those whose keys were listed
    retry: the users of whom AWS did not give everything, and may yet
    """

    user_names: frozenset[str] = frozenset()
    keys: tuple[ObservedKey, ...] = ()
    failures: tuple[Failure, ...] = ()
    retry: tuple[User, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserReader:
    """Reads users.

    horizon_end: the last day of the preview: the last use is asked for each key due by then
    """

    iam: "IAMClient"
    horizon_end: Now
    settings: Settings
    watches: Watches
    report: CredentialReport
    clock: Clock

    def read(self, users: Sequence[User], on_progress: Callable[[int, int], None]) -> UsersRead:
        """Read the keys of users; what is throttled is read again, ever slower."""
        found = self._read_all(users, on_progress)
        for pause in PAUSES:
            if not found.retry:
                break
            self.clock.sleep(pause)
            again = found.retry
            done = _without(found, {user.name for user in again})
            found = _merged([done, self._read_all(again, on_progress)])
        return found

    def _read_all(
        self, users: Sequence[User], on_progress: Callable[[int, int], None]
    ) -> UsersRead:
        read: list[UsersRead] = []
        for start in range(0, len(users), BATCH_SIZE):
            on_progress(start, len(users))
            read += in_parallel(self._read_user, users[start : start + BATCH_SIZE])
        on_progress(len(users), len(users))
        return _merged(read)

    def _read_user(self, user: User) -> UsersRead:
        """Read one user; of one who is gone or renamed since the listing, nothing."""
        try:
            keys = list_keys(self.iam, user)
        except UserNotFoundError:
            return UsersRead(user_names=frozenset({user.name}))
        except UnreadableError as error:
            failure = Failure(user_name=user.name, text=_why(error))
            return UsersRead(failures=(failure,), retry=(user,) if error.transient else ())
        return _merged([UsersRead(user_names=frozenset({user.name})), *map(self._observe, keys)])

    def _observe(self, key: AccessKey) -> UsersRead:
        try:
            return UsersRead(keys=(ObservedKey(key=key, last_use=self._last_use(key)),))
        except UnreadableError as error:
            return UsersRead(
                keys=(ObservedKey(key=key),),
                failures=(key_failure(key, _why(error)),),
                retry=(key.user,) if error.transient else (),
            )

    def _last_use(self, key: AccessKey) -> LastUse:
        """Read the last use of a key that comes due; of another, the report may have it."""
        watch = self.watches.by_key_id.get(key.access_key_id)
        if needs_last_use(key, watch, now=self.horizon_end, settings=self.settings):
            return read_last_use(self.iam, key)
        reported = [
            each.last_use
            for each in self.report.keys.get(key.user.name, ())
            if abs(each.created - key.created) < SAME_INSTANT
        ]
        if len(reported) == 1 and reported[0] is not None:
            return reported[0]
        return read_last_use(self.iam, key)


def counted(key: ObservedKey) -> CountedKey:
    """Return a key that was read as the numbers count it."""
    return CountedKey(
        user_name=key.key.user.name,
        active=key.key.status is Status.ACTIVE,
        created=key.key.created,
        last_use=key.last_use,
    )


def _without(found: UsersRead, names: set[str]) -> UsersRead:
    return UsersRead(
        user_names=found.user_names - names,
        keys=tuple(key for key in found.keys if key.key.user.name not in names),
        failures=tuple(each for each in found.failures if each.user_name not in names),
    )


def _merged(parts: Iterable[UsersRead]) -> UsersRead:
    parts = tuple(parts)
    return UsersRead(
        user_names=frozenset(name for part in parts for name in part.user_names),
        keys=tuple(key for part in parts for key in part.keys),
        failures=tuple(failure for part in parts for failure in part.failures),
        retry=tuple(dict.fromkeys(user for part in parts for user in part.retry)),
    )


def _why(error: UnreadableError) -> str:
    cause = error.__cause__
    return describe(cause) if isinstance(cause, AWS_ERRORS) else str(error)
