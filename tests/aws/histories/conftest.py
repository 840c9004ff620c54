"""Says at the end how many histories were told."""

import pytest

from tests.aws.histories.state_machine import TALLY


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line."""
    if TALLY.histories:
        terminalreporter.write_line(f"histories: {TALLY}")
