"""The message of an organization's run that was stopped before it looked at any account."""

import json

from key_rotation import __version__
from key_rotation.domain.model import Now
from key_rotation.reporting.formatting import format_date, sanitize_line, wrap, wrap_foreign
from key_rotation.reporting.sns_message import Message, variants

MAX_KIND = 40
"""Characters of the kind of an error in the subject, which has less than 100."""
NOTHING_CHANGED = "No account was looked at, and no key was changed."
WHAT_FOLLOWS = (
    "Keys are not rotated in any account until a run succeeds.",
    "The next run tries again. If it stops too: docs/runbook.md.",
)


def stopped_message(
    kind: str, text: str, organization_id: str, execution_arn: str, now: Now
) -> Message:
    """Write what stopped a run in its first step, `prepare`, which changes no key.

    kind: the name of the error, such as `InvalidSettingsError`, or of Step Functions
    text: what it says
    """
    kind = printable_kind(kind)
    data = {
        "version": __version__,
        "organization_id": organization_id,
        "execution_arn": execution_arn,
        "at": now.instant.isoformat(),
        "stopped": kind,
        "error": sanitize_line(text, 8000),
        "looked_at": 0,
        "done": {"deactivated": 0, "deleted": 0},
    }
    return Message(
        subject=f"[key-rotation] {organization_id}: STOPPED: {kind}",
        variants=variants(_text(kind, text, organization_id, execution_arn, now), json.dumps(data)),
        attributes={
            "mode": "stopped",
            "severity": "error",
            "account_id": hub_account_id(execution_arn),
            "organization_id": organization_id,
            "event": ("stopped",),
        },
    )


def _text(kind: str, text: str, organization_id: str, execution_arn: str, now: Now) -> str:
    lines = [
        f"Key rotation in organization {sanitize_line(organization_id)}",
        *wrap("", f"{format_date(now.today)}. STOPPED ({kind}): this run ended with an error."),
        "",
        *wrap_foreign("", sanitize_line(text, 8000) or "The error has no text."),
        "",
        NOTHING_CHANGED,
        "",
        *WHAT_FOLLOWS,
        "",
        *wrap_foreign("", f"Execution {sanitize_line(execution_arn, 400)}"),
        f"key-rotation {__version__}.",
    ]
    return "\n".join(lines) + "\n"


def hub_account_id(execution_arn: str) -> str:
    """Return the account of an execution, which is the account of the deployment."""
    return execution_arn.split(":")[4]


def printable_kind(kind: str) -> str:
    """Write the kind of an error in ASCII, without what each name of an error ends with."""
    name = kind.removesuffix("Error").encode("ascii", "ignore").decode()
    return sanitize_line(name, MAX_KIND) or "unknown"
