"""The largest legal account: 5,000 users with 10,000 stale keys, at ten requests a second."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from key_rotation.domain.execution import TimeBudget
from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Now, RunEnvironment
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.report import FinishedPart
from key_rotation.request import Request
from key_rotation.run import run
from key_rotation.service_layer.run_context import Execution
from key_rotation.service_layer.single_account import single_account_services
from tests.simulation.large_account import (
    FakeIam,
    FakeParameterStore,
    FakeTable,
    FakeTopic,
    SimulatedClock,
    fake_clients,
)

USERS, KEYS = 5_000, 10_000
RATE = 10
TIMEOUT = timedelta(minutes=15)
ASYNCHRONOUS_PAYLOAD = 256 * 1024
ENVIRONMENT = RunEnvironment(
    account_id="123456789012", topic_arn="arn:aws:sns:::topic", parameter_path="/here"
)


@dataclass
class LargeAccount:
    """The account, and its runs with all their parts, as the handler invokes them."""

    clock: SimulatedClock = field(default_factory=SimulatedClock)
    table: FakeTable = field(default_factory=FakeTable)
    topic: FakeTopic = field(default_factory=FakeTopic)
    parameters: FakeParameterStore = field(default_factory=FakeParameterStore)
    parts: list[FinishedPart] = field(default_factory=list)
    durations: list[timedelta] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Create the users and keys."""
        self.iam = FakeIam(self.clock, users=USERS, rate=RATE)

    def run_to_the_end(self) -> list[FinishedPart]:
        """Run, and pass each continuation on, as the event that the function sends itself."""
        parts: list[FinishedPart] = []
        event: dict[str, object] | None = {}
        while event is not None:
            payload = json.dumps(event)
            assert len(payload) < ASYNCHRONOUS_PAYLOAD
            request = Request.parse(json.loads(payload), f"run-{len(self.parts)}")
            finished = self._part(request)
            parts.append(finished)
            continuation = finished.part.continuation
            event = None if continuation is None else request.to_event(continuation)
        self.parts += parts
        return parts

    def _part(self, request: Request) -> FinishedPart:
        started = self.clock.now
        execution = Execution(
            run_id=f"part-{len(self.durations)}",
            now=Now(instant=started, zone=ZoneInfo("UTC")),
            clock=self.clock,
            budget=TimeBudget(lambda: self._left(started), TIMEOUT),
        )
        clients = fake_clients(self.iam, self.table, self.topic, self.parameters)
        services = single_account_services(clients.member, clients.deployment, ENVIRONMENT)
        finished = run(request, ENVIRONMENT, services, execution)
        self.durations.append(self.clock.now - started)
        return finished

    def _left(self, started: datetime) -> timedelta:
        return TIMEOUT - (self.clock.now - started)


@pytest.fixture(scope="module")
def large_account() -> LargeAccount:
    """Return the account after its first run with all parts."""
    account = LargeAccount()
    account.run_to_the_end()
    return account


def entry_counts(parts: list[FinishedPart], section: Section) -> Counter[str]:
    return Counter(o.access_key_id or "" for part in parts for o in part.report.in_section(section))


def test_every_key_is_noticed_exactly_once(large_account: LargeAccount) -> None:
    noticed = entry_counts(large_account.parts, Section.NOTICED)
    assert len(noticed) == KEYS
    assert set(noticed.values()) == {1}
    assert len(large_account.table.partition("WATCH")) == KEYS


def test_no_user_fails_and_no_key_is_changed_before_its_notice(large_account: LargeAccount) -> None:
    assert all(part.part.inventory.failures == () for part in large_account.parts)
    assert large_account.iam.calls["UpdateAccessKey"] == 0


def test_each_key_is_in_exactly_one_message(large_account: LargeAccount) -> None:
    entry_counts_by_key = Counter(
        entry["access_key_id"]
        for message in large_account.topic.messages
        for entry in json.loads(json.loads(message["Message"])["default"])["noticed"]
    )
    assert len(entry_counts_by_key) == KEYS
    assert set(entry_counts_by_key.values()) == {1}


def test_no_part_takes_more_than_ninety_percent_of_the_timeout(large_account: LargeAccount) -> None:
    assert max(large_account.durations) < TIMEOUT * 0.9


def test_the_parts_count_as_one_full_scan_when_the_last_one_has_ended(
    large_account: LargeAccount,
) -> None:
    assert {part.part.inventory.scan for part in large_account.parts} == {Scan.FULL}
    finished = [part.part.finishes_full_scan for part in large_account.parts]
    assert finished == [False] * (len(large_account.parts) - 1) + [True]


def test_few_calls_are_repeated(large_account: LargeAccount) -> None:
    """The users are listed again in each part; the keys of each user are listed once."""
    calls = large_account.iam.calls
    minutes = sum(large_account.durations, timedelta()) / timedelta(minutes=1)
    print(f"{len(large_account.parts)} parts, {minutes:.0f} minutes, {dict(calls)}")  # noqa: T201
    assert calls["ListAccessKeys"] == USERS
    assert calls["ListUsers"] == 5 * len(large_account.parts)
    assert calls.total() <= USERS + 3 * KEYS + 5 * len(large_account.parts)
    assert minutes < 90
