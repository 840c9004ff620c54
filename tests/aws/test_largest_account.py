"""The worst legal account is worked through: 5,000 users, 10,000 keys, all stale, 10 requests/s."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from key_rotation.domain.execution import TimeBudget
from key_rotation.domain.model import Now, RunEnvironment, Scan
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.report import Report
from key_rotation.request import Request
from key_rotation.run import run
from key_rotation.service_layer.run_context import Execution
from tests.aws.large_account import Clock, Iam, Parameters, Table, Topic, clients

USERS, KEYS = 5_000, 10_000
RATE = 10
TIMEOUT = timedelta(minutes=15)
ASYNCHRONOUS_PAYLOAD = 256 * 1024
ENVIRONMENT = RunEnvironment(
    account_id="123456789012", topic_arn="arn:aws:sns:::topic", parameter_path="/here"
)


@dataclass
class Largest:
    """The account, and how the parts of a run go in it, as the handler lets them follow."""

    clock: Clock = field(default_factory=Clock)
    table: Table = field(default_factory=Table)
    topic: Topic = field(default_factory=Topic)
    parameters: Parameters = field(default_factory=Parameters)
    parts: list[Report] = field(default_factory=list)
    took: list[timedelta] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Fill the account."""
        self.iam = Iam(self.clock, users=USERS, rate=RATE)

    def run_to_the_end(self) -> list[Report]:
        """Run, and go on by itself, through the event that the function sends itself."""
        parts: list[Report] = []
        event: dict[str, object] | None = {}
        while event is not None:
            payload = json.dumps(event)
            assert len(payload) < ASYNCHRONOUS_PAYLOAD
            request = Request.parse(json.loads(payload))
            report = self._part(request)
            parts.append(report)
            left = report.part.continuation
            event = None if left is None else request.to_event(left)
        self.parts += parts
        return parts

    def _part(self, request: Request) -> Report:
        began = self.clock.now
        execution = Execution(
            run_id=f"part-{len(self.took)}",
            now=Now(instant=began, zone=ZoneInfo("UTC")),
            clock=self.clock,
            budget=TimeBudget(lambda: self._left(began), TIMEOUT),
        )
        ours = clients(self.iam, self.table, self.topic, self.parameters)
        report = run(request, ENVIRONMENT, ours.member, ours.deployment, execution)
        self.took.append(self.clock.now - began)
        return report

    def _left(self, began: datetime) -> timedelta:
        return TIMEOUT - (self.clock.now - began)


@pytest.fixture(scope="module")
def largest() -> Largest:
    """The first run of all, to its end."""
    account = Largest()
    account.run_to_the_end()
    return account


def told(parts: list[Report], section: Section) -> Counter[str]:
    return Counter(o.access_key_id or "" for part in parts for o in part.in_section(section))


def test_every_key_gets_its_notice_and_none_gets_two(largest: Largest) -> None:
    noticed = told(largest.parts, Section.NOTICED)
    assert len(noticed) == KEYS
    assert set(noticed.values()) == {1}
    assert len(largest.table.partition("WATCH")) == KEYS


def test_nobody_fails_and_nothing_is_done_before_its_notice(largest: Largest) -> None:
    assert all(part.part.inventory.failures == () for part in largest.parts)
    assert largest.iam.calls["UpdateAccessKey"] == 0


def test_no_message_reports_a_key_that_another_one_reported(largest: Largest) -> None:
    reported = Counter(
        entry["access_key_id"]
        for message in largest.topic.messages
        for entry in json.loads(json.loads(message["Message"])["default"])["noticed"]
    )
    assert len(reported) == KEYS
    assert set(reported.values()) == {1}


def test_no_part_comes_near_its_timeout(largest: Largest) -> None:
    assert max(largest.took) < TIMEOUT * 0.9


def test_the_parts_count_as_one_sweep_once_the_last_of_them_is_through(largest: Largest) -> None:
    assert {part.part.inventory.scan for part in largest.parts} == {Scan.FULL}
    finished = [report.part.finishes_full_scan for report in largest.parts]
    assert finished == [False] * (len(largest.parts) - 1) + [True]


def test_it_takes_about_as_long_as_its_calls_do_at_that_rate(largest: Largest) -> None:
    """Little is asked twice: pages of users for each part, and what the notices need."""
    calls = largest.iam.calls
    minutes = sum(largest.took, timedelta()) / timedelta(minutes=1)
    print(f"{len(largest.parts)} parts, {minutes:.0f} minutes, {dict(calls)}")  # noqa: T201
    assert calls["ListAccessKeys"] == USERS
    assert calls["ListUsers"] == 5 * len(largest.parts)
    assert calls.total() <= USERS + 3 * KEYS + 5 * len(largest.parts)
    assert minutes < 90
