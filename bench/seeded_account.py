"""One emulated account with users and keys of known ages, behind a proxy."""

import random
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.processes import peak_mb, serving
from bench.proxy import ProxyClient, start_proxy
from local.emulator.account import LocalAccount

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

SEED = 20261124
USER_AGE = timedelta(days=1100)
"""The age of every user, so that only its keys say whether it matters."""
STALE_AGES = range(91, 400)
FRESH_AGES = range(9, 81)
"""Days. A fresh key is too young for a notice, too."""
SEEDING_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large an account is; every other user has one key.

    stale: how many of the keys are over 90 days old, and active as all are
    """

    users: int
    stale: int

    @property
    def keys(self) -> int:
        """How many keys there are."""
        return self.users // 2

    def key_ages(self) -> Mapping[int, int]:
        """The age of each key in days on the measured day, by its user's number."""
        chance = random.Random(SEED)  # noqa: S311 - the same in each run, not secret
        owners = list(range(0, 2 * self.keys, 2))
        chance.shuffle(owners)
        return {
            owner: chance.choice(STALE_AGES if place < self.stale else FRESH_AGES)
            for place, owner in enumerate(owners)
        }


@dataclass(kw_only=True)
class SeededAccount:
    """An account, its proxy, and which of its keys are stale."""

    size: Size
    today: datetime
    local: LocalAccount
    proxy: ProxyClient
    state: Path
    stale: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make a client that goes past the proxy."""
        self.iam: IAMClient = self.local.client("iam")

    def create_users_and_keys(self) -> None:
        """Make users and keys, moving the clock along; it then stands before the measured day."""
        names = [f"user-{number:05d}" for number in range(self.size.users)]
        iam = self.iam
        with ThreadPoolExecutor(SEEDING_THREADS) as pool:
            list(pool.map(lambda name: iam.create_user(UserName=name), names))
            by_age: dict[int, list[str]] = {}
            for number, age in self.size.key_ages().items():
                by_age.setdefault(age, []).append(names[number])
            for age in sorted(by_age, reverse=True):
                self.local.move_clock(to=self.today - timedelta(days=age, minutes=30))
                made = pool.map(lambda name: iam.create_access_key(UserName=name), by_age[age])
                keys = {m["AccessKey"]["AccessKeyId"]: m["AccessKey"]["UserName"] for m in made}
                (self.stale if age in STALE_AGES else self.fresh).update(keys)

    def move_to_day(self, days_before: int) -> None:
        """Move the clock to the noon of a day before the measured one, or to that one's hour."""
        day = self.today - timedelta(days=days_before)
        if days_before:
            day = day.replace(hour=12, minute=0)
        if day > self.local.now:
            self.local.move_clock(to=day)

    def generate_credential_report(self) -> None:
        """Have the emulator make the credential report, as the proxy tells of it later."""
        self.iam.generate_credential_report()

    def inactive_keys(self) -> set[str]:
        """The ids of the keys that are not active now, by asking IAM past the proxy."""
        iam = self.iam

        def of(user: str) -> list[str]:
            found = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
            return [key["AccessKeyId"] for key in found if key["Status"] != "Active"]

        with ThreadPoolExecutor(SEEDING_THREADS) as pool:
            every = pool.map(of, [*self.stale.values(), *self.fresh.values()])
            return {key_id for ids in every for key_id in ids}

    def reactivate(self, key_ids: set[str]) -> None:
        """Make keys active again, for the next tool."""
        owners = self.stale | self.fresh
        for key_id in key_ids:
            self.iam.update_access_key(UserName=owners[key_id], AccessKeyId=key_id, Status="Active")

    def peak_memory(self) -> float:
        """The peak RSS in MB of the account's functions."""
        return max(map(peak_mb, serving(self.state)))


@contextmanager
def start_account(size: Size) -> Iterator[SeededAccount]:
    """Start an emulator and a proxy, and fill the account."""
    today = datetime.now(UTC)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        LocalAccount.start(now=today - USER_AGE, state=Path(folder)) as local,
        start_proxy(local.endpoint) as proxy,
    ):
        account = SeededAccount(
            size=size, today=today, local=local, proxy=proxy, state=Path(folder)
        )
        account.create_users_and_keys()
        yield account
