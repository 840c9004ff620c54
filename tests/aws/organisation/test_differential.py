"""An account of an organization is decided exactly as an account by itself.

The same random account, with the same deeds of people on the same days, is run twice: by itself,
and as a member of an organization beside another account. Each day, each key must have the same
section, reason and day.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from moto.iam.models import AccessKeyLastUsed, iam_backends

from key_rotation.reporting.outcome import Outcome
from tests.aws.aws_account import REGION, AwsAccount
from tests.aws.conftest import AccountFactory
from tests.aws.organisation.hub import FIRST, OWN, PRODUCTION, SECOND
from tests.aws.organisation.organisation import Organisation, open_organisation

pytestmark = pytest.mark.no_cover

DAYS = 40
SEEDS = (0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 20)))
"""One of them in each test run: it takes five seconds of processor time."""
AGES = (0, 30, 60, 82, 83, 84, 89, 90, 91, 120, 400)
"""Around the days on which something happens to a key."""
EDITS = (
    ("max-age-days", ("60", "90", "120")),
    ("notice-days", ("3", "7", "14")),
    ("grace-days", ("7", "30")),
    ("max-changes-per-run", ("1", "2", "25")),
    ("delete-unused-keys", ("true", "false")),
    ("adopt-inactive-keys", ("true", "false")),
    ("exemptions", ("none", "user1", "/service/*", "user2 until 2026-12-20 # leaves")),
    ("mode", ("enforce", "enforce", "report")),
)

Decided = tuple[str, str, str, str | None, bool]
"""User, section, explanation, day, and whether it is news."""


@dataclass(frozen=True)
class Deed:
    """What a person does before the run of a day."""

    kind: str
    user: str
    number: int


@dataclass
class Script:
    """Random keys, and what people do on each day."""

    seed: int

    def __post_init__(self) -> None:
        """Draw everything once, so that both accounts get the same."""
        draw = random.Random(self.seed)  # noqa: S311  # no secret
        keys = [
            (f"user{number}", draw.choice(AGES), draw.choice(["Active", "Active", "Inactive"]))
            for number in range(5)
            for _ in range(draw.choice([1, 1, 2]))
        ]
        self.keys = sorted(keys, key=lambda key: -key[1])  # no key is older than its user
        self.run_days = [day for day in range(DAYS) if not day or draw.random() < 0.35]
        self.deeds: dict[int, list[Deed]] = {}
        self.edits: dict[int, tuple[str, str]] = {}
        for day in self.run_days:
            kinds = draw.choices(["use", "on", "off", "delete", "new", ""], k=2)
            self.deeds[day] = [
                Deed(kind=kind, user=f"user{draw.randrange(5)}", number=draw.randrange(2))
                for kind in kinds
            ]
            if draw.random() < 0.3:
                name, values = draw.choice(EDITS)
                self.edits[day] = (name, draw.choice(values))


class People:
    """What people do in one account of moto."""

    def __init__(self, hub: AwsAccount, account_id: str) -> None:
        """Act in an account, at the time of `hub`."""
        self._hub = hub
        self._iam: Any = iam_backends[account_id]["aws"]
        self._keys: dict[str, list[str]] = {}

    def create(self, user: str, age: int, status: str = "Active") -> None:
        """Create a key of an age in days, and its user if there is none."""
        with time_machine.travel(self._hub.now - timedelta(days=age), tick=False):
            if user not in self._iam.users:
                path = "/service/" if user == "user3" else "/"
                self._iam.create_user(REGION, user, path)
            created = self._iam.create_access_key(user)
        created.status = status
        self._keys.setdefault(user, []).append(created.access_key_id)

    def do(self, deed: Deed) -> None:
        """Do what a person does; nothing if there is no such key."""
        ids = self._keys.get(deed.user, [])
        key_id = ids[deed.number] if deed.number < len(ids) else ""
        if deed.kind == "new":
            self.create(deed.user, 0)
        elif key := self._iam.access_keys.get(key_id):
            match deed.kind:
                case "use":
                    used = self._hub.now - timedelta(hours=2)
                    key.last_used = AccessKeyLastUsed(used, "s3", REGION)
                case "on" | "off":
                    key.status = "Active" if deed.kind == "on" else "Inactive"
                case "delete":
                    self._iam.delete_access_key(key_id, deed.user)
                case _:
                    pass


def decided(outcomes: Iterable[Outcome]) -> list[Decided]:
    """Return what was decided, without what differs between two accounts."""
    return sorted(
        (o.user_name, o.section, o.explanation, str(o.due or ""), o.triggers_digest)
        for o in outcomes
    )


def by_itself(accounts: AccountFactory, script: Script) -> list[list[Decided]]:
    """Run the script in an account by itself; returns what was decided on each day."""
    found = []
    with accounts() as account:
        start, people = account.now, People(account, OWN)
        for key in script.keys:
            people.create(*key)
        for day in script.run_days:
            account.now = start + timedelta(days=day)
            prepare_day(account, people, script, day)
            found.append(decided(account.run_for_report().outcomes))
    return found


def in_organisation(accounts: AccountFactory, script: Script, other: Script) -> list[list[Decided]]:
    """Run the script in a member account, beside another one with a script of its own."""
    found = []
    with accounts() as account, open_organisation(account) as organisation:
        for account_id in (FIRST, SECOND):
            organisation.hub.organization.add(account_id, PRODUCTION)
        organisation.put("organisation/max-changes-per-run", "50000")
        start, people = account.now, People(account, FIRST)
        neighbours = People(account, SECOND)
        for key in script.keys:
            people.create(*key)
        for key in other.keys:
            neighbours.create(*key)
        for day in script.run_days:
            account.now = start + timedelta(days=day)
            prepare_day(account, people, script, day)
            for deed in other.deeds.get(day, []):
                neighbours.do(deed)
            found.append(decided(_outcomes_of(organisation, FIRST)))
    return found


def prepare_day(account: AwsAccount, people: People, script: Script, day: int) -> None:
    """Let people do what they do on a day, and edit parameters."""
    for deed in script.deeds[day]:
        people.do(deed)
    if edit := script.edits.get(day):
        name, value = edit
        account.put_parameters(**{name: value})


def _outcomes_of(organisation: Organisation, account_id: str) -> tuple[Outcome, ...]:
    collected = organisation.run().collected
    [account] = [each for each in collected.accounts if each.account_id == account_id]
    return account.report.outcomes


@pytest.fixture(autouse=True)
def one_write_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the ledger one account after the other: moto's transactions are not thread-safe."""
    for module in ("digest_step", "save_digest"):
        monkeypatch.setattr(
            f"key_rotation.organisation.{module}.in_parallel",
            lambda work, items: [work(item) for item in items],
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_account_is_decided_as_by_itself(accounts: AccountFactory, seed: int) -> None:
    script, other = Script(seed), Script(1000 + seed)

    expected = by_itself(accounts, script)

    assert in_organisation(accounts, script, other) == expected
    sections = {section for day in expected for _, section, *_ in day}
    assert len(sections) > 3, sections
