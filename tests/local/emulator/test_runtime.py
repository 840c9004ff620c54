"""A bundle runs under AWS's runtime client without the packages of this project."""

import json
import shutil
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
    """Run a bundle during the block."""
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


def test_the_handler_has_the_given_time_and_timeout(code: Path) -> None:
    with running(code) as environment:
        reported = environment.invoke({}).payload
    assert datetime.fromisoformat(reported["now"]) - NOW < timedelta(seconds=1)
    assert 4000 < reported["left"] <= 5000
    assert reported["arn"].endswith(":function:f")


def test_a_warm_process_is_reused(code: Path) -> None:
    with running(code) as environment:
        assert [environment.invoke({}).payload["calls"] for _ in range(2)] == [1, 2]


def test_the_function_inherits_no_variables(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAK", "yes")
    with running(code) as environment:
        variables = environment.invoke({}).payload["variables"]
    assert "LEAK" not in variables
    assert not [name for name in variables if name.startswith("LOCAL_")]
    assert variables["COLOUR"] == "red"


def test_a_process_that_exits_is_an_error(code: Path) -> None:
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


def test_a_development_package_is_missing(code: Path) -> None:
    (code / "app.py").write_text("import moto")
    with running(code) as environment:
        assert _error_type(environment) == "Runtime.ImportModuleError"


def test_the_bundle_of_the_product_contains_all_its_imports(
    synthesised: Path, tmp_path: Path
) -> None:
    function = _product(synthesised)
    (asset,) = synthesised.glob("asset.*/")
    code = shutil.copytree(asset, tmp_path / "code")  # Python writes its bytecode there
    with running(code, function["Handler"]) as environment:
        outcome = environment.invoke({})
    # It fails because its variables are not set, but only after all imports.
    assert not str(outcome.payload.get("errorType", "")).startswith("Runtime.")


def _product(synthesised: Path) -> dict[str, Any]:
    template = json.loads((synthesised / "KeyRotation.template.json").read_text())
    (function,) = [
        each["Properties"]
        for each in template["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function"
    ]
    return dict(function)
