"""The values that the emulator and its client exchange."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self


class Cause(StrEnum):
    """What invoked a function."""

    SCHEDULE = "schedule"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUse:
    """The last use of an access key, as `GetAccessKeyLastUsed` returns it."""

    at: datetime
    service: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A subscription that a message was delivered to."""

    protocol: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMessage:
    """A message that SNS accepted, with or without subscribers.

    bodies: its text by protocol, as delivered; `default` is always included
    """

    at: datetime
    topic: str
    subject: str
    attributes: Mapping[str, str]
    bodies: Mapping[str, str]
    recipients: tuple[Recipient, ...]

    @property
    def text(self) -> str:
        """The body that an e-mail subscriber gets."""
        return self.bodies.get("email", self.bodies["default"])

    def to_json(self) -> dict[str, Any]:
        """Convert to JSON types."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Convert from the output of `to_json`."""
        recipients = tuple(Recipient(**each) for each in document["recipients"])
        at = datetime.fromisoformat(document["at"])
        return cls(**{**document, "at": at, "recipients": recipients})


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail that SES accepted; `message_id` is what SES calls it."""

    at: datetime
    message_id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str

    @classmethod
    def from_ministack(cls, document: Mapping[str, Any]) -> Self:
        """Convert from ministack's list of what was sent."""
        return cls(
            at=datetime.fromtimestamp(document["Timestamp"], UTC),
            message_id=document["MessageId"],
            sender=document["Source"],
            to=tuple(document["To"]),
            subject=document["Subject"],
            text=document["BodyText"],
            html=document["BodyHtml"] or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One execution of a function; each retry is an invocation.

    answer: what the handler returned; None if it failed
    error: Lambda's error document (`errorType`, ...); None if it did not fail
    """

    at: datetime
    cause: Cause
    function: str
    payload: Any
    answer: Any
    error: Mapping[str, Any] | None
    log: str

    def to_json(self) -> dict[str, Any]:
        """Convert to JSON types."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Convert from the output of `to_json`."""
        at = datetime.fromisoformat(document["at"])
        return cls(**{**document, "at": at, "cause": Cause(document["cause"])})
