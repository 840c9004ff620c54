"""The order of the tests in one run of pytest, and how often Python collects garbage."""

import gc
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SLOWEST_FIRST = (
    "local/test_wire_faults.py",
    "local/test_runbook.py",
    "simulation/test_histories.py",
    "local",
    "repository",
    "simulation",
    "aws",
    "cli",
    "fuzz",
    "infra",
    "bench",
    "unit",
)
"""With the slow files first, all workers end at about the same time."""

# Modules and models of AWS services are 200,000 objects that stay. To search them after every 700
# new ones took a tenth of the processor time of the tests. It is set before these are imported.
gc.set_threshold(100_000, 20, 50)


def pytest_collection_finish() -> None:
    """Never search what the imports created."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the folders, and the slowest files before them; the order is random otherwise."""
    items.sort(key=lambda item: _place(item.path.relative_to(TESTS)))


def _place(path: Path) -> int:
    name = path.as_posix()
    return SLOWEST_FIRST.index(name if name in SLOWEST_FIRST else path.parts[0])
