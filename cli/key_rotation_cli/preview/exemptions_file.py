"""Reads a file of exemptions, in the grammar of the parameter `exemptions`."""

from pathlib import Path

from key_rotation.domain import exemptions
from key_rotation.domain.exemptions import Exemption
from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli.errors import BadUsageError


def read_exemptions(path: Path) -> tuple[Exemption, ...]:
    """Read the entries; raises BadUsageError for no such file, or a line that is not accepted."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as cause:
        why = cause.strerror if isinstance(cause, OSError) else "it is not UTF-8 text"
        raise BadUsageError(f"--exemptions {path}: the file cannot be read: {why}.") from cause
    entries, unreadable = exemptions.parse(text)
    if unreadable:
        lines = [line.strip() for line in text.splitlines()]
        named = "; ".join(
            f"line {lines.index(line) + 1 if line in lines else 1}: {sanitize_line(line)!r}"
            for line in unreadable
        )
        raise BadUsageError(
            f"--exemptions {path}: not accepted: {named}. The file accepts {exemptions.ACCEPTED}."
        )
    return entries
