"""What the account step may be asked: never more than the register says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from key_rotation.adapters import codec
from key_rotation.domain.model import Mode
from key_rotation.domain.run_state import Continuation
from key_rotation.errors import InvalidEventError

ACCEPTED = (
    'The state machine sends "account_id" and "run_id"; a person may add "mode": "report". '
    "No account was asked."
)
FIELDS = frozenset({"account_id", "run_id", "mode", "remainder"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """One invocation of the account step.

    report_only: whether it must not change keys, in whatever mode is set
    remainder: what an earlier part of the run left to this one
    """

    account_id: str
    run_id: str
    report_only: bool = False
    remainder: Continuation | None = None

    @classmethod
    def parse(cls, event: object) -> Self:
        """Read an event; raises InvalidEventError for a field or value that is not accepted."""
        if not isinstance(event, Mapping):
            raise InvalidEventError(f"The event {event!r} is not a JSON object. {ACCEPTED}")
        unknown = sorted(str(name) for name in event if name not in FIELDS)
        if unknown:
            raise InvalidEventError(f"The event has the unknown field {unknown[0]!r}. {ACCEPTED}")
        if "mode" in event and event["mode"] != Mode.REPORT:
            raise InvalidEventError(f"The event has the mode {event['mode']!r}. {ACCEPTED}")
        return cls(
            account_id=_text(event, "account_id"),
            run_id=_text(event, "run_id"),
            report_only="mode" in event,
            remainder=_remainder(event["remainder"]) if "remainder" in event else None,
        )


def _text(event: Mapping[str, object], name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidEventError(f"The event has the {name} {value!r}. {ACCEPTED}")
    return value


def _remainder(document: object) -> Continuation:
    try:
        remainder = codec.read(document, Continuation)
    except codec.MalformedError as cause:
        text = f"The event's remainder is malformed ({cause}). {ACCEPTED}"
        raise InvalidEventError(text) from cause
    if remainder.part < 1:
        raise InvalidEventError(f"The event's remainder has a part below 1. {ACCEPTED}")
    return remainder
