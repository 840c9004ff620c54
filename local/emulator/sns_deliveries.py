"""What SNS rejects, and what the subscribers of each protocol receive."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from local.emulator.records import PublishedMessage, Recipient

SUBJECT_LIMIT = 100  # the API reference requires less than 100 characters

# Returns the text for one protocol, given the message, its structure and the protocol.
Render = Callable[[str, str, str], str]


def published_message(  # noqa: PLR0913 - the fields of a publication
    *,
    at: datetime,
    topic: str,
    subject: str,
    message: str,
    structure: str,
    attributes: Mapping[str, Mapping[str, str]],
    subscriptions: Iterable[Mapping[str, Any]],
    render: Render,
) -> PublishedMessage:
    """Record a publication to these subscriptions."""
    recipients = tuple(
        Recipient(protocol=each["protocol"], endpoint=each["endpoint"]) for each in subscriptions
    )
    protocols = {
        "default",
        *_protocols_in(message, structure),
        *(each.protocol for each in recipients),
    }
    return PublishedMessage(
        at=at,
        topic=topic,
        subject=subject,
        attributes={name: value.get("StringValue", "") for name, value in attributes.items()},
        bodies={each: render(message, structure, each) for each in sorted(protocols)},
        recipients=recipients,
    )


def _protocols_in(message: str, structure: str) -> set[str]:
    return set(json.loads(message)) if structure == "json" else set()


def rejection_reason(
    subject: str, message: str, structure: str, attributes: Mapping[str, Any]
) -> str | None:
    """Return why SNS would reject a publication, or None."""
    if subject and not _is_valid_subject(subject):
        return "Invalid parameter: Subject"
    if structure == "json" and not _has_default(message):
        return "Invalid parameter: Message Structure - No default entry in JSON message body"
    for name, value in attributes.items():
        if not value.get("StringValue") and not value.get("BinaryValue"):
            return f"The message attribute '{name}' must contain non-empty message attribute value."
    return None


def _is_valid_subject(subject: str) -> bool:
    """Check that a subject is printable ASCII, starts with no space, and is short enough."""
    printable = subject.isascii() and subject.isprintable() and not subject.startswith(" ")
    return printable and len(subject) < SUBJECT_LIMIT


def _has_default(message: str) -> bool:
    try:
        return "default" in json.loads(message)
    except ValueError:
        return False
