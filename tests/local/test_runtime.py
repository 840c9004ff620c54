"""A bundle runs by itself under AWS's runtime client, or it is said what is missing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.emulator.runtime import ExecutionEnvironment, Function

NOW = datetime(2027, 1, 1, tzinfo=UTC)
CODE = """
import datetime, os, sys
calls = []
def handler(event, context):
    calls.append(event)
    if event == "end":
        os._exit(3)
    return {
        "now": datetime.datetime.now(datetime.UTC).isoformat(),
        "calls": len(calls),
        "left": context.get_remaining_time_in_millis(),
        "arn": context.invoked_function_arn,
        "variables": dict(os.environ),
    }
"""


@contextmanager
def running(
    code: Path, handler: str = "app.handler", now: datetime = NOW
) -> Iterator[ExecutionEnvironment]:
    """Run a bundle for the length of a block."""
    function = Function(
        arn="arn:aws:lambda:eu-west-1:000000000000:function:f",
        code=code,
        handler=handler,
        timeout=timedelta(seconds=5),
        reserved_variables={"AWS_REGION": "eu-west-1"},
        variables={"COLOUR": "red"},
    )
    environment = ExecutionEnvironment(function, now=lambda: now)
    try:
        yield environment
    finally:
        environment.close()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Write a bundle of one module."""
    (tmp_path / "app.py").write_text(CODE)
    return tmp_path


def _error_type(environment: ExecutionEnvironment) -> object:
    outcome = environment.invoke({})
    assert outcome.failed
    return outcome.payload["errorType"]


def test_the_handler_lives_by_the_given_clock_and_timeout(code: Path) -> None:
    with running(code) as environment:
        told = environment.invoke({}).payload
    assert datetime.fromisoformat(told["now"]) - NOW < timedelta(seconds=1)
    assert 4000 < told["left"] <= 5000
    assert told["arn"].endswith(":function:f")


def test_a_warm_process_is_used_again(code: Path) -> None:
    with running(code) as environment:
        assert [environment.invoke({}).payload["calls"] for _ in range(2)] == [1, 2]


def test_nothing_of_this_process_leaks_into_the_functions_variables(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAK", "yes")
    with running(code) as environment:
        variables = environment.invoke({}).payload["variables"]
    assert "LEAK" not in variables
    assert not [name for name in variables if name.startswith("LOCAL_")]
    assert variables["COLOUR"] == "red"


def test_a_process_that_ends_itself_is_an_error(code: Path) -> None:
    with running(code) as environment:
        outcome = environment.invoke("end")
    assert outcome.payload["errorType"] == "Runtime.ExitError"
    assert not environment.alive


def test_a_wrong_handler_name_is_an_error(code: Path) -> None:
    with running(code, "app.nothing") as environment:
        assert _error_type(environment) == "Runtime.HandlerNotFound"


def test_a_missing_module_is_an_error(code: Path) -> None:
    with running(code, "nothing.handler") as environment:
        assert _error_type(environment) == "Runtime.ImportModuleError"


def test_a_package_that_only_the_developers_have_is_missing(code: Path) -> None:
    (code / "app.py").write_text("import moto")
    with running(code) as environment:
        assert _error_type(environment) == "Runtime.ImportModuleError"


def test_the_products_bundle_imports_by_itself(synthesised: Path) -> None:
    function = _product(synthesised)
    (code,) = synthesised.glob("asset.*/")
    with running(code, function["Handler"]) as environment:
        outcome = environment.invoke({})
    # It has no variables here, and so it fails; but in its own words, after it was imported.
    assert not str(outcome.payload.get("errorType", "")).startswith("Runtime.")


def _product(synthesised: Path) -> dict[str, Any]:
    template = json.loads((synthesised / "KeyRotation.template.json").read_text())
    (function,) = [
        each["Properties"]
        for each in template["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function"
    ]
    return dict(function)
