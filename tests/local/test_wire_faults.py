"""Promise 5, on the wire: the deployed function, whose calls fail on their way, or which dies.

Each day of the account brings a notice, a deactivation and a deletion. A fault meets one kind of
call of that day's run; a second run of the same day is left in peace. Then IAM, the ledger and what
people were told are as on a day without a fault.

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
from tests.local.days import Day, Days
from tests.local.microburst import FaultProxy, Rule, faults_before
from tests.local.proxy import proxy_to

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
HASTE = 20
ALL = os.environ.get("KEY_ROTATION_WIRE_FAULTS") == "all"
GOES_ON = "goes on"
FAILED = "listed as failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A kind of call that a run makes.

    holds: what its request holds, where the operation alone does not tell it from others
    unanswered: what becomes of a run that never gets an answer: an error's name, or how it goes on
    """

    label: str
    operation: str
    unanswered: str
    holds: str = ""

    def is_in(self, request: bytes) -> bool:
        """Tell from a request."""
        named = (f".{self.operation} ".encode(), f" Action={self.operation}&".encode())
        return any(name in request for name in named) and self.holds.encode() in request

    def rule(self, **fault: object) -> Rule:
        """Tell microburst of it."""
        body = {"body": f"contains(to_string(@), '{self.holds}')"} if self.holds else {}
        return {"service": "*", "operation": self.operation, **body, **fault}


def _call(label: str, unanswered: str, holds: str = "") -> Call:
    operation, _, _ = label.partition(" ")
    return Call(label=label, operation=operation, unanswered=unanswered, holds=holds)


CALLS = (
    _call("PutItem of the lease", "LedgerError", "LEASE"),
    _call("GetItem of the state", "LedgerError", "STATE"),
    _call("GetParameters", "SettingsUnreadableError"),
    _call("ListSubscriptionsByTopic", "NoSubscriberError"),
    _call("Query of the watches", "LedgerError"),
    _call("ListUsers", "ListUsersError"),
    _call("GenerateCredentialReport", GOES_ON),
    _call("GetCredentialReport", GOES_ON),
    _call("ListAccessKeys", FAILED),
    _call("GetAccessKeyLastUsed", FAILED),
    _call("TransactWriteItems of intents", FAILED, '"deleting"'),
    _call("UpdateAccessKey", FAILED),
    _call("DeleteAccessKey", FAILED),
    _call("TransactWriteItems of outcomes", FAILED, '"ended"'),
    _call("ListUserTags", GOES_ON),
    _call("Publish", "PublishError"),
    _call("TransactWriteItems of notices", FAILED, '"noticed"'),
    _call("DeleteItem of an ended watch", FAILED, "WATCH"),
    _call("PutItem of the state", "LedgerError", "STATE"),
    _call("DeleteItem of the lease", GOES_ON, "LEASE"),
)
BY_LABEL = {call.label: call for call in CALLS}
AFTER_THE_DIGEST = frozenset(call.label for call in CALLS[CALLS.index(BY_LABEL["Publish"]) + 1 :])
THROTTLED: Rule = {"error": {"code": "Throttling", "status": 400}}
SERVER_ERROR: Rule = {"error": {"code": "InternalFailure", "status": 500}}
RESET: Rule = {"reset": True}
ANSWER_LOST: Rule = {"response": {"abort_frac": 0}}

every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.label)


def some_calls(*labels: str) -> pytest.MarkDecorator:
    """Try a fault at these calls, or at every call where so asked."""
    return (
        every_call
        if ALL
        else pytest.mark.parametrize("call", [BY_LABEL[label] for label in labels], ids=labels)
    )


@pytest.fixture(scope="module")
def account(account_factory: AccountFactory, synthesised: Path) -> Iterator[LocalAccount]:
    """Deploy the stack into an account of its own."""
    with account_factory(START) as account:
        account.deploy(synthesised)
        account.hasten_function(HASTE)
        yield account


@pytest.fixture(scope="module")
def days(account: LocalAccount) -> Days:
    """Live up to the first day on which everything happens."""
    return Days(account)


@pytest.fixture(scope="module")
def calm(days: Days) -> Day:
    """A day without a fault, run twice."""
    days.begin()
    answer = days.run().answer
    assert [len(answer[each]) for each in ("noticed", "deactivated", "deleted")] == [1, 1, 1]
    days.run()
    day = days.day()
    assert [each["iam"] for each in day.state.values()] == ["Active", "Inactive", "gone"]
    assert day.told.total() == 3
    return day


@pytest.fixture(scope="module")
def wire(account: LocalAccount) -> Iterator[FaultProxy]:
    """Put microburst in front of the account."""
    with faults_before(account.endpoint) as proxy:
        yield proxy


def _run_with(days: Days, wire: FaultProxy, *rules: Rule) -> Invocation:
    """Begin a day, and run once with these faults."""

    def run() -> tuple[Invocation, bool]:
        wire.set(rules)
        invocation = days.run()
        return invocation, bool(wire.fired())

    days.account.send_function_through(wire.url)
    invocation = _on_a_day_that_makes_the_call(days, run)
    wire.set(())
    return invocation


