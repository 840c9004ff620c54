"""What a person sees at the terminal: steps with their durations, and a little colour."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

WIDTH = 100


class Ink(StrEnum):
    """The colours, as a terminal is told of them."""

    PLAIN = ""
    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    BLUE = "34"
    MAGENTA = "35"


def inked(text: str, ink: Ink) -> str:
    """Colour a text, where somebody looks and has not asked for none (https://no-color.org)."""
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if plain or not ink else f"\033[{ink}m{text}\033[0m"


def say(text: str = "", ink: Ink = Ink.PLAIN) -> None:
    """Print a line at once, even into a pipe."""
    print(inked(text, ink), flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tell what is being done, and when it is done how long it took."""
    print(f"  {what:<52}", end="", flush=True)
    since = time.monotonic()
    yield
    say(f"{time.monotonic() - since:5.1f} s", Ink.DIM)
