"""Accounts in moto to compare the fakes with, and how many histories were run."""

import pytest

from tests.aws.conftest import account, accounts  # noqa: F401  # fixtures
from tests.simulation.state_machine import STATISTICS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line."""
    if STATISTICS.histories:
        terminalreporter.write_line(f"histories: {STATISTICS}")
