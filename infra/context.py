"""The validated context values of a deployment: from cdk.json or `cdk deploy -c key=value`."""

import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass

from infra.schedule_expression import is_recurring_schedule

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")
# zoneinfo can list these names, but EventBridge Scheduler does not accept them.
_UNSUPPORTED_ZONES = frozenset({"Factory", "localtime"})
_MAX_SILENCE_HOURS = 7 * 24  # CloudWatch evaluates at most seven days


class ContextError(Exception):
    """Raised when a context value is not valid."""

    def __init__(self, *, key: str, value: object, accepts: str) -> None:
        """Name the key, its value and what the key accepts."""
        super().__init__(f"context {key!r} is {value!r}; it accepts {accepts}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The context values of one deployment."""

    emails: tuple[str, ...]
    """Addresses that receive the digests and the alarms."""

    schedule: str
    """A cron or rate expression of EventBridge Scheduler."""

    timezone: str
    """IANA time zone of the schedule and of the calendar days in the rules."""

    silence_hours: int
    """Hours without a completed run after which an alarm goes off."""

    reserved_concurrency: int | None
    """1: one concurrent execution is reserved, so runs never overlap; None: nothing is reserved."""

    @classmethod
    def read(cls, get: Callable[[str], object]) -> "Context":
        """Read and validate every key with `get`, which returns None for a missing key.

        Raises ContextError for the first value that is not valid.
        """
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
        raise ContextError(key="email", value=value, accepts="e-mail addresses separated by commas")
    return tuple(dict.fromkeys(emails))


def _schedule(value: object) -> str:
    if value is None:
        return "cron(0 9 * * ? *)"
    if isinstance(value, str) and is_recurring_schedule(value):
        return value
    raise ContextError(
        key="schedule",
        value=value,
        accepts="cron(minutes hours day-of-month month day-of-week year) with ? for exactly one of"
        " the two days, or rate(n minutes|hours|days): for example cron(0 9 * * ? *) or"
        " rate(12 hours)",
    )


def _timezone(value: object) -> str:
    if value is None:
        return "UTC"
    if isinstance(value, str) and value in zoneinfo.available_timezones() - _UNSUPPORTED_ZONES:
        return value
    raise ContextError(
        key="timezone", value=value, accepts="an IANA time zone, for example Europe/Berlin or UTC"
    )


def _silence_hours(value: object) -> int:
    hours = 26 if value is None else _whole_number(value)
    if hours is not None and 1 <= hours <= _MAX_SILENCE_HOURS:
        return hours
    accepts = f"a whole number from 1 to {_MAX_SILENCE_HOURS}"
    raise ContextError(key="silence-hours", value=value, accepts=accepts)


def _reserved_concurrency(value: object) -> int | None:
    if value is None or _whole_number(value) == 1:
        return _whole_number(value)
    raise ContextError(
        key="reserved-concurrency", value=value, accepts="only 1; omit it to reserve nothing"
    )


def _whole_number(value: object) -> int | None:
    """Read a number from cdk.json, or a string of digits from -c; None for anything else."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value):
        return int(value)
    return value if type(value) is int else None
