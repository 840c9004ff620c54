"""Output on the terminal: steps with their durations, and colours."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

WIDTH = 100


class Style(StrEnum):
    """ANSI codes of the text styles."""

    PLAIN = ""
    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    BLUE = "34"
    MAGENTA = "35"


def styled(text: str, style: Style) -> str:
    """Style a text, unless stdout is no terminal or NO_COLOR is set (https://no-color.org)."""
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if plain or not style else f"\033[{style}m{text}\033[0m"


def print_line(text: str = "", style: Style = Style.PLAIN) -> None:
    """Print a line, and flush it."""
    print(styled(text, style), flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print a step, and its duration when the block ends."""
    print(f"  {what:<52}", end="", flush=True)
    since = time.monotonic()
    yield
    print_line(f"{time.monotonic() - since:5.1f} s", Style.DIM)
