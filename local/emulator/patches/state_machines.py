"""Step Functions: the role of a state machine, and the size of what its states pass on."""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from local.emulator.ministack_internals import (
    MinistackValue,
    UnknownResourceError,
    function_record,
    is_role_allowed,
    private_name,
)
from local.emulator.patches.monkeypatch import replace

_MODULE = "services.stepfunctions"
_LARGEST_PAYLOAD = 256 * 1024  # bytes
_STATES = ("_execute_pass", "_execute_task", "_execute_parallel", "_execute_map")
# Runs a state: its definition, its input and more; returns its output and the next state.
RunState = Callable[..., tuple[Any, Any]]


def authorize_tasks() -> None:
    """Authorize the role of a state machine for the functions that its tasks invoke.

    ministack invokes them in nobody's name. On AWS, a task fails if the role of the state machine
    is not allowed `lambda:InvokeFunction`.
    """
    running: ContextVar[Mapping[str, Any]] = ContextVar("running")

    def remember(original: RunState) -> RunState:
        def run(
            state: Mapping[str, Any],
            given: MinistackValue,
            execution: Mapping[str, Any],
            context: MinistackValue,
        ) -> tuple[Any, Any]:
            running.set(execution)  # each execution has a thread of its own
            return original(state, given, execution, context)

        return run

    def authorize(original: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
        def invoke(resource: str, given: MinistackValue) -> MinistackValue:
            is_function = resource.startswith("arn:aws:states:::lambda:invoke")
            if is_function and (arn := _function_arn(given["FunctionName"])):
                code = "Lambda.AWSLambdaException"
                _require(running.get(), "lambda:InvokeFunction", arn, code)
            return original(resource, given)

        return invoke

    replace(_MODULE, "_execute_task", remember)
    replace(_MODULE, "_invoke_resource", authorize)


def _function_arn(name_or_arn: str) -> str:
    """Return the ARN of a function; "" if it does not exist, which ministack reports itself."""
    try:
        return str(function_record(name_or_arn)["config"]["FunctionArn"])
    except UnknownResourceError:
        return ""


def authorize_distributed_maps() -> None:
    """Authorize the role of a state machine for the executions that a distributed map starts.

    ministack starts them in nobody's name. On AWS, each item is an execution of the same state
    machine, and its role needs `states:StartExecution` on itself (Step Functions Developer Guide,
    IAM policies for Distributed Map). The code of the error is assumed, not verified.
    """

    def make(original: RunState) -> RunState:
        def run(*arguments: MinistackValue) -> tuple[Any, Any]:
            _state, _given, _effective, _iterator, execution, _context = arguments
            arn = _machine_arn(execution)
            _require(execution, "states:StartExecution", arn, "States.Runtime")
            return original(*arguments)

        return run

    replace(_MODULE, "_run_distributed_map", make)


def _require(execution: Mapping[str, Any], action: str, resource: str, code: str) -> None:
    """Fail the execution with an error unless its role is allowed an action."""
    role = private_name(_MODULE, "_state_machines")[_machine_arn(execution)]["roleArn"]
    if not is_role_allowed(role, action, resource):
        text = f"{role} is not authorized to perform: {action} on resource: {resource}"
        raise private_name(_MODULE, "_ExecutionError")(code, text)


def _machine_arn(execution: Mapping[str, Any]) -> str:
    """Return the ARN of a state machine; that of a map's execution has a label after a slash."""
    arn: str = execution["stateMachineArn"]
    return arn.partition("/")[0]


def limit_payloads() -> None:
    """Fail an execution one of whose states returns more than 256 KiB.

    ministack passes any size on. AWS limits the input and the output of a state, a task and an
    execution to 256 KiB (Step Functions Developer Guide, Quotas). A state that returns the results
    of a thousand accounts fails there.
    """

    def make(original: RunState) -> RunState:
        def run(*arguments: MinistackValue) -> tuple[Any, Any]:
            output, following = original(*arguments)
            if len(json.dumps(output).encode()) > _LARGEST_PAYLOAD:
                text = (
                    "The state/task returned a result with a size exceeding the maximum number of "
                    "bytes service limit."
                )
                raise private_name(_MODULE, "_ExecutionError")("States.DataLimitExceeded", text)
            return output, following

        return run

    for name in _STATES:
        replace(_MODULE, name, make)
