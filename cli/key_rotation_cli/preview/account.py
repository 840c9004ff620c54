"""What a preview knows of an account."""

from dataclasses import dataclass
from datetime import datetime

from key_rotation.domain.model import Failure, LastUse, ObservedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedKey:
    """A key as the numbers of a preview count it; the credential report gives no key id.

    created: for a key that is only in the credential report, when it was created or last changed
    last_use: None where it could not be read
    """

    user_name: str
    active: bool
    created: datetime
    last_use: LastUse | None

    @property
    def may_be_older(self) -> bool:
        """Whether it was used before `created`, so that it was only changed then."""
        return bool(self.last_use and self.last_use.at and self.last_use.at < self.created)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What was read of an account.

    users: how many it has
    counted_keys: its keys, those of users who could not be read as the credential report has them
    observed_keys: the keys of the users with a key that may come due, as they were read;
        `last_use` is None where it could not be read
    unreadable: the users whose keys, and the keys whose last use, could not be read
    root_keys: whether the root user has an access key; None where that could not be read
    missing: what could not be read, a sentence each
    """

    users: int
    counted_keys: tuple[CountedKey, ...]
    observed_keys: tuple[ObservedKey, ...]
    unreadable: tuple[Failure, ...] = ()
    root_keys: bool | None = None
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing
