"""One run of the organization at a time: who does the work, and who leaves it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from moto.stepfunctions.models import stepfunctions_backends

from key_rotation.adapters.executions import is_under_way
from key_rotation.domain.organisation.organisation_run import LONGEST_RUN
from key_rotation.errors import ExecutionUnknownError, LedgerError, RunInProgressError
from key_rotation.organisation.turn import LONGEST_WAIT
from tests.aws.aws_account import REGION
from tests.aws.clients import InstantClock
from tests.aws.faults import client_error, interleaved, refused, response_lost
from tests.aws.organisation.hub import FIRST, OWN, Hub

REPORT = {"mode": "report"}
NAMED = {"accounts": [FIRST]}
WHOLE: dict[str, object] = {}


def test_an_execution_leaves_the_work_to_one_that_is_under_way(hub: Hub) -> None:
    """Both by the schedule, which may deliver an event twice."""
    first = hub.prepare({"scheduled_time": "2026-11-24T09:00:00Z"})
    with pytest.raises(RunInProgressError) as raised:
        hub.prepare({"scheduled_time": "2026-11-24T09:00:00Z"})
    assert raised.value.other_run_id == first.run.execution_arn
    assert hub.run == first.run


@pytest.mark.parametrize("running", [WHOLE, REPORT, NAMED])
@pytest.mark.parametrize("request_", [REPORT, NAMED])
def test_a_partial_run_leaves_the_work_to_any_run_that_is_under_way(
    hub: Hub, running: dict[str, object], request_: dict[str, object]
) -> None:
    first = hub.prepare(running)
    with pytest.raises(RunInProgressError):
        hub.prepare(request_)
    assert hub.run == first.run


class InterruptedClock(InstantClock):
    """A clock on which something happens while a run waits."""

    def __init__(self, at: float, event: Callable[[], None]) -> None:
        """Let an event happen after some seconds."""
        super().__init__()
        self._at, self._event = at, event

    def sleep(self, seconds: float, /) -> None:
        """Let the time pass, and the event happen in it."""
        before = self.seconds
        super().sleep(seconds)
        if before < self._at <= self.seconds:
            self._event()


@pytest.mark.parametrize("partial", [REPORT, NAMED])
def test_a_whole_run_waits_for_a_partial_one(hub: Hub, partial: dict[str, object]) -> None:
    """A person's report must not take the place of the day's run."""
    first = hub.prepare(partial)
    clock = InterruptedClock(60, lambda: hub.stop(first.run.execution_arn))
    hub.account.clock = clock
    second = hub.prepare()
    assert clock.seconds == 60
    assert hub.run == second.run
    assert second.account_ids[1] == OWN


@pytest.mark.parametrize("partial", [REPORT, NAMED])
def test_a_whole_run_takes_over_a_partial_one_that_lasts_too_long(
    hub: Hub, partial: dict[str, object]
) -> None:
    hub.prepare(partial)
    hub.account.clock = clock = InstantClock()
    second = hub.prepare()
    assert clock.seconds == LONGEST_WAIT
    assert hub.run == second.run


def test_a_partial_run_that_was_overtaken_writes_no_row(hub: Hub) -> None:
    """The whole run began while the partial one listed the accounts."""
    whole = replace(hub.prepare_whole().run, run_id="whole", execution_arn="arn:whole")
    rows = hub.account.items("ACCOUNT")

    def overtake() -> None:
        current = hub.run
        assert current
        assert hub.runs.claim(whole, current)

    with (
        interleaved(hub.account, "ssm.GetParametersByPath", overtake),
        pytest.raises(RunInProgressError) as raised,
    ):
        hub.prepare(NAMED)
    assert raised.value.other_run_id == "arn:whole"
    assert hub.account.items("ACCOUNT") == rows


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_a_run_whose_execution_has_ended_is_taken_over(hub: Hub, status: str) -> None:
    first = hub.prepare()
    set_status(hub, first.run.execution_arn, status)
    assert hub.prepare().run == hub.run != first.run


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_a_run_whose_execution_goes_on_is_not_taken_over(hub: Hub, status: str) -> None:
    first = hub.prepare()
    set_status(hub, first.run.execution_arn, status)
    with pytest.raises(RunInProgressError):
        hub.prepare()


def set_status(hub: Hub, arn: str, status: str) -> None:
    """Set the status of an execution in moto."""
    backend = stepfunctions_backends[OWN][REGION]
    [machine] = [each for each in backend.state_machines if each.arn == hub.machine]
    [execution] = [each for each in machine.executions if each.execution_arn == arn]
    execution.status = status


def test_a_run_that_has_ended_does_not_ask_for_its_execution(hub: Hub) -> None:
    """Its execution may still be about to end."""
    arn = hub.start()
    first = hub.prepare(arn=arn)
    assert hub.runs.end(first.run, hub.account.now)
    assert hub.prepare().run == hub.run != first.run


def test_a_run_whose_execution_is_forgotten_is_taken_over(hub: Hub) -> None:
    """Step Functions keeps executions for 90 days."""
    first = hub.prepare()
    forgotten = replace(first.run, execution_arn=f"{first.run.execution_arn}-forgotten")
    assert hub.runs.claim(forgotten, first.run)
    assert hub.prepare().run == hub.run


@pytest.mark.parametrize(
    ("age", "taken_over"),
    [
        (timedelta(0), False),
        (LONGEST_RUN, False),
        (LONGEST_RUN + timedelta(seconds=1), True),
    ],
)
def test_without_an_answer_only_a_run_that_must_have_ended_is_taken_over(
    hub: Hub, age: timedelta, *, taken_over: bool
) -> None:
    """Else the run is stopped: two at once could tell the same twice."""
    first = hub.prepare()
    hub.account.now += age
    with states_refused(hub):
        if taken_over:
            assert hub.prepare().run == hub.run != first.run
            return
        with pytest.raises(ExecutionUnknownError, match="AccessDenied") as raised:
            hub.prepare()
    assert first.run.execution_arn in str(raised.value)
    assert hub.run == first.run


class states_refused:  # noqa: N801  # used as `refused` is
    """Step Functions refuses to describe an execution."""

    def __init__(self, hub: Hub) -> None:
        """Use the hub's client."""
        self._events = hub.clients.states.meta.events

    def _refuse(self, **_: object) -> None:
        raise client_error("DescribeExecution", "AccessDenied")

    def __enter__(self) -> None:
        """Begin to refuse."""
        self._events.register("before-call.stepfunctions.DescribeExecution", self._refuse)

    def __exit__(self, *_: object) -> None:
        """Answer again."""
        self._events.unregister("before-call.stepfunctions.DescribeExecution", self._refuse)


