"""What an invocation may ask for: never more than the settings allow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from key_rotation.adapters import codec
from key_rotation.domain.model import Mode
from key_rotation.domain.run_state import Continuation, RunState
from key_rotation.domain.settings import Settings
from key_rotation.errors import InvalidEventError

ACCEPTED = 'Send {} or {"mode": "report"}; the schedule adds "scheduled_time".'
FIELDS = frozenset({"mode", "scheduled_time", "continuation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One invocation.

    event_id: names the event, which Lambda and Scheduler may deliver more than once
    report_only: whether the run must not change keys, in whatever mode is set
    scheduled_time: when the schedule meant it to start, for the log
    continuation: what an earlier part of the run left to this one
    change_share: how many keys may be changed for the event at most, beside the settings' limit;
        None where only that limit applies
    """

    event_id: str
    report_only: bool = False
    scheduled_time: str | None = None
    continuation: Continuation | None = None
    change_share: int | None = None

    @property
    def part(self) -> int:
        """The number of the part that it asks for; 0 for the first."""
        return self.continuation.part if self.continuation else 0

    @classmethod
    def parse(cls, event: object, invocation_id: str) -> Self:
        """Read an event.

        invocation_id: Lambda's id of the invocation, which its retries share

        Raises InvalidEventError for a field or a value that is not accepted.
        """
        if not isinstance(event, Mapping):
            raise InvalidEventError(f"The event {event!r} is not a JSON object. {ACCEPTED}")
        unknown = sorted(str(name) for name in event if name not in FIELDS)
        if unknown:
            raise InvalidEventError(f"The event has the unknown field {unknown[0]!r}. {ACCEPTED}")
        mode, scheduled_time = event.get("mode"), event.get("scheduled_time")
        if "mode" in event and mode != Mode.REPORT:
            raise InvalidEventError(f"The event has the mode {mode!r}. {ACCEPTED}")
        if "scheduled_time" in event and not isinstance(scheduled_time, str):
            raise InvalidEventError(f"The event has the time {scheduled_time!r}. {ACCEPTED}")
        continuation = _continuation(event["continuation"]) if "continuation" in event else None
        return cls(
            event_id=continuation.event_id if continuation else scheduled_time or invocation_id,
            report_only="mode" in event,
            scheduled_time=scheduled_time,
            continuation=continuation,
        )

    def to_event(self, continuation: Continuation) -> dict[str, object]:
        """Return the event that invokes the next part of this run."""
        event: dict[str, object] = {"continuation": codec.write(continuation)}
        return event | ({"mode": str(Mode.REPORT)} if self.report_only else {})

    def settings(self, settings: Settings, previous: RunState) -> Settings:
        """Return the settings with what was edited since the last run that reported it."""
        edited = self.continuation.edited if self.continuation else ()
        return settings.after(
            previous.parameters, edited, exemptions_fingerprint=previous.exemptions_fingerprint
        )

    def mode(self, settings: Settings) -> Mode:
        """Return the mode of the run: the one that is set, or report mode."""
        return Mode.REPORT if self.report_only else settings.mode

    def limit(self, settings: Settings, previous: RunState) -> int:
        """Return how many keys may still be changed for this event."""
        changed = previous.changes_by_event.get(self.event_id, 0)
        limit = settings.max_changes_per_run
        share = limit if self.change_share is None else min(limit, self.change_share)
        return max(0, share - changed)

    def is_expected(self, previous: RunState) -> bool:
        """Return whether this starts a run, or is a part that the ledger expects."""
        if self.continuation is None:
            return True
        return self.continuation.fingerprint in previous.expected_continuations


def _continuation(document: object) -> Continuation:
    try:
        continuation = codec.read(document, Continuation)
    except codec.MalformedError as cause:
        text = f"The event's continuation is malformed ({cause}). {ACCEPTED}"
        raise InvalidEventError(text) from cause
    if continuation.part < 1:
        raise InvalidEventError(f"The event's continuation has a part below 1. {ACCEPTED}")
    return continuation
