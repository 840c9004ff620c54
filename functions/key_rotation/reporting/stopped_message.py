"""The message of a run that was stopped by an error."""

import json

from key_rotation import __version__
from key_rotation.domain.model import Now
from key_rotation.errors import RunStoppedError, UnreadableItemError
from key_rotation.reporting.commands import one_line
from key_rotation.reporting.formatting import format_date, sanitize_line, wrap_foreign
from key_rotation.reporting.sns_message import Message, variants


def stopped_message(error: RunStoppedError, account_id: str, run_id: str, now: Now) -> Message:
    """Write what stopped a run. It has no account alias, since reading that may be what fails."""
    problem, command = str(error), tuple[str, ...]()
    if isinstance(error, UnreadableItemError):
        problem, command = error.problem, error.command
    kind = type(error).__name__.removesuffix("Error")
    lines = [
        f"Key rotation in account {account_id}",
        f"{format_date(now.today)}. STOPPED ({kind}): this run ended with an error.",
        "",
        *wrap_foreign("", sanitize_line(problem, 8000)),
        *(["", "To mend it:", *(f"  {line}" for line in command)] if command else []),
        "",
        "Keys that this run did not reach are not rotated until a run succeeds.",
        "The next run tries again. If it stops too: docs/runbook.md.",
        "",
        f"Run {run_id}, key-rotation {__version__}.",
    ]
    data = {
        "run_id": run_id,
        "version": __version__,
        "account_id": account_id,
        "at": now.instant.isoformat(),
        "stopped": kind,
        **({"mend": one_line(command)} if command else {}),
    }
    return Message(
        subject=f"[key-rotation] {account_id}: STOPPED: {kind}",
        variants=variants("\n".join(lines) + "\n", json.dumps(data | {"error": str(error)})),
        attributes={
            "mode": "stopped",
            "severity": "error",
            "account_id": account_id,
            "event": ("stopped",),
        },
    )
