"""State machines run as on AWS: by schedules, with their roles, within the limit of payloads."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from local.emulator.account import LocalAccount
from local.emulator.records import Cause
from tests.local.emulator.conftest import denied

ROLE = "machine"
ITEMS = [{"item": 1}, {"item": 2}]


@pytest.fixture
def role(account: LocalAccount) -> str:
    """Return a role that is allowed everything."""
    iam = account.client("iam")
    names = [each["RoleName"] for each in iam.list_roles()["Roles"]]
    if ROLE not in names:
        trust = _document(
            Principal={"Service": ["states.amazonaws.com", "scheduler.amazonaws.com"]},
            Action="sts:AssumeRole",
        )
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
        iam.put_role_policy(
            RoleName=ROLE, PolicyName="All", PolicyDocument=_document(Action="*", Resource="*")
        )
    return iam.get_role(RoleName=ROLE)["Role"]["Arn"]


def _document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@contextmanager
def _machine(account: LocalAccount, role: str, state: dict[str, Any]) -> Iterator[str]:
    """Create a state machine during the block: a state, and one for its errors."""
    client = account.client("stepfunctions")
    states = {"First": {**state, "End": True}, "Caught": {"Type": "Fail", "Error": "Caught"}}
    definition = {"StartAt": "First", "States": states}
    arn = client.create_state_machine(
        name="sample", roleArn=role, definition=json.dumps(definition)
    )["stateMachineArn"]
    try:
        yield arn
    finally:
        client.delete_state_machine(stateMachineArn=arn)


def _task(function: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
    }


def _distributed_map(function: str) -> dict[str, Any]:
    return {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Task",
            "States": {"Task": {**_task(function), "End": True}},
        },
    }


def _run(account: LocalAccount, machine: str, given: object) -> tuple[str, str]:
    """Run a state machine, and return its status and its error."""
    client = account.client("stepfunctions")
    started = client.start_execution(stateMachineArn=machine, input=json.dumps(given))
    while True:
        found = client.describe_execution(executionArn=started["executionArn"])
        if found["status"] != "RUNNING":
            return found["status"], found.get("error", "")
        time.sleep(0.05)


def test_a_schedule_runs_a_state_machine(
    account: LocalAccount, outputs: dict[str, str], role: str
) -> None:
    before = len(account.invocations())
    with (
        _machine(account, role, _task(outputs["FunctionArn"])) as machine,
        _schedule(account, machine, role),
    ):
        account.move_clock(to=account.now + timedelta(days=1))
    runs = [each for each in account.invocations()[before:] if "machine" in each.payload]
    assert [(each.payload["machine"][11:], each.cause) for each in runs] == [
        ("12:30:00Z", Cause.SCHEDULE)
    ]


def test_a_schedule_whose_role_is_denied_runs_no_state_machine(
    account: LocalAccount, outputs: dict[str, str], role: str
) -> None:
    with (
        _machine(account, role, _task(outputs["FunctionArn"])) as machine,
        _schedule(account, machine, role),
        denied(account, ROLE, "states:StartExecution"),
    ):
        account.move_clock(to=account.now + timedelta(days=1))
        executions = account.client("stepfunctions").list_executions(stateMachineArn=machine)
    assert executions["executions"] == []


@contextmanager
def _schedule(account: LocalAccount, target: str, role: str) -> Iterator[None]:
    """Create a schedule during the block. Its event contains the due time."""
    scheduler = account.client("scheduler")
    payload = json.dumps({"machine": "<aws.scheduler.scheduled-time>"})
    scheduler.create_schedule(
        Name="machine",
        ScheduleExpression="cron(30 12 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": target, "RoleArn": role, "Input": payload},
    )
    try:
        yield
    finally:
        scheduler.delete_schedule(Name="machine")


def test_a_task_needs_permission_to_invoke_its_function(
    account: LocalAccount, outputs: dict[str, str], role: str
) -> None:
    with _machine(account, role, _task(outputs["FunctionArn"])) as machine:
        assert _run(account, machine, {}) == ("SUCCEEDED", "")
        with denied(account, ROLE, "lambda:InvokeFunction"):
            assert _run(account, machine, {}) == ("FAILED", "Lambda.AWSLambdaException")


def test_a_task_can_catch_the_denial(
    account: LocalAccount, outputs: dict[str, str], role: str
) -> None:
    catch = {"ErrorEquals": ["Lambda.AWSLambdaException"], "Next": "Caught"}
    with (
        _machine(account, role, {**_task(outputs["FunctionArn"]), "Catch": [catch]}) as machine,
        denied(account, ROLE, "lambda:InvokeFunction"),
    ):
        assert _run(account, machine, {}) == ("FAILED", "Caught")


def test_a_task_whose_function_does_not_exist_fails(account: LocalAccount, role: str) -> None:
    with _machine(account, role, _task("missing")) as machine:
        assert _run(account, machine, {}) == ("FAILED", "Lambda.ResourceNotFoundException")


def test_a_distributed_map_needs_permission_to_start_its_own_state_machine(
    account: LocalAccount, outputs: dict[str, str], role: str
) -> None:
    with _machine(account, role, _distributed_map(outputs["FunctionArn"])) as machine:
        assert _run(account, machine, ITEMS) == ("SUCCEEDED", "")
        with denied(account, ROLE, "states:StartExecution"):
            assert _run(account, machine, ITEMS) == ("FAILED", "States.Runtime")


def test_the_tasks_of_a_distributed_map_need_permission_too(
    account: LocalAccount, outputs: dict[str, str], role: str
) -> None:
    with (
        _machine(account, role, _distributed_map(outputs["FunctionArn"])) as machine,
        denied(account, ROLE, "lambda:InvokeFunction"),
    ):
        expected = ("FAILED", "States.ExceedToleratedFailureThreshold")
        assert _run(account, machine, ITEMS) == expected


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        (256 * 1024 - 2, ("SUCCEEDED", "")),
        (256 * 1024 - 1, ("FAILED", "States.DataLimitExceeded")),
    ],
)
def test_a_state_returns_256_kib_at_most(
    account: LocalAccount, role: str, characters: int, expected: tuple[str, str]
) -> None:
    state = {"Type": "Pass", "Result": "x" * characters}
    with _machine(account, role, state) as machine:
        assert _run(account, machine, {}) == expected
