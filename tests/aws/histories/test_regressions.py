"""What the random histories found: each as a history of its own, by name."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.aws.histories.fault_injection import Fault, FaultKind
from tests.aws.histories.simulated_account import Key
from tests.aws.histories.simulator import Run, Simulator, without_threads


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    """Wait for nothing."""
    with without_threads():
        yield


def run_daily_with_a_stale_key(days: int) -> tuple[Simulator, Key]:
    """A stale key, and daily runs up to the morning of a day; day 4 is that of its deactivation."""
    simulator = Simulator()
    key = simulator.account.create_key(simulator.account.create_user("alice"), age=400)
    for _ in range(days):
        simulator.run()
        simulator.account.now += timedelta(days=1)
    return simulator, key


def renamed_before(operation: str, days: int) -> tuple[Simulator, Key, Run]:
    """The user gets another name right before the last call of this kind, on that day."""
    fault_injection = [name for name, _ in run_daily_with_a_stale_key(days)[0].run().injector.calls]
    at = len(fault_injection) - 1 - fault_injection[::-1].index(operation)
    simulator, key = run_daily_with_a_stale_key(days)

    def rename() -> None:
        key.owner.name = "alison"

    return simulator, key, simulator.run(interventions={at: rename})


def reported_key_ids(run: Run, section: str) -> list[str | None]:
    """The keys that a run's message names under a heading."""
    return [entry.key_id for entry in run.entries if entry.section == section]


@pytest.mark.parametrize("operation", ["ListAccessKeys", "DeleteAccessKey"])
def test_a_user_renamed_during_a_run_has_no_key_deleted_or_closed(operation: str) -> None:
    """IAM knows no user of the old name; that the key is gone, it does not say."""
    simulator, key, run = renamed_before(operation, days=10)
    assert key.key_id in simulator.account.keys
    assert (reported_key_ids(run, "closed"), reported_key_ids(run, "deleted")) == ([], [])
    assert reported_key_ids(simulator.run(), "deleted") == [key.key_id]


@pytest.mark.parametrize("operation", ["ListAccessKeys", "UpdateAccessKey"])
def test_a_user_renamed_during_a_run_keeps_the_notice(operation: str) -> None:
    """As above, on the day of the deactivation: the next run does it."""
    simulator, key, run = renamed_before(operation, days=4)
    assert key.status == "Active"
    assert (reported_key_ids(run, "closed"), reported_key_ids(run, "deactivated")) == ([], [])
    assert reported_key_ids(simulator.run(), "deactivated") == [key.key_id]


def test_a_report_that_nobody_hears_tells_nothing() -> None:
    """What was done waits for a run that somebody hears."""
    simulator, key = run_daily_with_a_stale_key(4)
    simulator.run(faults=[Fault(FaultKind.DENIED, 0, "Publish")])
    simulator.account.subscriber_count = 0
    simulator.run(report=True)
    simulator.account.subscriber_count = 1
    assert reported_key_ids(simulator.run(), "deactivated") == [key.key_id]


def test_a_day_told_before_an_adoption_only_moves_later() -> None:
    """The key was to work until the ninth day; that its owner turned it off takes nothing back."""
    simulator = Simulator()
    key = simulator.account.create_key(simulator.account.create_user("alice"), age=16)
    simulator.account.put_parameter("notice-days", "9")
    simulator.account.put_parameter("adopt-inactive-keys", "true")
    simulator.run()
    simulator.account.set_status(key, "Inactive")
    simulator.account.now += timedelta(days=1)
    simulator.run()
    simulator.account.set_status(key, "Active")
    simulator.account.put_parameter("notice-days", "1")
    simulator.account.now += timedelta(days=1)
    first = next(
        entry for run in simulator.runs for entry in run.entries if entry.section == "noticed"
    )
    again = next(entry for entry in simulator.run().entries if entry.section == "noticed")
    assert first.due
    assert again.due
    assert again.due >= first.due


def test_what_was_told_beside_a_refused_deletion_is_not_told_again() -> None:
    """The intent was recorded: what was told is remembered on top of it, not of what was before."""
    simulator, key = run_daily_with_a_stale_key(4)
    for _ in range(6):
        simulator.run(faults=[Fault(FaultKind.DENIED, 0, "Publish", lasting=True)])
        simulator.account.now += timedelta(days=1)
    deletion_denied = [Fault(FaultKind.DENIED, 0, "DeleteAccessKey", lasting=True)]
    assert reported_key_ids(simulator.run(faults=deletion_denied), "deactivated") == [key.key_id]
    simulator.account.now += timedelta(days=1)
    assert reported_key_ids(simulator.run(faults=deletion_denied), "deactivated") == []
