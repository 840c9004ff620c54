"""What a person sees at the terminal: steps with their durations, and a little colour."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

WIDTH = 100


class Style(StrEnum):
    """The colours, as a terminal is told of them."""

    PLAIN = ""
    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    BLUE = "34"
    MAGENTA = "35"


def styled(text: str, style: Style) -> str:
    """Colour a text, where somebody looks and has not asked for none (https://no-color.org)."""
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if plain or not style else f"\033[{style}m{text}\033[0m"


def print_line(text: str = "", style: Style = Style.PLAIN) -> None:
    """Print a line at once, even into a pipe."""
    print(styled(text, style), flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tell what is being done, and when it is done how long it took."""
    print(f"  {what:<52}", end="", flush=True)
    since = time.monotonic()
    yield
    print_line(f"{time.monotonic() - since:5.1f} s", Style.DIM)
