"""The order of the tests, what of them coverage traces, and how often Python collects garbage."""

import gc
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

TESTS = Path(__file__).parent
SLOWEST_FIRST = (
    "local/test_scenario.py",
    "local/test_wire_faults.py",
    "local/test_runbook.py",
    "simulation/test_histories.py",
    "local",
    "infra",
    "repository",
    "simulation",
    "aws",
    "cli",
    "fuzz",
    "bench",
    "unit",
)
"""With the slow files first, all workers end at about the same time."""
ONE_WORKER = ("infra",)
"""The files of each folder here share templates that take seconds to synthesise."""
MEASURED = (
    "aws/organisation",
    "aws/owner_mail",
    "aws/test_credential_report.py",
    "aws/test_handler.py",
    "aws/test_restored_ledger.py",
    "aws/test_stopped_runs.py",
    "cli",
    "infra",
    "simulation/test_regressions.py",
    "unit",
)
"""Measuring the coverage slows a test down: these reach the floor together."""

# Modules and models of AWS services are 200,000 objects that stay. To search them after every 700
# new ones took a tenth of the processor time of the tests. It is set before these are imported.
gc.set_threshold(100_000, 20, 50)


@dataclass
class _Tracing:
    """The trace functions of coverage, and in how many tests and fixtures they are in use.

    of_threads: that of coverage for new threads
    """

    function: Callable[..., Any] | None = None
    of_threads: Callable[..., Any] | None = None
    depth: int = 0


TRACING = _Tracing()


def pytest_collection_finish() -> None:
    """Never search what the imports created, and trace pytest itself no longer.

    The trace function of coverage slows each line down, also where it records nothing.
    """
    gc.freeze()
    TRACING.function, TRACING.of_threads = sys.gettrace(), threading.gettrace()
    _trace(None, None)


@contextmanager
def _traced(node: pytest.Item | pytest.Collector) -> Iterator[None]:
    if not TRACING.depth:
        TRACING.function = sys.gettrace() or TRACING.function  # after `no_cover` it is a new one
    outer = (sys.gettrace(), threading.gettrace()) if TRACING.depth else (None, None)
    TRACING.depth += 1
    measured = _is_measured(node)
    _trace(*((TRACING.function, TRACING.of_threads) if measured else (None, None)))
    try:
        yield
    finally:
        TRACING.depth -= 1
        _trace(*outer)


def _trace(function: Callable[..., Any] | None, of_threads: Callable[..., Any] | None) -> None:
    sys.settrace(function)
    threading.settrace(of_threads)


def _is_measured(node: pytest.Item | pytest.Collector) -> bool:
    """Leave out a test that repeats the lines of another one, by its marker or its parameters."""
    if node.get_closest_marker("no_cover"):
        return False
    of_session = not node.path.is_relative_to(TESTS)  # a fixture that several folders may share
    if not of_session and not any(map(node.path.relative_to(TESTS).is_relative_to, MEASURED)):
        return False
    callspec = getattr(node, "callspec", None)
    first = callspec is None or not any(callspec.indices.values())
    return first or "unit" in node.path.parts


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    """Trace a fixture."""
    with _traced(request.node):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Trace a test."""
    with _traced(pyfuncitem):
        return (yield)


class _Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.split("::", maxsplit=1)[0])
        return str(file.parent if file.parts[1] in ONE_WORKER else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _Scheduling | None:
    """Run the tests of one file, which may share an account, in one worker of xdist."""
    return _Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the folders, and the slowest files before them; the order is random otherwise."""
    items.sort(key=lambda item: _place(item.path.relative_to(TESTS)))


def _place(path: Path) -> int:
    name = path.as_posix()
    return SLOWEST_FIRST.index(name if name in SLOWEST_FIRST else path.parts[0])
