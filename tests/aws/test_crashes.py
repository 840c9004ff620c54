"""Promise 5: a run can die at any call and be started again.

One day on which everything happens is run undisturbed, and then once for each call that it makes,
killed before the call and killed after it. After the next run of the same day the account, the
ledger and what was reported are as if nothing had happened.

The account is in memory. One test holds the undisturbed day against moto.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.aws.aws_account import AwsAccount
from tests.aws.histories.account import DEFAULTS, Key
from tests.aws.histories.calls import Fault, Kind
from tests.aws.histories.simulator import Run, Simulator, without_threads

HAPPENED = frozenset(
    {"noticed", "deactivated", "deleted", "extended", "withdrawn", "adopted", "closed", "held"}
)


@pytest.fixture(autouse=True)
def _without_threads() -> Iterator[None]:
    """Run without threads, so that each call has its number."""
    with without_threads():
        yield


def an_eventful_day(simulator: Simulator) -> dict[str, Key]:
    """Live up to a day with a notice, a deactivation, a deletion, a use, a rotation and a hold."""
    account = simulator.account

    def a_key(name: str, age: int) -> Key:
        return account.issue(account.hire(name, age=age), age)

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
    account.use(keys["extended"], account.now - timedelta(days=2), timedelta(0))
    account.turn(keys["noticed again"], "Active")
    account.remove(keys["closed"])
    return keys


def the_same_day_in_moto(account: AwsAccount) -> dict[str, str]:
    """The eventful day once more, in moto."""
    account.put(**{name.replace("-", "_"): value for name, value in DEFAULTS.items()})
    names = {"deleted": "bob", "extended": "carol", "closed": "dave", "noticed again": "erin"}
    keys = {fate: account.key(name, age=400) for fate, name in names.items()}
    account.run()
    account.after(4)
    account.now += timedelta(days=2)
    keys["deactivated"] = account.key("frank", age=20)
    account.run()
    account.after(1)
    account.now += timedelta(days=3)
    keys["noticed"] = account.key("grace", age=16)
    account.use(keys["extended"], account.now - timedelta(days=2))
    account.turn("erin", keys["noticed again"], "Active")
    account.delete("dave", keys["closed"])
    return keys


def facts(simulator: Simulator, keys: Mapping[str, Key]) -> dict[str, Any]:
    """What must be the same: IAM, and the ledger without versions and names of runs."""
    items, existing = simulator.cloud.table.items, simulator.account.keys
    return {
        fate: (
            existing[key.key_id].status if key.key_id in existing else None,
            _memory(items.get(("WATCH", key.key_id))),
            [item["action"] for place, item in items.items() if place[0] == _history(key)],
        )
        for fate, key in keys.items()
    }


def _memory(watch: Mapping[str, Any] | None) -> Any:
    return watch and (watch["state"], watch["reactivations"], watch["unreported_events"])


def _history(key: Key) -> str:
    return f"HISTORY#{key.key_id}"


def reported(runs: list[Run], keys: Mapping[str, Key]) -> Counter[tuple[str, str]]:
    """How often the digests of these runs reported each thing of each key."""
    fates = {key.key_id: fate for fate, key in keys.items()}
    return Counter(
        (telling.section, fates[telling.key_id or ""])
        for run in runs
        for telling in run.tellings
        if telling.section in HAPPENED
    )


def test_the_eventful_day_is_the_same_in_moto(account: AwsAccount) -> None:
    """Statuses, watches and history, so what the fakes show of a crash holds for moto too."""
    simulator = Simulator()
    simulator.account.now = account.now
    ours, theirs = an_eventful_day(simulator), the_same_day_in_moto(account)
    simulator.run()
    account.run()
    assert facts(simulator, ours) == {
        fate: (account.status(key_id), _memory(account.watch(key_id)), account.history(key_id))
        for fate, key_id in theirs.items()
    }


def calls_of_the_day() -> list[str]:
    """The names of the calls of the undisturbed day."""
    with without_threads():
        simulator = Simulator()
        an_eventful_day(simulator)
        return [operation for operation, _ in simulator.run().gate.calls]


CALLS = calls_of_the_day()


def test_the_day_makes_every_kind_of_call() -> None:
    assert len(CALLS) > 30
    assert set(CALLS) == {
        "DeleteAccessKey",
        "DeleteItem",
        "GenerateCredentialReport",
        "GetAccessKeyLastUsed",
        "GetCredentialReport",
        "GetItem",
        "GetParameters",
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


@pytest.mark.parametrize("kind", [Kind.KILLED_BEFORE, Kind.KILLED_AFTER])
@pytest.mark.parametrize("at", range(len(CALLS)), ids=[f"{n}-{c}" for n, c in enumerate(CALLS)])
def test_the_next_run_recovers_from_a_death_at_any_call(at: int, kind: Kind) -> None:
    """Each key is acted on once, none is forgotten, no window gets shorter, all is reported."""
    undisturbed = Simulator()
    same_keys = an_eventful_day(undisturbed)
    expected_reports = reported([undisturbed.run()], same_keys)

    simulator = Simulator()
    keys = an_eventful_day(simulator)
    died = simulator.run(faults=[Fault(kind, at=at)])
    assert died.gate.dead
    again = simulator.run()
    assert facts(simulator, keys) == facts(undisturbed, same_keys)
    assert ("RUN", "LEASE") not in simulator.cloud.table.items
    counted = reported([died, again], keys)
    assert counted.keys() == expected_reports.keys()
    twice = {fact for fact, count in counted.items() if count > 1}
    published = CALLS.index("Publish")
    assert not twice or at > published or (at, kind) == (published, Kind.KILLED_AFTER)
