"""Promise 5, on the proxy: the deployed function, whose calls fail on their way, or which dies.

Each day of the account brings a notice, a deactivation and a deletion. A fault meets one kind of
call of that day's run; a second run of the same day is left in peace. Then IAM, the ledger and what
actors were told are as on a day without a fault.

The faults are microburst's: between the function and the account it answers for AWS, cuts the
connection before or after a call, or lets it wait. A death is the end of the function's process
(SIGKILL) while a call is on its way. The function's pauses between tries are shortened, its tries
are not fewer. KEY_ROTATION_WIRE_FAULTS=all runs every fault at every call.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.emulator.account import LocalAccount
from local.emulator.records import Invocation
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import DailyRuns, DayState
from tests.local.microburst import FaultProxy, Rule, fault_proxy
from tests.local.proxy import proxy_to

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
SLEEP_SPEEDUP = 20
ALL_CALLS = os.environ.get("KEY_ROTATION_WIRE_FAULTS") == "all"
COMPLETES = "goes on"
FAILED = "listed as failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A kind of call that a run makes.

    request_contains: what its request holds, where the operation alone does not tell it apart
    result: what becomes of a run that never gets an answer: an error's name, or how it goes on
    """

    label: str
    operation: str
    result: str
    request_contains: str = ""

    def matches(self, request: bytes) -> bool:
        """Tell from a request."""
        named = (f".{self.operation} ".encode(), f" Action={self.operation}&".encode())
        return any(name in request for name in named) and self.request_contains.encode() in request

    def rule(self, **fault: object) -> Rule:
        """Tell microburst of it."""
        body = (
            {"body": f"contains(to_string(@), '{self.request_contains}')"}
            if self.request_contains
            else {}
        )
        return {"service": "*", "operation": self.operation, **body, **fault}


def _call(label: str, result: str, request_contains: str = "") -> Call:
    operation, _, _ = label.partition(" ")
    return Call(label=label, operation=operation, result=result, request_contains=request_contains)


CALLS = (
    _call("PutItem of the lease", "LedgerError", "LEASE"),
    _call("GetItem of the state", "LedgerError", "STATE"),
    _call("GetParameters", "SettingsUnreadableError"),
    _call("ListSubscriptionsByTopic", "NoSubscriberError"),
    _call("Query of the watches", "LedgerError"),
    _call("ListUsers", "ListUsersError"),
    _call("GenerateCredentialReport", COMPLETES),
    _call("GetCredentialReport", COMPLETES),
    _call("ListAccessKeys", FAILED),
    _call("GetAccessKeyLastUsed", FAILED),
    _call("TransactWriteItems of intents", FAILED, '"deleting"'),
    _call("UpdateAccessKey", FAILED),
    _call("DeleteAccessKey", FAILED),
    _call("TransactWriteItems of outcomes", FAILED, '"ended"'),
    _call("ListUserTags", COMPLETES),
    _call("Publish", "PublishError"),
    _call("TransactWriteItems of notices", FAILED, '"noticed"'),
    _call("DeleteItem of an ended watch", FAILED, "WATCH"),
    _call("PutItem of the state", "LedgerError", "STATE"),
    _call("DeleteItem of the lease", COMPLETES, "LEASE"),
)
BY_LABEL = {call.label: call for call in CALLS}
AFTER_PUBLISH = frozenset(call.label for call in CALLS[CALLS.index(BY_LABEL["Publish"]) + 1 :])
THROTTLED: Rule = {"error": {"code": "Throttling", "status": 400}}
SERVER_ERROR: Rule = {"error": {"code": "InternalFailure", "status": 500}}
RESET: Rule = {"reset": True}
ANSWER_LOST: Rule = {"response": {"abort_frac": 0}}

for_every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.label)


def for_calls(*labels: str) -> pytest.MarkDecorator:
    """Try a fault at these calls, or at every call where so asked."""
    return (
        for_every_call
        if ALL_CALLS
        else pytest.mark.parametrize("call", [BY_LABEL[label] for label in labels], ids=labels)
    )


@pytest.fixture(scope="module")
def account(account_factory: AccountFactory, synthesised: Path) -> Iterator[LocalAccount]:
    """Deploy the stack into an account of its own."""
    with account_factory(START) as account:
        account.deploy(synthesised)
        account.speed_up_sleep(SLEEP_SPEEDUP)
        yield account


@pytest.fixture(scope="module")
def runs(account: LocalAccount) -> DailyRuns:
    """Live up to the first day on which everything happens."""
    return DailyRuns(account)


@pytest.fixture(scope="module")
def undisturbed(runs: DailyRuns) -> DayState:
    """A day without a fault, run twice."""
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
    """Put microburst in front of the account."""
    with fault_proxy(account.endpoint) as proxy:
        yield proxy


