"""The numbers of an account. Pure."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from key_rotation.domain.model import Now
from key_rotation.domain.settings import Settings
from key_rotation_cli.preview.account import Account, CountedKey

UNUSED_DAYS = timedelta(days=45)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The numbers of an account; all but `users` and `keys` are of active keys.

    never_used: the keys that were never used
    unused: the keys without a use for 45 days, those never used included if they are so old
    unknown_use: the keys whose last use could not be read
    users_with_two_keys: the users with two active keys or more
    ages: of the active keys, in days
    """

    users: int
    keys: int
    active: int
    stale: int
    never_used: int
    unused: int
    unknown_use: int
    users_with_two_keys: int
    ages: tuple[int, ...]


def count_keys(account: Account, now: Now, settings: Settings) -> Counts:
    """Count the keys of an account."""
    active = [key for key in account.counted_keys if key.active]
    ages = [(now.today - now.day(key.created)).days for key in active]
    by_user = Counter(key.user_name for key in active)
    return Counts(
        users=account.users,
        keys=len(account.counted_keys),
        active=len(active),
        stale=sum(age >= settings.max_age.days for age in ages),
        never_used=sum(key.last_use is not None and key.last_use.at is None for key in active),
        unused=sum(_is_unused(key, now) for key in active),
        unknown_use=sum(key.last_use is None for key in active),
        users_with_two_keys=sum(count > 1 for count in by_user.values()),
        ages=tuple(sorted(ages)),
    )


def _is_unused(key: CountedKey, now: Now) -> bool:
    if key.last_use is None:
        return False
    return now.today - now.day(key.last_use.at or key.created) >= UNUSED_DAYS
