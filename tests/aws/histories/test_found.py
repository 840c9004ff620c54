"""What the random histories found: each as a history of its own, by name."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.aws.histories.account import Key
from tests.aws.histories.calls import Fault, Kind
from tests.aws.histories.simulator import Run, Simulator, without_threads


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    """Wait for nothing."""
    with without_threads():
        yield


def an_old_key(days: int) -> tuple[Simulator, Key]:
    """A stale key, and daily runs up to the morning of a day; day 4 is that of its deactivation."""
    harness = Simulator()
    key = harness.account.issue(harness.account.hire("alice"), age=400)
    for _ in range(days):
        harness.run()
        harness.account.now += timedelta(days=1)
    return harness, key


def renamed_before(operation: str, days: int) -> tuple[Simulator, Key, Run]:
    """The user gets another name right before the last call of this kind, on that day."""
    calls = [name for name, _ in an_old_key(days)[0].run().gate.calls]
    at = len(calls) - 1 - calls[::-1].index(operation)
    harness, key = an_old_key(days)

    def rename() -> None:
        key.owner.name = "alison"

    return harness, key, harness.run(deeds={at: rename})


def told(run: Run, section: str) -> list[str | None]:
    """The keys that a run's message names under a heading."""
    return [telling.key_id for telling in run.tellings if telling.section == section]


@pytest.mark.parametrize("operation", ["ListAccessKeys", "DeleteAccessKey"])
def test_a_user_renamed_during_a_run_has_no_key_deleted_or_closed(operation: str) -> None:
    """IAM knows no user of the old name; that the key is gone, it does not say."""
    harness, key, run = renamed_before(operation, days=10)
    assert key.key_id in harness.account.keys
    assert (told(run, "closed"), told(run, "deleted")) == ([], [])
    assert told(harness.run(), "deleted") == [key.key_id]


@pytest.mark.parametrize("operation", ["ListAccessKeys", "UpdateAccessKey"])
def test_a_user_renamed_during_a_run_keeps_the_notice(operation: str) -> None:
    """As above, on the day of the deactivation: the next run does it."""
    harness, key, run = renamed_before(operation, days=4)
    assert key.status == "Active"
    assert (told(run, "closed"), told(run, "deactivated")) == ([], [])
    assert told(harness.run(), "deactivated") == [key.key_id]


def test_a_report_that_nobody_hears_tells_nothing() -> None:
    """What was done waits for a run that somebody hears."""
    harness, key = an_old_key(4)
    harness.run(faults=[Fault(Kind.DENIED, 0, "Publish")])
    harness.account.listeners = 0
    harness.run(report=True)
    harness.account.listeners = 1
    assert told(harness.run(), "deactivated") == [key.key_id]


def test_a_day_told_before_an_adoption_only_moves_later() -> None:
    """The key was to work until the ninth day; that its owner turned it off takes nothing back."""
    harness = Simulator()
    key = harness.account.issue(harness.account.hire("alice"), age=16)
    harness.account.put("notice-days", "9")
    harness.account.put("adopt-inactive-keys", "true")
    harness.run()
    harness.account.turn(key, "Inactive")
    harness.account.now += timedelta(days=1)
    harness.run()
    harness.account.turn(key, "Active")
    harness.account.put("notice-days", "1")
    harness.account.now += timedelta(days=1)
    first = next(t for run in harness.runs for t in run.tellings if t.section == "noticed")
    again = next(t for t in harness.run().tellings if t.section == "noticed")
    assert first.due
    assert again.due
    assert again.due >= first.due


def test_what_was_told_beside_a_refused_deletion_is_not_told_again() -> None:
    """The intent was recorded: what was told is remembered on top of it, not of what was before."""
    harness, key = an_old_key(4)
    for _ in range(6):
        harness.run(faults=[Fault(Kind.DENIED, 0, "Publish", lasting=True)])
        harness.account.now += timedelta(days=1)
    refused = [Fault(Kind.DENIED, 0, "DeleteAccessKey", lasting=True)]
    assert told(harness.run(faults=refused), "deactivated") == [key.key_id]
    harness.account.now += timedelta(days=1)
    assert told(harness.run(faults=refused), "deactivated") == []