def _on_a_day_that_makes_the_call(
    days: Days, run: Callable[[], tuple[Invocation, bool]]
) -> Invocation:
    """Begin a day and run; where everybody was asked, as once a week, do so on the next again."""
    days.begin()
    invocation, met = run()
    if not met:
        days.begin()
        invocation, met = run()
    assert met
    return invocation


def _came_of(invocation: Invocation) -> str:
    if invocation.error:
        return str(invocation.error["errorType"])
    return FAILED if invocation.answer["failed"] else GOES_ON


def _assert_made_good(days: Days, calm: Day, *, may_repeat: bool = False) -> None:
    """Run once more, and compare."""
    again = days.run()
    assert again.error is None, again.error
    day = days.day()
    assert day.state == calm.state
    assert not day.leased
    assert day.told.keys() == calm.told.keys()
    assert may_repeat or day.told == calm.told


# --- faults that the SDK's tries outlast


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({**SERVER_ERROR, "times": 2}, id="HTTP 500 twice"),
        pytest.param({**RESET, "times": 1}, id="connection reset"),
    ],
)
def test_a_fault_at_every_call_of_one_run_is_outlasted(
    days: Days, calm: Day, wire: FaultProxy, fault: Rule
) -> None:
    invocation = _run_with(days, wire, *(call.rule(**fault) for call in CALLS))
    assert _came_of(invocation) == GOES_ON
    _assert_made_good(days, calm)


@some_calls("GetParameters", "UpdateAccessKey", "TransactWriteItems of outcomes", "Publish")
def test_a_call_that_is_throttled_twice_is_tried_again(
    days: Days, calm: Day, wire: FaultProxy, call: Call
) -> None:
    invocation = _run_with(days, wire, call.rule(**THROTTLED, times=2))
    assert _came_of(invocation) == GOES_ON
    _assert_made_good(days, calm)


@every_call
def test_a_call_whose_answer_is_lost_is_tried_again_and_counts_once(
    days: Days, calm: Day, wire: FaultProxy, call: Call
) -> None:
    invocation = _run_with(days, wire, call.rule(**ANSWER_LOST, times=1))
    assert _came_of(invocation) == GOES_ON
    _assert_made_good(days, calm, may_repeat=call.operation == "Publish")


@some_calls("UpdateAccessKey")
def test_a_call_slower_than_the_read_timeout_is_tried_again(
    days: Days, calm: Day, wire: FaultProxy, call: Call
) -> None:
    invocation = _run_with(days, wire, call.rule(latency=21_000, times=1))
    assert _came_of(invocation) == GOES_ON
    _assert_made_good(days, calm, may_repeat=call.operation == "Publish")


# --- faults that outlast the SDK's tries


@every_call
def test_a_call_that_meets_http_500_to_the_end_is_made_good_by_the_next_run(
    days: Days, calm: Day, wire: FaultProxy, call: Call
) -> None:
    invocation = _run_with(days, wire, call.rule(**SERVER_ERROR))
    days.account.send_function_through(None)
    assert _came_of(invocation) == call.unanswered
    _assert_made_good(days, calm, may_repeat=call.label in AFTER_THE_DIGEST)


@some_calls("UpdateAccessKey")
def test_a_call_that_is_throttled_to_the_end_is_made_good_by_the_next_run(
    days: Days, calm: Day, wire: FaultProxy, call: Call
) -> None:
    invocation = _run_with(days, wire, call.rule(**THROTTLED))
    days.account.send_function_through(None)
    assert _came_of(invocation) == call.unanswered
    _assert_made_good(days, calm, may_repeat=call.label in AFTER_THE_DIGEST)


# --- deaths


def _run_killed(days: Days, call: Call, when: str) -> None:
    """Begin a day, and kill its run at the call."""
    account, killed = days.account, False

    def kill(request: bytes) -> bool:
        nonlocal killed
        if killed or not call.is_in(request):
            return killed
        killed = True
        assert account.kill_functions() == 1
        return True

    observe, lose = (kill, None) if when == "after" else (bool, kill)
    with proxy_to(account.endpoint, observe, lose=lose) as url:
        account.send_function_through(url)
        invocation = _on_a_day_that_makes_the_call(days, lambda: (days.run(), killed))
        account.send_function_through(None)
    assert _came_of(invocation) == "Runtime.ExitError"


@every_call
def test_a_run_that_dies_right_after_a_call_is_made_good_by_the_next(
    days: Days, calm: Day, call: Call
) -> None:
    _run_killed(days, call, "after")
    days.free_the_lease()
    repeats = call.label in {"Publish", *AFTER_THE_DIGEST}
    _assert_made_good(days, calm, may_repeat=repeats)


@some_calls(
    "TransactWriteItems of intents",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "TransactWriteItems of outcomes",
    "Publish",
    "TransactWriteItems of notices",
)
def test_a_run_that_dies_right_before_a_call_is_made_good_by_the_next(
    days: Days, calm: Day, call: Call
) -> None:
    """Before a read it is as after the call before it, and so these are all that differ."""
    _run_killed(days, call, "before")
    days.free_the_lease()
    _assert_made_good(days, calm, may_repeat=call.label in AFTER_THE_DIGEST)


def test_a_run_that_died_blocks_the_next_for_ten_seconds_only(days: Days, calm: Day) -> None:
    _run_killed(days, BY_LABEL["DeleteAccessKey"], "after")
    _assert_made_good(days, calm)
