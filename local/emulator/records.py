"""What the emulated account remembers, as values that both sides of its control endpoint know."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class Cause(StrEnum):
    """Who invoked a function."""

    SCHEDULE = "schedule"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUse:
    """The last use of an access key, as `GetAccessKeyLastUsed` tells it."""

    at: datetime
    service: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One subscription that a message was delivered to."""

    protocol: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMessage:
    """One message that SNS took, whoever listened.

    `bodies` holds its text by protocol, as delivered; `default` is always among them.
    """

    at: datetime
    topic: str
    subject: str
    attributes: Mapping[str, str]
    bodies: Mapping[str, str]
    recipients: tuple[Recipient, ...]

    @property
    def text(self) -> str:
        """The body that an e-mail subscriber reads."""
        return self.bodies.get("email", self.bodies["default"])

    def to_json(self) -> dict[str, Any]:
        """Say it in JSON's types."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` said."""
        recipients = tuple(Recipient(**each) for each in document["recipients"])
        at = datetime.fromisoformat(document["at"])
        return cls(**{**document, "at": at, "recipients": recipients})


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One execution of a function; a retry is an invocation of its own.

    `answer` is None where it failed; `error` is then what Lambda says (`errorType`, ...).
    """

    at: datetime
    cause: Cause
    function: str
    payload: Any
    answer: Any
    error: Mapping[str, Any] | None
    log: str

    def to_json(self) -> dict[str, Any]:
        """Say it in JSON's types."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` said."""
        at = datetime.fromisoformat(document["at"])
        return cls(**{**document, "at": at, "cause": Cause(document["cause"])})
