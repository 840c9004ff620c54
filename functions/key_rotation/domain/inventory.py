"""What one run reads of the account."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from key_rotation.domain.model import AccessKey, Failure, ObservedKey, User


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUser:
    """A user as `ListUsers` gives it; no key of a user is older than the user."""

    user: User
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedKey:
    """One of a user's first two keys as the credential report gives it.

    rotated: when it was created "or last changed" (IAM User Guide, "Getting credential reports"):
        never before its creation, whichever is meant; None where the user has no such key
    exempt: whether its user is exempt by name or path
    """

    active: bool
    rotated: datetime | None
    exempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialReportRow:
    """One user in the credential report.

    created: distinguishes the user from an earlier one of the same name
    keys: the user's first two keys
    has_more_keys: whether the user has keys that the report does not show
    """

    created: datetime
    keys: tuple[ReportedKey, ...]
    has_more_keys: bool

    def is_of(self, listed: ListedUser) -> bool:
        """Return whether the row is of this user, and not of an earlier one of the same name."""
        return abs(self.created - listed.created) < timedelta(seconds=1)


class Scan(StrEnum):
    """Which users' keys a run reads: those of all users, or of those who may need an action."""

    FULL = "full"
    TARGETED = "targeted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What one run read of the account.

    note: why the keys of all users were read, where that was not planned
    users: every user of the account
    read_user_ids: the ids of the users whose keys were read
    keys: every key of those users
    observed_keys: the keys that can be decided: their last use was read, or is not needed
    unreadable_user_ids: the ids of the users whose keys could not be read
    exempt_users: those of them who are exempt by name or path, so that this is no failure
    failures: the other users, and the keys, that could not be read
    gone_key_ids: the watched keys of which IAM says that they no longer exist
    reported_keys: the keys of the other users, as the credential report gives them
    unread_user_ids: the users for whom there was no time, in the order in which to continue
    """

    scan: Scan
    note: str = ""
    users: tuple[User, ...] = ()
    read_user_ids: frozenset[str] = frozenset()
    keys: tuple[AccessKey, ...] = ()
    observed_keys: tuple[ObservedKey, ...] = ()
    unreadable_user_ids: frozenset[str] = frozenset()
    exempt_users: tuple[User, ...] = ()
    failures: tuple[Failure, ...] = ()
    gone_key_ids: frozenset[str] = frozenset()
    reported_keys: tuple[ReportedKey, ...] = ()
    unread_user_ids: tuple[str, ...] = ()

    def merge(self, part: "Inventory") -> "Inventory":
        """Add what was read of more users."""
        return replace(
            self,
            read_user_ids=self.read_user_ids | part.read_user_ids,
            keys=self.keys + part.keys,
            observed_keys=self.observed_keys + part.observed_keys,
            unreadable_user_ids=self.unreadable_user_ids | part.unreadable_user_ids,
            exempt_users=self.exempt_users + part.exempt_users,
            failures=self.failures + part.failures,
            gone_key_ids=self.gone_key_ids | part.gone_key_ids,
        )
