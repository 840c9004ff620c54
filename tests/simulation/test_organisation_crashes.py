"""Promise 5 in an organization: each step can die at any call, and be started again.

The eventful day of `test_crashes.py`, in an account of an organization. The state machine tries a
dead step again; or the execution has ended, and the next one takes over. Either way the account,
the ledger and what was reported are as if no step had died.
"""

from collections.abc import Iterator

import pytest

from tests.simulation.fault_injection import Fault, FaultKind
from tests.simulation.organisation_simulator import OrganisationSimulator
from tests.simulation.simulator import without_threads
from tests.simulation.test_crashes import (
    UndisturbedDay,
    account_state,
    an_eventful_day,
    entry_counts,
)


@pytest.fixture(autouse=True)
def _without_threads() -> Iterator[None]:
    """Run without threads, so that the calls have a fixed order."""
    with without_threads():
        yield


def calls_of_the_day() -> list[str]:
    """Return the names of the calls of the undisturbed day."""
    with without_threads():
        simulator = OrganisationSimulator()
        an_eventful_day(simulator)
        return [operation for operation, _ in simulator.run().injector.calls]


CALLS = calls_of_the_day()
PUBLISH = CALLS.index("Publish")


def test_the_eventful_day_makes_the_calls_of_all_steps() -> None:
    assert len(CALLS) > 60
    assert CALLS.count("Publish") == 1
    assert {"AssumeRole", "UpdateAccessKey", "DeleteAccessKey", "TransactWriteItems"} < set(CALLS)


@pytest.fixture(scope="module")
def undisturbed() -> UndisturbedDay:
    """Run the day once; it is the same each time."""
    with without_threads():
        simulator = OrganisationSimulator()
        keys = an_eventful_day(simulator)
        counts = entry_counts([simulator.run()], keys)
        return UndisturbedDay(account_state(simulator, keys), counts)


@pytest.mark.parametrize(
    ("kind", "retried"),
    [
        pytest.param(FaultKind.KILLED_AFTER, True, id="after-retried"),
        pytest.param(FaultKind.KILLED_BEFORE, False, id="before-taken-over"),
        pytest.param(FaultKind.KILLED_BEFORE, True, id="before-retried", marks=pytest.mark.soak),
        pytest.param(FaultKind.KILLED_AFTER, False, id="after-taken-over", marks=pytest.mark.soak),
    ],
)
@pytest.mark.parametrize("at", range(len(CALLS)), ids=[f"{n}-{c}" for n, c in enumerate(CALLS)])
def test_after_a_step_died_at_any_call_all_is_as_if_it_had_not(
    at: int, kind: FaultKind, undisturbed: UndisturbedDay, *, retried: bool
) -> None:
    """Each key is changed once, none is forgotten, no window gets shorter, all is reported."""
    simulator = OrganisationSimulator()
    keys = an_eventful_day(simulator)
    killed_run = simulator.run(faults=[Fault(kind, at=at)])
    assert killed_run.injector.killed
    simulator.retries = retried
    next_run = simulator.run()
    assert next_run.error is None
    assert account_state(simulator, keys) == undisturbed.state
    assert ("RUN", "LEASE") not in simulator.aws.table.items
    counts = entry_counts([killed_run, next_run], keys)
    assert counts.keys() == undisturbed.counts.keys()
    repeated = {entry for entry, count in counts.items() if count > 1}
    assert not repeated or at > PUBLISH or (at, kind) == (PUBLISH, FaultKind.KILLED_AFTER)
