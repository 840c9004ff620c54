"""Where a bench writes, and what it says of itself."""

import logging
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import ROOT
from bench.report_page import Context

FOLDER = ROOT / "docs" / "bench"
QUICK_FOLDER = ROOT / ".bench" / "quick"
NOT_MEASURED = "(not measured)"
log = logging.getLogger("bench")


def measured_context(command: str, start: float, *, custodian: str) -> Context:
    """Return when and where a bench ran that began at `start`, by `time.monotonic`."""
    python = f"Python {platform.python_version()}"
    return Context(
        command=command,
        day=datetime.now(UTC).date(),
        machine=f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, {python}",
        seconds=time.monotonic() - start,
        custodian=custodian,
    )


def load() -> str:
    """Return how many processes wanted a processor in the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def write(file: Path, text: str) -> None:
    """Write a file of the repository, and log its name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    log.info("wrote %s", file.relative_to(ROOT))
