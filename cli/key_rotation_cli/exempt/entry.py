"""An exemption as it is given on the command line, and the name of its parameter."""

import hashlib
import re
from datetime import date

from key_rotation.domain.exemptions import ENTRY, Exemption
from key_rotation_cli.errors import BadUsageError

MAX_VALUE = 4096
"""Characters of a standard parameter (SSM API Reference, PutParameter)."""
MAX_NAME = 64
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


def parse_entry(pattern: str, until: str | None, reason: str, *, forever: bool) -> Exemption:
    """Return the entry that the arguments ask for.

    until: its last day, as YYYY-MM-DD

    Raises BadUsageError that names the argument, its value and what is accepted.
    """
    if forever is (until is not None):
        raise BadUsageError("Give either --until DATE or --forever. Nothing was changed.")
    wanted = Exemption(pattern=pattern, until=_day(until), reason=_reason(reason))
    try:
        read = Exemption.parse_only(str(wanted))
    except ValueError:
        read = None
    if read != wanted:
        text = f"The pattern {pattern!r} is not accepted. An entry is {ENTRY}."
        raise BadUsageError(f"{text} Nothing was changed.")
    if len(str(wanted)) > MAX_VALUE:
        text = f"The entry has {len(str(wanted))} characters; a parameter has room for {MAX_VALUE}."
        raise BadUsageError(f"{text} Nothing was changed.")
    return wanted


def require_future(entry: Exemption, today: date) -> None:
    """Raise BadUsageError if the last day of an entry has passed."""
    if entry.ended(today):
        text = f"--until {entry.until} has passed: today is {today} in the deployment's time zone."
        raise BadUsageError(f"{text} Nothing was changed.")


def require_name(name: str) -> str:
    """Return the name of a parameter; raises BadUsageError for one that is not accepted."""
    if not _NAME.fullmatch(name):
        accepted = f"1 to {MAX_NAME} characters of A-Z a-z 0-9 _ . -"
        raise BadUsageError(f"--name {name!r} is not accepted: {accepted}. Nothing was changed.")
    return name


def parameter_name(entry: Exemption) -> str:
    """Derive the name of the parameter of an entry from its pattern.

    A pattern of other characters, or a long one, gets the beginning of its hash, so that two
    patterns have two names. Patterns that differ only in case are the same, and have the same name.
    """
    pattern = entry.key_id or entry.pattern.casefold()
    if _NAME.fullmatch(pattern):
        return pattern
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", pattern).strip("-")[:50] or "all"
    return f"{readable}.{_hash(pattern)}"


def other_name(entry: Exemption) -> str:
    """Return another name, for a second entry with the same pattern."""
    readable = parameter_name(entry)[:50]
    return f"{readable}.{_hash(str(entry))}"


def same_pattern(entry: Exemption, pattern: str) -> bool:
    """Return whether an entry has a pattern, regardless of case."""
    return entry.pattern.casefold() == pattern.casefold()


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadUsageError(
        f"--until {text!r} is no day; it accepts YYYY-MM-DD, the last day. Nothing was changed."
    )


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason or not reason.isprintable():
        text = f"--reason {text!r} is not accepted; it takes one line of text."
        raise BadUsageError(f"{text} Nothing was changed.")
    return reason


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
