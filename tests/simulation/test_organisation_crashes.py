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
from tests.simulation.test_crashes import account_state, an_eventful_day, entry_counts


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


@pytest.mark.parametrize("retried", [True, False], ids=["retried", "taken-over"])
@pytest.mark.parametrize("kind", [FaultKind.KILLED_BEFORE, FaultKind.KILLED_AFTER])
@pytest.mark.parametrize("at", range(len(CALLS)), ids=[f"{n}-{c}" for n, c in enumerate(CALLS)])
def test_a_step_that_died_at_any_call_is_made_good(
    at: int, kind: FaultKind, *, retried: bool
) -> None:
    """Each key is changed once, none is forgotten, no window gets shorter, all is reported."""
    reference = OrganisationSimulator()
    reference_keys = an_eventful_day(reference)
    expected_counts = entry_counts([reference.run()], reference_keys)

    simulator = OrganisationSimulator()
    keys = an_eventful_day(simulator)
    killed_run = simulator.run(faults=[Fault(kind, at=at)])
    assert killed_run.injector.killed
    simulator.retries = retried
    next_run = simulator.run()
    assert next_run.error is None
    assert account_state(simulator, keys) == account_state(reference, reference_keys)
    assert ("RUN", "LEASE") not in simulator.aws.table.items
    counts = entry_counts([killed_run, next_run], keys)
    assert counts.keys() == expected_counts.keys()
    repeated = {entry for entry, count in counts.items() if count > 1}
    assert not repeated or at > PUBLISH or (at, kind) == (PUBLISH, FaultKind.KILLED_AFTER)
