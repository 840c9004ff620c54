"""What a person may set at deployment, validated: cdk.json or `cdk deploy -c key=value`."""

import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass

from infra.schedule_expression import is_recurring_schedule

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")
# Names that Python may find on a machine and EventBridge Scheduler does not know.
_NO_ZONES = frozenset({"Factory", "localtime"})


class ContextError(Exception):
    """Raised when a context value is not one of those accepted."""

    def __init__(self, *, key: str, value: object, accepts: str) -> None:
        """Name the key, the value as it was given, and what would be accepted."""
        super().__init__(f"context {key!r} is {value!r}; it accepts {accepts}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The deployment's settings."""

    emails: tuple[str, ...]
    """Who gets the digests and the alarms; empty: nobody until somebody subscribes."""

    schedule: str
    """A cron or rate expression of EventBridge Scheduler."""

    timezone: str
    """The IANA zone of the schedule, and of the calendar days that the rules count in."""

    silence_hours: int
    """How long no run may finish before an alarm rings."""

    reserved_concurrency: int | None
    """Whether one concurrent run is reserved (and runs are serialised), or None."""

    @classmethod
    def read(cls, get: Callable[[str], object]) -> "Context":
        """Read every key by `get`, which gives None for one that is absent."""
        return cls(
            emails=_emails(get("email")),
            schedule=_schedule(get("schedule")),
            timezone=_timezone(get("timezone")),
            silence_hours=_silence_hours(get("silence-hours")),
            reserved_concurrency=_reserved_concurrency(get("reserved-concurrency")),
        )


def _emails(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    emails = [part.strip() for part in value.split(",")] if isinstance(value, str) else []
    if not emails or not all(_EMAIL.fullmatch(email) for email in emails):
        raise ContextError(
            key="email", value=value, accepts="e-mail addresses, separated by commas"
        )
    return tuple(dict.fromkeys(emails))


def _schedule(value: object) -> str:
    if value is None:
        return "cron(0 9 * * ? *)"
    if isinstance(value, str) and is_recurring_schedule(value):
        return value
    raise ContextError(
        key="schedule",
        value=value,
        accepts="cron(minutes hours day-of-month month day-of-week year), one of the two days"
        " being ?, or rate(n minutes|hours|days), such as cron(0 9 * * ? *) or rate(12 hours)",
    )


def _timezone(value: object) -> str:
    if value is None:
        return "UTC"
    if isinstance(value, str) and value in zoneinfo.available_timezones() - _NO_ZONES:
        return value
    raise ContextError(
        key="timezone", value=value, accepts="a name of the IANA list, such as Europe/Berlin or UTC"
    )


def _silence_hours(value: object) -> int:
    hours = 26 if value is None else _whole_number(value)
    if hours is not None and 1 <= hours <= 168:  # noqa: PLR2004  # seven days: CloudWatch's limit
        return hours
    raise ContextError(key="silence-hours", value=value, accepts="a whole number from 1 to 168")


def _reserved_concurrency(value: object) -> int | None:
    if value is None or _whole_number(value) == 1:
        return _whole_number(value)
    raise ContextError(key="reserved-concurrency", value=value, accepts="1, or leave it out")


def _whole_number(value: object) -> int | None:
    """Read a number of cdk.json's, or a string of digits, which is what -c gives."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value):
        return int(value)
    return value if type(value) is int else None
