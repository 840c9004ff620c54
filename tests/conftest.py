"""The order of the tests in one run of pytest."""

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
    "unit",
)
"""With the slow files first, all workers end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the folders, and the slowest files before them; the order is random otherwise."""
    items.sort(key=lambda item: _place(item.path.relative_to(TESTS)))


def _place(path: Path) -> int:
    name = path.as_posix()
    return SLOWEST_FIRST.index(name if name in SLOWEST_FIRST else path.parts[0])
