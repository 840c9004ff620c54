"""`key-rotation run`, where Lambda refuses, or answers what it should not."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore import handlers

from tests.aws.aws_account import AwsAccount
from tests.cli.faults import refused
from tests.cli.terminal import key_rotation

RUN = ("run", "--yes")


@contextmanager
def answering(payload: bytes, **answer: Any) -> Iterator[None]:
    """Make Lambda answer each invocation of the command."""
    http = type("Http", (), {"status_code": 200})()
    document = {"Payload": io.BytesIO(payload), "ResponseMetadata": {}, **answer}
    handler = ("before-call.lambda.Invoke", lambda **_: (http, document))
    handlers.BUILTIN_HANDLERS.append(handler)
    try:
        yield
    finally:
        handlers.BUILTIN_HANDLERS.remove(handler)


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("AccessDeniedException", "Access denied: lambda:InvokeFunction. No run was started."),
        ("TooManyRequestsException", "reserved concurrency 0, or is a run in progress? No run was"),
    ],
)
def test_where_lambda_refuses_it_says_that_no_run_was_started(code: str, text: str) -> None:
    with refused("lambda.Invoke", code):
        finished = key_rotation(*RUN)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert text in finished.stderr


@pytest.mark.usefixtures("deployed")
def test_where_the_answer_is_lost_it_says_that_a_run_may_have_started() -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    handlers.BUILTIN_HANDLERS.append(("before-call.lambda.Invoke", interrupt))
    try:
        finished = key_rotation(*RUN)
    finally:
        handlers.BUILTIN_HANDLERS.pop()
    assert finished.exit_code == 1
    assert "Interrupted. A run may have started" in finished.stderr


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    ("payload", "error", "text"),
    [
        (b"", None, "The answer of the run cannot be read ('')"),
        (b"[1]", None, "The answer of the run cannot be read ('[1]')"),
        (
            b'{"errorMessage": "run Task timed out", "errorType": "Sandbox.Timedout"}',
            "Unhandled",
            "The run was stopped: Sandbox.Timedout: run Task timed out",
        ),
        (b'{"errorMessage": "exited"}', "Unhandled", "The run was stopped: exited\n"),
    ],
)
def test_what_the_function_answers_is_shown_in_one_line(
    payload: bytes, error: str | None, text: str
) -> None:
    with answering(payload, **({"FunctionError": error} if error else {})):
        finished = key_rotation(*RUN)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert text in finished.stderr


def test_the_equivalent_command_waits_as_long_as_a_run_may_take(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("alice", age=400)
    finished = key_rotation("run", answer="n\n")
    assert "--cli-read-timeout 960 answer.json" in finished.stderr
    assert deployed.status(key_id) == "Active"