def test_the_same_execution_goes_on_with_its_run(hub: Hub) -> None:
    """The machine tries the step again with the same execution."""
    arn = hub.start()
    first = hub.prepare(arn=arn)
    hub.after(0.01)
    hub.executions += 1
    second = hub.prepare(arn=arn)
    assert second.run == hub.run == replace(first.run, earlier_events=(first.run.event_id,))
    assert second.account_ids == first.account_ids


def test_two_executions_that_begin_at_once_prepare_one_run(hub: Hub) -> None:
    """The second one reads that there is no run, and loses the claim to the first one."""
    first: list[str] = []

    def begin() -> None:
        first.append(hub.prepare().run.execution_arn)

    with (
        interleaved(hub.account, "dynamodb.PutItem", begin),
        pytest.raises(RunInProgressError) as raised,
    ):
        hub.prepare()
    assert [raised.value.other_run_id] == first
    assert hub.organization.calls.count("DescribeOrganization") == 1
    assert hub.run
    assert hub.run.execution_arn == first[0]


def test_a_claim_whose_answer_was_lost_is_ours(hub: Hub) -> None:
    """Botocore tries again, and DynamoDB refuses the second try."""
    run = hub.prepare_whole().run
    claimed = replace(run, run_id="next", execution_arn="arn:next")
    assert hub.runs.claim(claimed, run)
    assert hub.runs.claim(claimed, run)
    other = replace(run, run_id="other", execution_arn="arn:other")
    assert not hub.runs.claim(other, run)


def test_a_run_that_is_over_is_not_ended_by_an_earlier_one(hub: Hub) -> None:
    first = hub.prepare().run
    hub.stop(first.execution_arn)
    second = hub.prepare().run
    assert not hub.runs.end(first, hub.account.now)
    assert hub.run == second
    assert hub.runs.end(second, hub.account.now)
    assert hub.run == replace(second, ended=hub.account.now)


@pytest.mark.parametrize("nth", [0, 1])
def test_a_claim_that_the_ledger_refuses_stops_the_run(hub: Hub, nth: int) -> None:
    with (
        refused(hub.account, "dynamodb.PutItem", nth=nth),
        pytest.raises(LedgerError, match="did not accept the run of the organization"),
    ):
        hub.prepare()
    assert hub.account.items("ACCOUNT") == []


def test_an_execution_is_under_way_until_step_functions_says_otherwise(hub: Hub) -> None:
    run = hub.prepare().run
    assert is_under_way(hub.clients.states, run, hub.account.now)
    hub.stop(run.execution_arn)
    assert not is_under_way(hub.clients.states, run, hub.account.now)


def test_a_prepared_run_whose_answer_was_lost_is_prepared_again(hub: Hub) -> None:
    arn = hub.start()
    with response_lost(hub.account, "dynamodb.PutItem", nth=0), pytest.raises(LedgerError):
        hub.prepare(arn=arn)
    assert hub.prepare(arn=arn).run == hub.run
