"""The state machine: its states, what it retries, and what it tells when a run stops."""

import json
from typing import Any

import pytest

from key_rotation import errors
from tests.infra.template import Template, render

_TRANSIENT = {
    "ErrorEquals": [
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
    ],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2,
    "JitterStrategy": "FULL",
}
_THROTTLED = {
    "ErrorEquals": ["Lambda.TooManyRequestsException"],
    "IntervalSeconds": 2,
    "MaxAttempts": 30,
    "MaxDelaySeconds": 60,
    "BackoffRate": 2,
    "JitterStrategy": "FULL",
}
_DIED = {
    "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
    "IntervalSeconds": 15,
    "MaxAttempts": 2,
    "BackoffRate": 2,
}
_NEVER = ["InvalidEventError", "InvalidSettingsError", "NoListenerError"]


@pytest.fixture(scope="module")
def definition(hub: Template) -> dict[str, Any]:
    text = render(hub.properties("AWS::StepFunctions::StateMachine")["DefinitionString"])
    written: dict[str, Any] = json.loads(text)
    return written


@pytest.fixture(scope="module")
def states(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the states of the run and those of one account, by name."""
    run: dict[str, dict[str, Any]] = definition["States"]
    account: dict[str, dict[str, Any]] = run["Accounts"]["ItemProcessor"]["States"]
    return run | account


def test_a_run_prepares_looks_at_the_accounts_and_tells(
    definition: dict[str, Any], states: dict[str, dict[str, Any]]
) -> None:
    assert definition["StartAt"] == "Prepare"
    assert states["Prepare"]["Next"] == "LeftToAnother"
    assert states["LeftToAnother"]["Default"] == "Accounts"
    assert states["Accounts"]["Next"] == "Digest"
    assert states["Digest"]["End"] is True


def test_a_run_ends_after_six_hours_at_most(definition: dict[str, Any]) -> None:
    assert definition["TimeoutSeconds"] == 6 * 3600


def test_it_is_a_standard_machine_without_a_fixed_name(hub: Template) -> None:
    """An Express one holds no Distributed Map, and may start twice."""
    machine = hub.properties("AWS::StepFunctions::StateMachine")
    assert machine.keys().isdisjoint({"StateMachineName", "StateMachineType"})


@pytest.mark.parametrize(
    ("state", "function", "payload"),
    [
        (
            "Prepare",
            "PrepareFunction0E0008CA",
            {"execution_arn.$": "$$.Execution.Id", "input.$": "$$.Execution.Input"},
        ),
        (
            "Account",
            "EnforcerFunction52B99202",
            {"account_id.$": "$.account_id", "run_id.$": "$.run_id"},
        ),
        (
            "AccountRemainder",
            "EnforcerFunction52B99202",
            {
                "account_id.$": "$.account_id",
                "run_id.$": "$.run_id",
                "remainder.$": "$.answer.Payload.remainder",
            },
        ),
        ("Digest", "DigestFunction7BDDFF27", {"run_id.$": "$.run_id", "mode.$": "$.mode"}),
        (
            "DigestOfBrokenRun",
            "DigestFunction7BDDFF27",
            {"run_id.$": "$.run_id", "mode.$": "$.mode", "broken_off.$": "$.broken_off"},
        ),
        (
            "DigestOfStoppedRun",
            "DigestFunction7BDDFF27",
            {"execution_arn.$": "$$.Execution.Id", "stopped.$": "$"},
        ),
    ],
)
def test_a_state_invokes_a_function_with_exactly_this_event(
    states: dict[str, dict[str, Any]], state: str, function: str, payload: dict[str, str]
) -> None:
    task = states[state]
    assert task["Resource"] == "arn:${AWS::Partition}:states:::lambda:invoke"
    assert task["Parameters"] == {"FunctionName": f"${{{function}.Arn}}", "Payload": payload}


def test_no_other_state_invokes_anything(states: dict[str, dict[str, Any]]) -> None:
    assert {name for name, state in states.items() if state["Type"] == "Task"} == {
        "Prepare",
        "Account",
        "AccountRemainder",
        "Digest",
        "DigestOfBrokenRun",
        "DigestOfStoppedRun",
    }


def test_the_answer_of_a_run_is_that_of_the_digest_or_of_prepare_if_another_run_is_going_on(
    states: dict[str, dict[str, Any]],
) -> None:
    assert states["Prepare"]["OutputPath"] == states["Digest"]["OutputPath"] == "$.Payload"
    (left,) = states["LeftToAnother"]["Choices"]
    assert left == {"Variable": "$.left_to", "IsPresent": True, "Next": "Left"}
    assert states["Left"]["Type"] == "Succeed"
    assert states["Left"].keys().isdisjoint({"InputPath", "OutputPath"})


def test_each_account_is_an_execution_of_its_own_and_a_failed_one_stops_no_other(
    states: dict[str, dict[str, Any]],
) -> None:
    accounts = states["Accounts"]
    config = accounts["ItemProcessor"]["ProcessorConfig"]
    assert config == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert accounts["ToleratedFailurePercentage"] == 100
    assert accounts["MaxConcurrency"] == 7
    assert accounts["ItemsPath"] == "$.accounts"
    assert accounts["ItemSelector"] == {
        "account_id.$": "$$.Map.Item.Value",
        "run_id.$": "$.run_id",
    }


def test_the_results_of_the_accounts_are_dropped_since_a_state_has_room_for_256_kib(
    states: dict[str, dict[str, Any]],
) -> None:
    assert states["Accounts"]["ResultPath"] is None
    assert "ResultWriter" not in states["Accounts"]
    assert states["LookedAt"] == {"Type": "Succeed", "OutputPath": None}


def test_an_account_is_looked_at_again_as_long_as_the_answer_has_a_remainder(
    states: dict[str, dict[str, Any]],
) -> None:
    for name in ("Account", "AccountRemainder"):
        state = states[name]
        assert state["Next"] == "UsersRemain"
        assert state["ResultPath"] == "$.answer"
        assert state["ResultSelector"] == {"Payload.$": "$.Payload"}
    (again,) = states["UsersRemain"]["Choices"]
    assert again == {
        "Variable": "$.answer.Payload.remainder",
        "IsPresent": True,
        "Next": "AccountRemainder",
    }
    assert states["UsersRemain"]["Default"] == "LookedAt"


def test_errors_of_lambda_are_retried_with_jitter_and_all_others_twice_after_the_lease(
    states: dict[str, dict[str, Any]],
) -> None:
    for name in ("Digest", "DigestOfBrokenRun", "DigestOfStoppedRun"):
        assert states[name]["Retry"] == [_TRANSIENT, _THROTTLED, _DIED]


def test_an_account_that_another_run_has_is_tried_every_minute_for_twenty_minutes(
    states: dict[str, dict[str, Any]],
) -> None:
    for name in ("Account", "AccountRemainder"):
        first, *others = states[name]["Retry"]
        assert first == {
            "ErrorEquals": ["RunInProgressError"],
            "IntervalSeconds": 60,
            "MaxAttempts": 20,
            "BackoffRate": 1,
        }
        assert others == [_TRANSIENT, _THROTTLED, _DIED]


def test_prepare_is_not_retried_where_the_same_input_fails_again(
    states: dict[str, dict[str, Any]],
) -> None:
    first, *others = states["Prepare"]["Retry"]
    assert (first["ErrorEquals"], first["MaxAttempts"]) == (_NEVER, 0)
    assert others == [_TRANSIENT, _THROTTLED, _DIED]


@pytest.mark.parametrize("name", [*_NEVER, "RunInProgressError"])
def test_the_errors_that_the_machine_names_are_those_that_the_functions_raise(name: str) -> None:
    assert hasattr(errors, name)


def test_a_task_waits_longer_than_its_function_can_take(
    states: dict[str, dict[str, Any]],
) -> None:
    waits = {state["TimeoutSeconds"] for state in states.values() if state["Type"] == "Task"}
    assert waits == {16 * 60}


@pytest.mark.parametrize(
    ("state", "path", "tells", "ends"),
    [
        ("Prepare", None, "DigestOfStoppedRun", "Stopped"),
        ("Accounts", "$.broken_off", "DigestOfBrokenRun", "BrokenOff"),
    ],
)
def test_what_stops_a_run_is_told_and_the_execution_then_fails_with_that_error(
    states: dict[str, dict[str, Any]], state: str, path: str | None, tells: str, ends: str
) -> None:
    (caught,) = states[state]["Catch"]
    assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], tells)
    assert caught.get("ResultPath") == path  # None: the error takes the place of the input
    assert states[tells]["ResultPath"] is None
    assert states[tells]["Next"] == ends
    at = path or "$"
    assert states[ends] == {
        "Type": "Fail",
        "ErrorPath": f"{at}.Error",
        "CausePath": f"{at}.Cause",
    }


def test_every_state_is_logged_and_traced(hub: Template) -> None:
    machine = hub.properties("AWS::StepFunctions::StateMachine")
    log = {"LogGroupArn": {"Fn::GetAtt": ["RunLog9E0A2CAB", "Arn"]}}
    assert machine["LoggingConfiguration"] == {
        "Destinations": [{"CloudWatchLogsLogGroup": log}],
        "IncludeExecutionData": False,
        "Level": "ALL",
    }
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_the_machine_is_created_after_the_policy_that_lets_it_log(hub: Template) -> None:
    assert "RunPolicy2AB72915" in hub.resource("AWS::StepFunctions::StateMachine")["DependsOn"]


def test_the_schedule_starts_the_machine_with_the_scheduled_time_after_all_its_permissions(
    hub: Template,
) -> None:
    schedule = hub.resource("AWS::Scheduler::Schedule")
    target = schedule["Properties"]["Target"]
    queue = {"Fn::GetAtt": [hub.logical_id("AWS::SQS::Queue"), "Arn"]}
    assert target["Arn"] == {"Ref": hub.logical_id("AWS::StepFunctions::StateMachine")}
    assert json.loads(target["Input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}
    assert target["DeadLetterConfig"] == {"Arn": queue}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 3 * 3600
    assert {"RunChildrenC9691098", "RunSeeExecutions480C1D8E"} < set(schedule["DependsOn"])
