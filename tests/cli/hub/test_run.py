"""`run` in a hub: an execution of the state machine, to its end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore import handlers

from tests.cli.deployed_hub import FIRST, SECOND, DeployedHub
from tests.cli.faults import refused
from tests.cli.terminal import key_rotation

ANSWER = {
    "run_id": "run-2",
    "mode": "enforce",
    "accounts": 3,
    "looked_at": 3,
    "left_out": 1,
    "not_looked_at": [],
    "left": [],
    "messages": 1,
    "noticed": 4,
    "deactivated": 2,
    "deleted": 0,
}
DENIED = {"account_id": SECOND, "name": "second", "reason": "AssumeRole: AccessDenied"}


@pytest.fixture(autouse=True)
def _looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("key_rotation_cli.operate.execution.POLL_INTERVAL", 0)


@contextmanager
def answering(*ends: dict[str, Any]) -> Iterator[list[Any]]:
    """Let each look at the execution find the next of these; yields the inputs of executions."""
    inputs: list[Any] = []
    left = list(ends)
    http = type("Http", (), {"status_code": 200})()

    def describe(**_: Any) -> tuple[Any, dict[str, Any]]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return http, {"ResponseMetadata": {}, **found}

    def start(params: dict[str, Any], **_: Any) -> None:
        inputs.append(json.loads(json.loads(params["body"])["input"]))

    added = [
        ("before-call.sfn.DescribeExecution", describe),
        ("before-call.sfn.StartExecution", start),
    ]
    handlers.BUILTIN_HANDLERS.extend(added)
    try:
        yield inputs
    finally:
        for each in added:
            handlers.BUILTIN_HANDLERS.remove(each)


def succeeded(**fields: Any) -> dict[str, Any]:
    return {"status": "SUCCEEDED", "output": json.dumps(ANSWER | fields)}


def test_an_execution_is_followed_to_its_end_and_its_answer_shown(hub: DeployedHub) -> None:
    with answering({"status": "RUNNING"}, {"status": "RUNNING"}, succeeded()) as inputs:
        finished = key_rotation("run", "--yes")
    assert finished.exit_code == 0, finished.stderr
    assert inputs == [{}]
    assert "Run run-2: 3 of 3 accounts looked at." in finished.stdout
    assert "2 deactivated, 4 notices." in finished.stdout
    command = f"aws stepfunctions start-execution --state-machine-arn {hub.hub.machine}"
    assert command in finished.stderr


def test_named_accounts_and_report_mode_are_asked_for(hub: DeployedHub) -> None:
    del hub
    with answering(succeeded(mode="report")) as inputs:
        finished = key_rotation(
            "run", "--report", "--account", FIRST, "--account", SECOND, "--json"
        )
    assert (finished.exit_code, finished.document["run_id"]) == (0, "run-2")
    assert inputs == [{"accounts": [FIRST, SECOND], "mode": "report"}]


def test_an_account_that_could_not_be_looked_at_is_named(hub: DeployedHub) -> None:
    del hub
    with answering(succeeded(looked_at=2, not_looked_at=[DENIED])):
        finished = key_rotation("run", "--yes")
    assert finished.exit_code == 1
    assert f"not looked at: {SECOND} second: AssumeRole: AccessDenied" in finished.stdout
    assert "1 account could not be looked at." in finished.stderr


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (
            {"status": "FAILED", "error": "NoListenerError", "cause": "nobody"},
            "The run ended as FAILED: NoListenerError: nobody",
        ),
        ({"status": "ABORTED"}, "The run ended as ABORTED: no cause given"),
        ({"status": "TIMED_OUT", "error": "States.Timeout"}, "TIMED_OUT: States.Timeout"),
        ({"status": "SUCCEEDED", "output": "[]"}, "The answer of the run cannot be read ('[]')"),
        (
            {
                "status": "SUCCEEDED",
                "output": json.dumps(
                    {"run_id": None, "mode": None, "accounts": [], "left_to": "arn:other"}
                ),
            },
            "Another run is in progress (arn:other), so this one did nothing.",
        ),
        (
            {
                "status": "SUCCEEDED",
                "output": json.dumps({"run_id": "run-1", "left_to": "arn:other"}),
            },
            "Another run took over (arn:other)",
        ),
    ],
)
def test_an_execution_that_did_not_do_its_work_is_told(
    hub: DeployedHub, end: dict[str, Any], text: str
) -> None:
    del hub
    with answering(end):
        finished = key_rotation("run", "--yes")
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert text in finished.stderr


def test_no_answer_starts_nothing(hub: DeployedHub) -> None:
    del hub
    with answering(succeeded()) as inputs:
        assert key_rotation("run", answer="n\n").exit_code == 1
    assert inputs == []


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("111122223334", "No run has found an account 111122223334"),
        (FIRST, "it is left out (audit). No run was started."),
    ],
)
def test_an_account_that_no_run_looks_at_starts_nothing(
    hub: DeployedHub, named: str, text: str
) -> None:
    hub.put(**{"organisation/leave_out": f"{FIRST} # audit"})
    with answering(succeeded()) as inputs:
        finished = key_rotation("run", "--yes", "--account", named)
    assert (finished.exit_code, inputs) == (1, [])
    assert text in finished.stderr


def test_where_step_functions_refuses_no_run_was_started(hub: DeployedHub) -> None:
    del hub
    with refused("sfn.StartExecution"):
        finished = key_rotation("run", "--yes")
    assert finished.exit_code == 1
    assert "Access denied: states:StartExecution. No run was started." in finished.stderr


def test_an_interrupt_says_that_the_run_goes_on(hub: DeployedHub) -> None:
    del hub

    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    handlers.BUILTIN_HANDLERS.append(("before-call.sfn.DescribeExecution", interrupt))
    try:
        finished = key_rotation("run", "--yes")
    finally:
        handlers.BUILTIN_HANDLERS.pop()
    assert finished.exit_code == 1
    assert "The run goes on without this command" in finished.stderr
    assert "aws stepfunctions describe-execution --execution-arn" in finished.stderr


@pytest.mark.usefixtures("deployed")
def test_a_deployment_for_one_account_runs_no_other() -> None:
    finished = key_rotation("run", "--yes", "--account", FIRST)
    assert finished.exit_code == 2
    assert "alone" in finished.stderr
