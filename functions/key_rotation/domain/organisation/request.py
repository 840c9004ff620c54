"""What an execution of the state machine may ask for: never more than the settings allow."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from key_rotation.domain.model import Mode
from key_rotation.errors import InvalidEventError

ACCEPTED = (
    'Send {}, {"mode": "report"}, {"accounts": ["111122223333"]}, or both; '
    'the schedule adds "scheduled_time". Nothing was changed.'
)
FIELDS = frozenset({"mode", "accounts", "scheduled_time"})
_ACCOUNT_ID = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRequest:
    """The input of one execution.

    execution_arn: of the state machine's execution
    event_id: names the event, which Scheduler may deliver more than once
    report_only: whether the run must not change keys, in whatever mode is set
    account_ids: the accounts that a person named; empty for all
    """

    execution_arn: str
    event_id: str
    report_only: bool = False
    account_ids: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether a person asked for less than the run of the schedule does."""
        return self.report_only or bool(self.account_ids)

    @classmethod
    def parse(cls, event: object) -> Self:
        """Read what the state machine sends: the execution's ARN, and the input of the execution.

        Raises InvalidEventError for a field or a value that is not accepted.
        """
        arn, request = _fields(event)
        unknown = sorted(str(name) for name in request if name not in FIELDS)
        if unknown:
            raise InvalidEventError(f"The input has the unknown field {unknown[0]!r}. {ACCEPTED}")
        mode, scheduled_time = request.get("mode"), request.get("scheduled_time", "")
        if "mode" in request and mode != Mode.REPORT:
            raise InvalidEventError(f"The input has the mode {mode!r}. {ACCEPTED}")
        if not isinstance(scheduled_time, str):
            raise InvalidEventError(f"The input has the time {scheduled_time!r}. {ACCEPTED}")
        return cls(
            execution_arn=arn,
            event_id=scheduled_time or arn,
            report_only="mode" in request,
            account_ids=_account_ids(request["accounts"]) if "accounts" in request else (),
        )


def _fields(event: object) -> tuple[str, Mapping[Any, Any]]:
    if not isinstance(event, Mapping) or event.keys() != {"execution_arn", "input"}:
        raise InvalidEventError(
            f"The event {event!r} does not have exactly the fields execution_arn and input: "
            "start an execution of the state machine instead. Nothing was changed."
        )
    arn, request = event["execution_arn"], event["input"]
    if not isinstance(arn, str) or not arn:
        raise InvalidEventError(f"The event has the execution {arn!r}. {ACCEPTED}")
    if not isinstance(request, Mapping):
        raise InvalidEventError(f"The input {request!r} is not a JSON object. {ACCEPTED}")
    return arn, request


def _account_ids(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        text = f"The input has the accounts {value!r}, which is no list of at least one id."
        raise InvalidEventError(f"{text} {ACCEPTED}")
    for position, each in enumerate(value):
        if not isinstance(each, str) or not _ACCOUNT_ID.fullmatch(each):
            raise InvalidEventError(
                f"The input has the account {each!r}; an id is a string of 12 digits. {ACCEPTED}"
            )
        if each in value[:position]:
            raise InvalidEventError(f"The input has the account {each!r} twice. {ACCEPTED}")
    return tuple(value)
