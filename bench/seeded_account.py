"""An emulated account with users and keys of known ages, behind a proxy."""

import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench.proxy import Conditions, ProxyClient, start_proxy
from local.emulator.account import LocalAccount

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

SEED = 20261124
USER_AGE = timedelta(days=1100)
STALE_AGES = range(91, 400)
"""Days."""
FRESH_AGES = range(9, 81)
"""Days; also too young for a notice."""
THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The size of an account. Every second user has one key, and every key is active.

    stale: the number of keys that are more than 90 days old
    """

    users: int
    stale: int

    @property
    def keys(self) -> int:
        """The number of keys."""
        return self.users // 2

    def key_ages(self) -> Mapping[int, int]:
        """The age in days of each key on the measured day, by the number of its user."""
        generator = random.Random(SEED)  # noqa: S311 - reproducible, not secret
        owners = list(range(0, 2 * self.keys, 2))
        generator.shuffle(owners)
        return {
            owner: generator.choice(STALE_AGES if position < self.stale else FRESH_AGES)
            for position, owner in enumerate(owners)
        }


@dataclass(kw_only=True)
class SeededAccount:
    """An account, its proxy, and its stale and fresh keys.

    today: the measured day, as the instant of the start
    stale_keys, fresh_keys: the user name of each access key id
    """

    size: Size
    today: datetime
    local: LocalAccount
    proxy: ProxyClient
    stale_keys: dict[str, str] = field(default_factory=dict)
    fresh_keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Create an IAM client that does not use the proxy."""
        self._iam: IAMClient = self.local.client("iam")

    def create_users_and_keys(self) -> None:
        """Create all users and keys; the clock moves to before the first day of the product."""
        names = [f"user-{number:05d}" for number in range(self.size.users)]
        by_age: dict[int, list[str]] = {}
        for number, age in self.size.key_ages().items():
            by_age.setdefault(age, []).append(names[number])
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda name: self._iam.create_user(UserName=name), names))
            for age in sorted(by_age, reverse=True):
                self.local.move_clock(to=self.today - timedelta(days=age, minutes=30))
                keys = self.stale_keys if age in STALE_AGES else self.fresh_keys
                keys.update(zip(pool.map(self._create_key, by_age[age]), by_age[age], strict=True))

    def start_day(self, days_before: int, conditions: Conditions) -> None:
        """Move the clock to a day before the measured day, or to that day; reset the proxy.

        An earlier day starts at six in the morning, so that its notice has run long enough at any
        time of the measured day: a bench at midnight found no key due. The credential report is
        created here, because the proxy only delays it.
        """
        day = self.today - timedelta(days=days_before)
        if days_before:
            day = day.replace(hour=6, minute=0)
        if day > self.local.now:
            self.local.move_clock(to=day)
        self._iam.generate_credential_report()
        self.proxy.reset(conditions)

    def reactivate_keys(self) -> tuple[int, int]:
        """Activate all inactive keys; return how many were stale and how many were fresh."""
        users = self.stale_keys | self.fresh_keys
        with ThreadPoolExecutor(THREADS) as pool:
            inactive = {
                key for keys in pool.map(self._inactive_keys, users.values()) for key in keys
            }
        for key in inactive:
            self._iam.update_access_key(UserName=users[key], AccessKeyId=key, Status="Active")
        return len(inactive & self.stale_keys.keys()), len(inactive & self.fresh_keys.keys())

    def _create_key(self, user: str) -> str:
        return self._iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]

    def _inactive_keys(self, user: str) -> list[str]:
        keys = self._iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        return [key["AccessKeyId"] for key in keys if key["Status"] == "Inactive"]


@contextmanager
def start_account(size: Size) -> Iterator[SeededAccount]:
    """Start an emulator and a proxy, and create the users and keys."""
    today = datetime.now(UTC)
    with (
        LocalAccount.start(now=today - USER_AGE) as local,
        start_proxy(local.endpoint) as proxy,
    ):
        account = SeededAccount(size=size, today=today, local=local, proxy=proxy)
        account.create_users_and_keys()
        yield account
