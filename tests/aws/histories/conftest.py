"""Prints at the end how many histories were run."""

import pytest

from tests.aws.histories.state_machine import STATISTICS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line."""
    if STATISTICS.histories:
        terminalreporter.write_line(f"histories: {STATISTICS}")