def _run_with_faults(runs: DailyRuns, proxy: FaultProxy, *rules: Rule) -> Invocation:
    """Begin a day, and run once with these faults."""

    def run() -> tuple[Invocation, bool]:
        proxy.set_rules(rules)
        invocation = runs.run()
        return invocation, bool(proxy.matched())

    runs.account.send_function_through(proxy.url)
    invocation = _on_day_with_call(runs, run)
    proxy.set_rules(())
    return invocation


def _on_day_with_call(runs: DailyRuns, run: Callable[[], tuple[Invocation, bool]]) -> Invocation:
    """Begin a day and run; where everybody was asked, as once a week, do so on the next again."""
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
    """Run once more, and compare."""
    again = runs.run()
    assert again.error is None, again.error
    day = runs.state()
    assert day.state == undisturbed.state
    assert not day.lease_held
    assert day.reported.keys() == undisturbed.reported.keys()
    assert may_repeat or day.reported == undisturbed.reported


# --- faults that the SDK's tries outlast


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({**SERVER_ERROR, "times": 2}, id="HTTP 500 twice"),
        pytest.param({**RESET, "times": 1}, id="connection reset"),
    ],
)
def test_a_fault_at_every_call_of_one_run_is_outlasted(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, fault: Rule
) -> None:
    invocation = _run_with_faults(runs, proxy, *(call.rule(**fault) for call in CALLS))
    assert _result_of(invocation) == COMPLETES
    _assert_recovered(runs, undisturbed)


@for_calls("GetParameters", "UpdateAccessKey", "TransactWriteItems of outcomes", "Publish")
def test_a_call_that_is_throttled_twice_is_tried_again(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(**THROTTLED, times=2))
    assert _result_of(invocation) == COMPLETES
    _assert_recovered(runs, undisturbed)


@for_every_call
def test_a_call_whose_answer_is_lost_is_tried_again_and_counts_once(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(**ANSWER_LOST, times=1))
    assert _result_of(invocation) == COMPLETES
    _assert_recovered(runs, undisturbed, may_repeat=call.operation == "Publish")


@for_calls("UpdateAccessKey")
def test_a_call_slower_than_the_read_timeout_is_tried_again(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(latency=21_000, times=1))
    assert _result_of(invocation) == COMPLETES
    _assert_recovered(runs, undisturbed, may_repeat=call.operation == "Publish")


# --- faults that outlast the SDK's tries


@for_every_call
def test_a_call_that_meets_http_500_to_the_end_is_made_good_by_the_next_run(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(**SERVER_ERROR))
    runs.account.send_function_through(None)
    assert _result_of(invocation) == call.result
    _assert_recovered(runs, undisturbed, may_repeat=call.label in AFTER_PUBLISH)


@for_calls("UpdateAccessKey")
def test_a_call_that_is_throttled_to_the_end_is_made_good_by_the_next_run(
    runs: DailyRuns, undisturbed: DayState, proxy: FaultProxy, call: Call
) -> None:
    invocation = _run_with_faults(runs, proxy, call.rule(**THROTTLED))
    runs.account.send_function_through(None)
    assert _result_of(invocation) == call.result
    _assert_recovered(runs, undisturbed, may_repeat=call.label in AFTER_PUBLISH)


# --- deaths


def _run_killed(runs: DailyRuns, call: Call, when: str) -> None:
    """Begin a day, and kill its run at the call."""
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


@for_every_call
def test_a_run_that_dies_right_after_a_call_is_made_good_by_the_next(
    runs: DailyRuns, undisturbed: DayState, call: Call
) -> None:
    _run_killed(runs, call, "after")
    runs.delete_lease()
    repeats = call.label in {"Publish", *AFTER_PUBLISH}
    _assert_recovered(runs, undisturbed, may_repeat=repeats)


@for_calls(
    "TransactWriteItems of intents",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "TransactWriteItems of outcomes",
    "Publish",
    "TransactWriteItems of notices",
)
def test_a_run_that_dies_right_before_a_call_is_made_good_by_the_next(
    runs: DailyRuns, undisturbed: DayState, call: Call
) -> None:
    """Before a read it is as after the call before it, and so these are all that differ."""
    _run_killed(runs, call, "before")
    runs.delete_lease()
    _assert_recovered(runs, undisturbed, may_repeat=call.label in AFTER_PUBLISH)


def test_a_run_that_died_blocks_the_next_for_ten_seconds_only(
    runs: DailyRuns, undisturbed: DayState
) -> None:
    _run_killed(runs, BY_LABEL["DeleteAccessKey"], "after")
    _assert_recovered(runs, undisturbed)
