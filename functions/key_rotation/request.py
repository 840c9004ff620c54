"""What an invocation may ask for: never more than the settings allow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from key_rotation.errors import BadEventError
from key_rotation.model import Mode

ACCEPTED = 'The event takes {"mode": "report"} or nothing; the schedule adds "scheduled_time".'


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One invocation.

    report: whether this run is to decide and tell only, whatever the settings say
    scheduled_time: when the schedule meant it to start, for the log
    """

    report: bool = False
    scheduled_time: str | None = None

    @classmethod
    def parse(cls, event: object) -> Self:
        """Read an event; raises BadEventError for any field or value that is not accepted."""
        if not isinstance(event, Mapping):
            raise BadEventError(f"The event {event!r} is no object. {ACCEPTED}")
        unknown = sorted(str(name) for name in event if name not in {"mode", "scheduled_time"})
        if unknown:
            raise BadEventError(f"The event has the unknown field {unknown[0]!r}. {ACCEPTED}")
        mode, scheduled_time = event.get("mode"), event.get("scheduled_time")
        if "mode" in event and mode != Mode.REPORT:
            raise BadEventError(f"The event has the mode {mode!r}. {ACCEPTED}")
        if "scheduled_time" in event and not isinstance(scheduled_time, str):
            raise BadEventError(f"The event has the time {scheduled_time!r}. {ACCEPTED}")
        return cls(report="mode" in event, scheduled_time=scheduled_time)
