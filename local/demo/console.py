"""Output on the terminal: steps with their durations, and colours."""

import os
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum

WIDTH = 80
_MARGIN = 20


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


def wrapped(text: str, *, margin: int) -> list[str]:
    """Break a text into lines that are no wider than the terminal, after a margin."""
    return textwrap.wrap(
        text, WIDTH - margin, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def print_paragraphs(heading: str, paragraphs: Iterable[tuple[str, Style]]) -> None:
    """Print texts in their styles, each on lines of its own, beside a heading."""
    for text, style in paragraphs:
        for line in wrapped(text, margin=_MARGIN):
            print_line(f"{heading:<{_MARGIN}}{styled(line, style)}")
            heading = ""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print a step, and its duration when the block ends."""
    print(f"  {what:<52}", end="", flush=True)
    since = time.monotonic()
    yield
    print_line(f"{time.monotonic() - since:5.1f} s", Style.DIM)
