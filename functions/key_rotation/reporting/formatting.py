"""How days, names, ages and last uses are written."""

import textwrap
import unicodedata
from datetime import date

from key_rotation.domain.model import LastUse, Now
from key_rotation.reporting.outcome import Outcome

WIDTH = 72
"""Columns of a plain-text e-mail."""
PHONE_WIDTH = 38
"""Columns of an e-mail on a phone: what is set in columns or underlined is not wider."""


def sanitize_line(text: str, limit: int = 200) -> str:
    """Make foreign text safe to print: one line, no control characters, at most `limit` long."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    line = " ".join(plain.split())
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
    service = f" by {sanitize_line(last_use.service)}" if last_use.service else ""
    region = f" in {sanitize_line(last_use.region)}" if last_use.region else ""
    return f"last used {format_date(now.day(last_use.at))}{service}{region}"


def age_days(outcome: Outcome, now: Now) -> int | None:
    """Return the age of the key in calendar days."""
    return (now.today - now.day(outcome.created)).days if outcome.created else None


def wrap(first: str, text: str, indent: str | None = None) -> list[str]:
    """Break a text into lines that begin with `first`, then with `indent` or as many spaces."""
    rest = " " * len(first) if indent is None else indent
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
