"""Bugs that the random histories found, each as a history of its own."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.simulation.fault_injection import Fault, FaultKind
from tests.simulation.simulated_account import Key
from tests.simulation.simulator import Run, Simulator, without_threads


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    """Run without threads, and without waiting."""
    with without_threads():
        yield


def run_daily_with_a_stale_key(days: int) -> tuple[Simulator, Key]:
    """Run daily for some days; on day 4 the key is deactivated, on day 10 deleted."""
    simulator = Simulator()
    key = simulator.account.create_key(simulator.account.create_user("alice"), age=400)
    for _ in range(days):
        simulator.run()
        simulator.account.now += timedelta(days=1)
    return simulator, key


def renamed_before(operation: str, days: int) -> tuple[Simulator, Key, Run]:
    """Rename the user immediately before the last call of an operation on that day."""
    fault_injection = [name for name, _ in run_daily_with_a_stale_key(days)[0].run().injector.calls]
    at = len(fault_injection) - 1 - fault_injection[::-1].index(operation)
    simulator, key = run_daily_with_a_stale_key(days)

    def rename() -> None:
        key.owner.name = "alison"

    return simulator, key, simulator.run(interventions={at: rename})


def reported_key_ids(run: Run, section: str) -> list[str | None]:
    """Return the keys that the messages of a run list in a section."""
    return [entry.key_id for entry in run.entries if entry.section == section]


@pytest.mark.parametrize("operation", ["ListAccessKeys", "DeleteAccessKey"])
def test_no_key_of_a_user_renamed_during_a_run_is_deleted_or_closed(operation: str) -> None:
    """IAM does not know the old name, but that does not mean that the key is missing."""
    simulator, key, run = renamed_before(operation, days=10)
    assert key.key_id in simulator.account.keys
    assert (reported_key_ids(run, "closed"), reported_key_ids(run, "deleted")) == ([], [])
    assert reported_key_ids(simulator.run(), "deleted") == [key.key_id]


@pytest.mark.parametrize("operation", ["ListAccessKeys", "UpdateAccessKey"])
def test_a_user_renamed_during_a_run_keeps_the_notice(operation: str) -> None:
    """On the day of the deactivation, the next run makes it."""
    simulator, key, run = renamed_before(operation, days=4)
    assert key.status == "Active"
    assert (reported_key_ids(run, "closed"), reported_key_ids(run, "deactivated")) == ([], [])
    assert reported_key_ids(simulator.run(), "deactivated") == [key.key_id]


def test_a_report_run_without_a_subscriber_reports_no_event() -> None:
    """The event stays unreported until a digest is delivered."""
    simulator, key = run_daily_with_a_stale_key(4)
    simulator.run(faults=[Fault(FaultKind.DENIED, 0, "Publish")])
    simulator.account.subscriber_count = 0
    simulator.run(report=True)
    simulator.account.subscriber_count = 1
    assert reported_key_ids(simulator.run(), "deactivated") == [key.key_id]


def test_a_day_announced_before_an_adoption_only_moves_later() -> None:
    """The owner deactivated the key, which does not cancel the announced day."""
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


def test_an_event_reported_with_a_refused_deletion_is_not_reported_again() -> None:
    """The report is recorded in the watch with the intent, not in the watch before it."""
    simulator, key = run_daily_with_a_stale_key(4)
    for _ in range(6):
        simulator.run(faults=[Fault(FaultKind.DENIED, 0, "Publish", lasting=True)])
        simulator.account.now += timedelta(days=1)
    deletion_denied = [Fault(FaultKind.DENIED, 0, "DeleteAccessKey", lasting=True)]
    assert reported_key_ids(simulator.run(faults=deletion_denied), "deactivated") == [key.key_id]
    simulator.account.now += timedelta(days=1)
    assert reported_key_ids(simulator.run(faults=deletion_denied), "deactivated") == []
