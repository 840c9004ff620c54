"""The order of the folders in one run of pytest."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SLOWEST_FIRST = ("local", "repository", "aws", "simulation", "fuzz", "infra", "unit")
"""With the slow files first, all workers end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the folders; within one, the order stays random."""
    items.sort(key=lambda item: SLOWEST_FIRST.index(item.path.relative_to(TESTS).parts[0]))
