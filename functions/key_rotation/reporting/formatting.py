"""How days, names, ages and last uses are written."""

import textwrap
import unicodedata
from collections.abc import Iterator
from datetime import date

from key_rotation.domain.model import LastUse, Now
from key_rotation.reporting.outcome import Outcome

WIDTH = 72
"""Columns of a plain-text e-mail."""
PHONE_WIDTH = 38
"""Columns of an e-mail on a phone: what is set in columns or underlined is not wider."""


CONTINUED = "| "
"""Begins each further line of a text that others wrote; no line of this tool begins with it."""
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing, and could fill a line (Unicode: Default_Ignorable)."""


def sanitize_line(text: str, limit: int = 200) -> str:
    """Make foreign text safe to print: one line, no control characters, at most `limit` long."""
    if not (text.isprintable() and BLANK.isdisjoint(text)):
        text = "".join(c if c.isprintable() and c not in BLANK else " " for c in text)
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def pluralize(number: int, noun: str) -> str:
    """Write a number with its noun: `1 user`, `5,000 users`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def format_date(day: date) -> str:
    """Write a day with its weekday: `Thu 3 Dec 2026`."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def last_use_text(last_use: LastUse | None, now: Now) -> str:
    """Write when, by which service and in which Region a key was last used."""
    if last_use is None:
        return "last use not known"
    if last_use.at is None:
        return "never used"
    service = f" by {_word(last_use.service)}" if last_use.service else ""
    region = f" in {_word(last_use.region)}" if last_use.region else ""
    return f"last used {format_date(now.day(last_use.at))}{service}{region}"


def _word(text: str) -> str:
    """Make a name of AWS safe to print, as one word."""
    return sanitize_line(text, 40).replace(" ", "-")


def age_days(outcome: Outcome, now: Now) -> int | None:
    """Return the age of the key in calendar days."""
    return (now.today - now.day(outcome.created)).days if outcome.created else None


def wrap(first: str, text: str, indent: str | None = None) -> list[str]:
    """Break a text of this tool into lines that begin with `first`, then `indent` or spaces."""
    rest = " " * len(first) if indent is None else indent
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def wrap_foreign(first: str, text: str) -> list[str]:
    """Break a text that others wrote, wholly or in part, into lines.

    first: what the first line begins with; each further line has the same indentation, and
        `CONTINUED`, so that it cannot be taken for a line of this tool
    """
    rest = f"{first[: len(first) - len(first.lstrip())]}{CONTINUED}"
    empty = {rest, rest.removesuffix(CONTINUED)}
    lines, used = [first], _columns(first)
    words = (piece for word in text.split() for piece in _pieces(word, WIDTH - len(rest)))
    for word in words:
        columns = _columns(word)
        gap = "" if lines[-1].endswith(" ") or not lines[-1] else " "
        if lines[-1] not in empty and used + len(gap) + columns > WIDTH:
            lines[-1] = lines[-1].rstrip()
            lines.append(rest)
            used, gap = len(rest), ""
        lines[-1] += f"{gap}{word}"
        used += len(gap) + columns
    return lines


def _pieces(word: str, width: int) -> Iterator[str]:
    """Cut a word that is wider than a line."""
    if _columns(word) <= width:
        yield word
        return
    piece, used = "", 0
    for character in word:
        columns = _columns(character)
        if used + columns > width:
            yield piece
            piece, used = "", 0
        piece += character
        used += columns
    yield piece


def _columns(text: str) -> int:
    """Count columns: an East Asian character may have two (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)
