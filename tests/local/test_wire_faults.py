"""Promise 5, with faults between the deployed function and AWS, and with its process killed.

Each day of the account brings a notice, a deactivation and a deletion. A fault affects one kind of
call in that day's run; a second run on the same day has no fault. Afterwards IAM, the ledger and
the digests must be as on a day without a fault.

The proxy microburst injects the faults: it returns errors, closes the connection before or after a
call, or delays it. To kill a run, the function's process gets SIGKILL during a call. The pauses
between the function's retries are shortened; their number is unchanged.
`make soak` tests each fault at each call. `make test` has those that tests in the process do not
show: a kill, a connection that is reset at each call, and an answer that is lost on the wire.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from local.emulator.account import LocalAccount
from local.emulator.records import Invocation
from tests.local.calls import AFTER_PUBLISH, BY_LABEL, CALLS, COMPLETES, FAILED, Call, at_calls
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import DailyRuns, DayState, delete_lease
from tests.local.microburst import FaultProxy, Rule, fault_proxy
from tests.local.proxy import proxy_to

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
SLEEP_SPEEDUP = 50
THROTTLED: Rule = {"error": {"code": "Throttling", "status": 400}}
SERVER_ERROR: Rule = {"error": {"code": "InternalFailure", "status": 500}}
RESET: Rule = {"reset": True}
RESPONSE_LOST: Rule = {"response": {"abort_frac": 0}}


@pytest.fixture(scope="module")
def account(deployed_account: AccountFactory) -> Iterator[LocalAccount]:
    """Deploy the stack into a new account."""
    with deployed_account(START) as account:
        account.speed_up_sleep(SLEEP_SPEEDUP)
        yield account


@pytest.fixture(scope="module")
def runs(account: LocalAccount) -> DailyRuns:
    """Run until the first day with a key in each stage."""
    return DailyRuns(account)


@pytest.fixture(scope="module")
def undisturbed(runs: DailyRuns) -> DayState:
    """The state of a day with two runs and no fault."""
    runs.start_day()
    answer = runs.run().answer
    assert [len(answer[each]) for each in ("noticed", "deactivated", "deleted")] == [1, 1, 1]
    runs.run()
    day = runs.state()
    assert [each["iam"] for each in day.state.values()] == ["Active", "Inactive", "gone"]
    assert day.reported.total() == 3
    return day


@pytest.fixture(scope="module")
def proxy(account: LocalAccount) -> Iterator[FaultProxy]:
    """Start microburst in front of the account."""
    with fault_proxy(account.endpoint) as proxy:
        yield proxy


def _run_with_faults(runs: DailyRuns, proxy: FaultProxy, *rules: Rule) -> Invocation:
    """Start a day, and run once with these faults."""

    def run() -> tuple[Invocation, bool]:
        proxy.set_rules(rules)
        invocation = runs.run()
        return invocation, bool(proxy.matched())

    runs.account.send_function_through(proxy.url)
    invocation = _on_day_with_call(runs, run)
    proxy.set_rules(())
    return invocation


def _on_day_with_call(runs: DailyRuns, run: Callable[[], tuple[Invocation, bool]]) -> Invocation:
    """Start a day and run; repeat if the run does not make the call, as in a full scan."""
    runs.start_day()
    invocation, met = run()
    if not met:
        runs.start_day()
        invocation, met = run()
    assert met
    return invocation


def _result_of(invocation: Invocation) -> str:
    if invocation.error:
        return str(invocation.error["errorType"])
    return FAILED if invocation.answer["failed"] else COMPLETES


def _assert_recovered(runs: DailyRuns, undisturbed: DayState, *, may_repeat: bool = False) -> None:
    """Run once more, and compare the state."""
    again = runs.run()
    assert again.error is None, again.error
    day = runs.state()
    assert day.state == undisturbed.state
    assert not day.lease_held
    assert day.reported.keys() == undisturbed.reported.keys()
    assert may_repeat or day.reported == undisturbed.reported


# --- faults that the SDK's retries overcome


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({**SERVER_ERROR, "times": 2}, id="HTTP 500 twice", marks=pytest.mark.soak),
        pytest.param({**RESET, "times": 1}, id="connection reset"),
    ],
)
def test_retries_overcome_a_fault_at_each_call_of_a_run(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, fault: Rule
) -> None:
    invocation = _run_with_faults(runs, proxy, *(call.rule(**fault) for call in CALLS))
    assert _result_of(invocation) == COMPLETES
    _assert_recovered(runs, undisturbed)


@at_calls()
def test_a_call_that_is_throttled_twice_is_retried(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(**THROTTLED, times=2))
    assert _result_of(invocation) == COMPLETES
    _assert_recovered(runs, undisturbed)


@at_calls("UpdateAccessKey")
def test_a_call_whose_response_is_lost_is_retried_and_takes_effect_once(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(**RESPONSE_LOST, times=1))
    assert _result_of(invocation) == COMPLETES
    _assert_recovered(runs, undisturbed, may_repeat=call.operation == "Publish")


@at_calls()  # each takes the 20 seconds of the timeout
def test_a_call_that_exceeds_the_read_timeout_is_retried(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(latency=21_000, times=1))
    assert _result_of(invocation) == COMPLETES
    _assert_recovered(runs, undisturbed, may_repeat=call.operation == "Publish")


# --- faults that outlast the SDK's retries


@at_calls()  # as above: tests/simulation/test_crashes.py stops a run at each call
def test_the_next_run_recovers_from_a_call_that_always_gets_http_500(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(**SERVER_ERROR))
    runs.account.send_function_through(None)
    assert _result_of(invocation) == call.result
    _assert_recovered(runs, undisturbed, may_repeat=call.label in AFTER_PUBLISH)


@at_calls()  # the retries of a throttled call take long
def test_the_next_run_recovers_from_a_call_that_is_always_throttled(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(**THROTTLED))
    runs.account.send_function_through(None)
    assert _result_of(invocation) == call.result
    _assert_recovered(runs, undisturbed, may_repeat=call.label in AFTER_PUBLISH)


# --- killed runs


def _run_killed(runs: DailyRuns, call: Call, when: str) -> None:
    """Start a day, and kill its run at the call."""
    account, killed = runs.account, False

    def kill(request: bytes) -> bool:
        nonlocal killed
        if killed or not call.matches(request):
            return killed
        killed = True
        assert account.kill_functions() == 1
        return True

    on_forwarded, drop = (kill, None) if when == "after" else (bool, kill)
    with proxy_to(account.endpoint, on_forwarded, drop=drop) as url:
        account.send_function_through(url)
        invocation = _on_day_with_call(runs, lambda: (runs.run(), killed))
        account.send_function_through(None)
    assert _result_of(invocation) == "Runtime.ExitError"


@at_calls("DeleteAccessKey")
def test_the_next_run_recovers_from_a_run_killed_after_a_call(
    runs: DailyRuns, undisturbed: DayState, call: Call
) -> None:
    _run_killed(runs, call, "after")
    delete_lease(runs.account)
    repeats = call.label in {"Publish", *AFTER_PUBLISH}
    _assert_recovered(runs, undisturbed, may_repeat=repeats)


@at_calls("DeleteAccessKey")
def test_the_next_run_recovers_from_a_run_killed_before_a_call(
    runs: DailyRuns, undisturbed: DayState, call: Call
) -> None:
    _run_killed(runs, call, "before")
    delete_lease(runs.account)
    _assert_recovered(runs, undisturbed, may_repeat=call.label in AFTER_PUBLISH)


@pytest.mark.soak
def test_a_killed_run_blocks_the_next_for_ten_seconds(
    runs: DailyRuns, undisturbed: DayState
) -> None:
    _run_killed(runs, BY_LABEL["DeleteAccessKey"], "after")
    _assert_recovered(runs, undisturbed)
