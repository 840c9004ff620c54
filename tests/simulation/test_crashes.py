"""Promise 5: a run can die at any call and be started again.

A day on which everything happens is run undisturbed, and then once for each of its calls, killed
before the call and killed after it. After the next run of the same day the account, the ledger and
what was reported are as if no run had died.

The account is in memory. One test compares the undisturbed day with moto.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.aws.aws_account import AwsAccount
from tests.simulation.fault_injection import Fault, FaultKind
from tests.simulation.simulated_account import DEFAULTS, Key
from tests.simulation.simulator import Run, Simulator, without_threads

REPORTED_SECTIONS = frozenset(
    {"noticed", "deactivated", "deleted", "extended", "withdrawn", "adopted", "closed", "held"}
)


@pytest.fixture(autouse=True)
def _without_threads() -> Iterator[None]:
    """Run without threads, so that the calls have a fixed order."""
    with without_threads():
        yield


def an_eventful_day(simulator: Simulator) -> dict[str, Key]:
    """Prepare a day with every action except an adoption."""
    account = simulator.account

    def a_key(name: str, age: int) -> Key:
        return account.create_key(account.create_user(name, age=age), age)

    keys = {
        "deleted": a_key("bob", 400),
        "extended": a_key("carol", 400),
        "closed": a_key("dave", 400),
        "noticed again": a_key("erin", 400),
    }
    simulator.run()
    account.now += timedelta(days=4)
    simulator.run()
    account.now += timedelta(days=2)
    keys["deactivated"] = a_key("frank", 20)
    simulator.run()
    account.now += timedelta(days=1)
    simulator.run()  # the weekly full scan, so that the eventful day uses the credential report
    account.now += timedelta(days=3)
    keys["noticed"] = a_key("grace", 16)
    account.use_key(keys["extended"], account.now - timedelta(days=2), timedelta(0))
    account.set_status(keys["noticed again"], "Active")
    account.delete_key(keys["closed"])
    account.put_parameter("exemption/heidi", "heidi # who is nobody yet")
    return keys


def the_same_day_in_moto(account: AwsAccount) -> dict[str, str]:
    """Prepare the same day in moto."""
    account.put_parameters(**{name.replace("-", "_"): value for name, value in DEFAULTS.items()})
    names = {"deleted": "bob", "extended": "carol", "closed": "dave", "noticed again": "erin"}
    keys = {label: account.create_key(name, age=400) for label, name in names.items()}
    account.run()
    account.run_after(4)
    account.now += timedelta(days=2)
    keys["deactivated"] = account.create_key("frank", age=20)
    account.run()
    account.run_after(1)
    account.now += timedelta(days=3)
    keys["noticed"] = account.create_key("grace", age=16)
    account.use_key(keys["extended"], account.now - timedelta(days=2))
    account.set_status("erin", keys["noticed again"], "Active")
    account.delete_key("dave", keys["closed"])
    return keys


def account_state(simulator: Simulator, keys: Mapping[str, Key]) -> dict[str, Any]:
    """Return what must be equal: IAM, and the ledger without versions and run ids."""
    items, existing = simulator.aws.table.items, simulator.account.keys
    return {
        label: (
            existing[key.key_id].status if key.key_id in existing else None,
            _watch_state(items.get(("WATCH", key.key_id))),
            [item["action"] for place, item in items.items() if place[0] == _history(key)],
        )
        for label, key in keys.items()
    }


def _watch_state(watch: Mapping[str, Any] | None) -> Any:
    return watch and (watch["state"], watch["reactivations"], watch["unreported_events"])


def _completed_runs(simulator: Simulator) -> list[str]:
    items = simulator.aws.table.items
    return sorted(place[1] for place in items if place[0] == "RUNS" and items[place]["complete"])


def _history(key: Key) -> str:
    return f"HISTORY#{key.key_id}"


def entry_counts(runs: list[Run], keys: Mapping[str, Key]) -> Counter[tuple[str, str]]:
    """Return how often the digests of these runs reported each action of each key."""
    labels = {key.key_id: label for label, key in keys.items()}
    return Counter(
        (entry.section, labels[entry.key_id or ""])
        for run in runs
        for entry in run.entries
        if entry.section in REPORTED_SECTIONS
    )


def test_the_eventful_day_is_the_same_in_moto(account: AwsAccount) -> None:
    """Statuses, watches and history are equal, so the results hold for moto too."""
    simulator = Simulator()
    simulator.account.now = account.now
    simulated_keys, moto_keys = an_eventful_day(simulator), the_same_day_in_moto(account)
    simulator.run()
    account.run()
    assert account_state(simulator, simulated_keys) == {
        label: (
            account.status(key_id),
            _watch_state(account.watch(key_id)),
            account.history(key_id),
        )
        for label, key_id in moto_keys.items()
    }


def calls_of_the_day() -> list[str]:
    """Return the names of the calls of the undisturbed day."""
    with without_threads():
        simulator = Simulator()
        an_eventful_day(simulator)
        return [operation for operation, _ in simulator.run().injector.calls]


CALLS = calls_of_the_day()


@dataclass(frozen=True)
class UndisturbedDay:
    """The state after the day, and how often its digests reported each action of each key."""

    state: dict[str, Any]
    counts: Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def undisturbed() -> UndisturbedDay:
    """Run the day once; it is the same each time."""
    with without_threads():
        simulator = Simulator()
        keys = an_eventful_day(simulator)
        counts = entry_counts([simulator.run()], keys)
        return UndisturbedDay(account_state(simulator, keys), counts)


def test_the_eventful_day_makes_every_kind_of_call() -> None:
    assert len(CALLS) > 30
    assert set(CALLS) == {
        "DeleteAccessKey",
        "DeleteItem",
        "DescribeTable",
        "GenerateCredentialReport",
        "GetAccessKeyLastUsed",
        "GetCredentialReport",
        "GetItem",
        "GetParameterHistory",
        "GetParameters",
        "GetParametersByPath",
        "GetSubscriptionAttributes",
        "ListAccessKeys",
        "ListAccountAliases",
        "ListSubscriptionsByTopic",
        "ListUserTags",
        "ListUsers",
        "Publish",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateAccessKey",
    }


@pytest.mark.parametrize("kind", [FaultKind.KILLED_BEFORE, FaultKind.KILLED_AFTER])
@pytest.mark.parametrize("at", range(len(CALLS)), ids=[f"{n}-{c}" for n, c in enumerate(CALLS)])
def test_the_next_run_recovers_from_a_crash_at_any_call(
    at: int, kind: FaultKind, undisturbed: UndisturbedDay
) -> None:
    """Each key is changed once, none is forgotten, no window gets shorter, all is reported."""
    simulator = Simulator()
    keys = an_eventful_day(simulator)
    killed_run = simulator.run(faults=[Fault(kind, at=at)])
    assert killed_run.injector.killed
    next_run = simulator.run()
    assert account_state(simulator, keys) == undisturbed.state
    assert ("RUN", "LEASE") not in simulator.aws.table.items
    assert next_run.now.instant.isoformat() in _completed_runs(simulator)[-1]
    counts = entry_counts([killed_run, next_run], keys)
    assert counts.keys() == undisturbed.counts.keys()
    repeated = {entry for entry, count in counts.items() if count > 1}
    published = CALLS.index("Publish")
    assert not repeated or at > published or (at, kind) == (published, FaultKind.KILLED_AFTER)
