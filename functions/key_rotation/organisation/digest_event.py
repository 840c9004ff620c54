"""What the state machine hands to the digest step."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from key_rotation.errors import InvalidEventError

ACCEPTED = (
    "The state machine sends run_id and mode, and broken_off if the work on the accounts ended "
    "early; or stopped and execution_arn if the first step failed. Nothing was published."
)
RUN_FIELDS = frozenset({"run_id", "mode", "broken_off"})
STOPPED_FIELDS = frozenset({"stopped", "execution_arn"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepError:
    """An error as Step Functions hands it on.

    kind: the name of the error's class, or of Step Functions' own error
    text: what it says
    """

    kind: str
    text: str

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read `Error` and `Cause`; the cause of a function's error is JSON with its message."""
        fields = value if isinstance(value, Mapping) else {}
        cause = str(fields.get("Cause", ""))
        try:
            document = json.loads(cause)
        except ValueError:
            document = None
        if isinstance(document, Mapping) and "errorMessage" in document:
            cause = str(document["errorMessage"])
        return cls(kind=str(fields.get("Error", "unknown")), text=cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEvent:
    """One invocation of the digest step.

    run_id: None where the first step failed
    stopped: why the first step failed
    broken_off: why the work on the accounts ended early
    """

    run_id: str | None = None
    execution_arn: str = ""
    stopped: StepError | None = None
    broken_off: StepError | None = None

    @classmethod
    def parse(cls, event: object) -> Self:
        """Read an event; raises InvalidEventError for any other fields."""
        if not isinstance(event, Mapping):
            raise InvalidEventError(f"The event {event!r} is not a JSON object. {ACCEPTED}")
        fields: Mapping[Any, Any] = event
        if fields.keys() == STOPPED_FIELDS:
            return cls(
                execution_arn=str(fields["execution_arn"]),
                stopped=StepError.parse(fields["stopped"]),
            )
        run_id = fields.get("run_id")
        if not isinstance(run_id, str) or not run_id or fields.keys() - RUN_FIELDS:
            raise InvalidEventError(f"The event has the fields {sorted(fields)}. {ACCEPTED}")
        broken_off = fields.get("broken_off")
        return cls(run_id=run_id, broken_off=StepError.parse(broken_off) if broken_off else None)
