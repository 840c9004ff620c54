"""What an invocation may ask for: never more than the settings allow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from key_rotation.adapters import codec
from key_rotation.domain.model import Mode
from key_rotation.domain.run_state import Remainder
from key_rotation.errors import BadEventError

ACCEPTED = 'The event takes {"mode": "report"} or nothing; the schedule adds "scheduled_time".'
FIELDS = frozenset({"mode", "scheduled_time", "remainder"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One invocation.

    report: whether this run is to decide and tell only, whatever the settings say
    scheduled_time: when the schedule meant it to start, for the log
    remainder: what an earlier part of the run left to this one
    """

    report: bool = False
    scheduled_time: str | None = None
    remainder: Remainder | None = None

    @classmethod
    def parse(cls, event: object) -> Self:
        """Read an event; raises BadEventError for any field or value that is not accepted."""
        if not isinstance(event, Mapping):
            raise BadEventError(f"The event {event!r} is no object. {ACCEPTED}")
        unknown = sorted(str(name) for name in event if name not in FIELDS)
        if unknown:
            raise BadEventError(f"The event has the unknown field {unknown[0]!r}. {ACCEPTED}")
        mode, scheduled_time = event.get("mode"), event.get("scheduled_time")
        if "mode" in event and mode != Mode.REPORT:
            raise BadEventError(f"The event has the mode {mode!r}. {ACCEPTED}")
        if "scheduled_time" in event and not isinstance(scheduled_time, str):
            raise BadEventError(f"The event has the time {scheduled_time!r}. {ACCEPTED}")
        return cls(
            report="mode" in event,
            scheduled_time=scheduled_time,
            remainder=_remainder(event["remainder"]) if "remainder" in event else None,
        )

    def limit(self, changes: int) -> int:
        """How many changes this part may make, of those that a run may."""
        return min(changes, self.remainder.changes_left) if self.remainder else changes


def _remainder(document: object) -> Remainder:
    try:
        remainder = codec.read(document, Remainder)
    except codec.MalformedError as cause:
        raise BadEventError(f"The event's remainder is malformed ({cause}). {ACCEPTED}") from cause
    if remainder.part < 1 or remainder.changes_left < 0:
        raise BadEventError(f"The event's remainder counts below zero. {ACCEPTED}")
    return remainder
