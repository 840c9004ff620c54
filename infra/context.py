"""The validated context values of a deployment: from cdk.json or `cdk deploy -c key=value`."""

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from infra import chat_context
from infra.context_value import EMAIL, ContextError, boolean, refusal, whole_number
from infra.organisation import context as organisation
from infra.organisation.parameters import ORGANISATION_PARAMETERS, ORGANISATION_PATH
from infra.owner_context import KEYS as OWNER_KEYS
from infra.owner_context import OwnerMailContext
from infra.owner_parameters import OWNER_PARAMETERS
from infra.schedule_expression import ACCEPTED, Cron, parse_schedule
from infra.schedule_gap import longest_gap
from infra.thresholds import PARAMETER_PATH, THRESHOLDS

NOBODY = "none"
"""The value of `email` that subscribes nobody, on purpose."""
KEYS = (
    "email",
    "schedule",
    "timezone",
    "silence-hours",
    "alarm-topic",
    "reserved-concurrency",
    "viewer-policy",
    *chat_context.KEYS,
    *organisation.KEYS,
    *OWNER_KEYS,
)
"""Every key that the app reads."""

_PARAMETERS = {
    each.name: f"{ORGANISATION_PATH}/{each.name}" for each in ORGANISATION_PARAMETERS
} | {each.name: f"{PARAMETER_PATH}/{each.name}" for each in (*THRESHOLDS, *OWNER_PARAMETERS)}
_TOPIC_ARN = re.compile(r"arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
# zoneinfo can list these names, but EventBridge Scheduler does not accept them.
_UNSUPPORTED_ZONES = frozenset({"Factory", "localtime"})
_MAX_SILENCE_HOURS = 7 * 24  # CloudWatch evaluates at most seven days
_WEEK = timedelta(days=7)
_LONGEST_WEEK = _WEEK + timedelta(hours=1)  # of a time of the day, where the clock is set back
_DEFAULT_SCHEDULE = "cron(0 9 * * ? *)"
_DELAY_HOURS = 2  # of a run, before its absence is silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The context values of one deployment."""

    emails: tuple[str, ...]
    """Addresses that receive the digests and the alarms; empty if nobody is to be subscribed."""

    schedule: str
    """A cron or rate expression of EventBridge Scheduler."""

    timezone: str
    """IANA time zone of the schedule and of the calendar days in the rules."""

    longest_gap_hours: int
    """The longest time between two runs of the schedule, in hours, rounded up."""

    silence_hours: int
    """Hours without a completed run after which an alarm goes off."""

    alarm_topic: str | None
    """ARN of an existing SNS topic that gets the alarms as well, or None."""

    reserved_concurrency: int | None
    """1: one concurrent execution is reserved, so runs never overlap; None: nothing is reserved."""

    viewer_policy: bool
    """Whether to create a managed policy for people who look and change nothing."""

    chat: chat_context.Chat | None
    """The chat topic and its channels; None for a deployment without chat."""

    organisation: organisation.Organisation | None
    """What makes the deployment the hub of an organization; None for a single account."""

    owner_mail: OwnerMailContext | None
    """Mail to the owners of keys; None if they get none."""

    @classmethod
    def read(cls, values: Mapping[str, object]) -> "Context":
        """Read and validate the context; a key that is missing has its default.

        Keys with a colon, an at sign or a slash are the CDK's own, and not read.
        Raises ContextError for the first key that is not known, or value that is not valid.
        """
        for key in values:
            if key not in KEYS and not re.search("[:@/]", key):
                raise ContextError(_unknown(key))
        emails = _emails(values.get("email"))
        timezone = _timezone(values.get("timezone"))
        schedule = values.get("schedule", _DEFAULT_SCHEDULE)
        gap = _longest_gap_hours(schedule, timezone)
        return cls(
            emails=emails,
            schedule=str(schedule),
            timezone=timezone,
            longest_gap_hours=gap,
            silence_hours=_silence_hours(values.get("silence-hours"), gap),
            alarm_topic=_alarm_topic(values.get("alarm-topic")),
            reserved_concurrency=_reserved_concurrency(values.get("reserved-concurrency")),
            viewer_policy=_viewer_policy(values.get("viewer-policy")),
            chat=chat_context.Chat.read(values),
            organisation=organisation.Organisation.read(values),
            owner_mail=OwnerMailContext.read(values),
        )


def _unknown(key: str) -> str:
    """Describe a key that the app does not read, with the nearest one that it does."""
    near = get_close_matches(key.lower(), KEYS, n=1)
    advice = f"did you mean {near[0]!r}? " if near else ""
    if key.lower() in _PARAMETERS:
        advice = f"after the deployment, set the SSM parameter {_PARAMETERS[key.lower()]}; "
    return f"context {key!r} is not known: {advice}the known keys are {', '.join(KEYS)}"


def _emails(value: object) -> tuple[str, ...]:
    if value == NOBODY:
        return ()
    emails = [part.strip() for part in value.split(",")] if isinstance(value, str) else []
    if not emails or not all(EMAIL.fullmatch(email) for email in emails):
        accepts = (
            "one e-mail address, several separated by commas, or none to subscribe nobody; write it"
            " into cdk.json, so that the next deployment subscribes the same addresses"
        )
        raise refusal("email", value, accepts)
    return tuple(dict.fromkeys(emails))


def _timezone(value: object) -> str:
    if value is None:
        return "UTC"
    if isinstance(value, str) and value in zoneinfo.available_timezones() - _UNSUPPORTED_ZONES:
        return value
    raise refusal("timezone", value, "an IANA time zone, for example Europe/Berlin or UTC")


def _longest_gap_hours(value: object, timezone: str) -> int:
    """Return the hours between two runs at most, rounded up, of a schedule that runs every week."""
    schedule = parse_schedule(value) if isinstance(value, str) else None
    if schedule is None:
        raise refusal("schedule", value, ACCEPTED)
    gap = longest_gap(schedule, zoneinfo.ZoneInfo(timezone))
    longest = _LONGEST_WEEK if isinstance(schedule, Cron) else _WEEK
    if gap is not None and gap <= longest:
        return _hours(gap)
    found = "it never runs"
    if gap is not None:
        found = f"its runs in {timezone} are up to {_hours(gap)} h apart, not {_MAX_SILENCE_HOURS}"
    raise refusal("schedule", value, f"{ACCEPTED}; {found}")


def _hours(gap: timedelta) -> int:
    """Round up to whole hours."""
    return -(-gap // timedelta(hours=1))


def _silence_hours(value: object, gap: int) -> int:
    default = min(gap + _DELAY_HOURS, _MAX_SILENCE_HOURS)
    hours = default if value is None else whole_number(value)
    least = min(gap, _MAX_SILENCE_HOURS)
    if hours is not None and least <= hours <= _MAX_SILENCE_HOURS:
        return hours
    accepts = (
        f"a whole number from {least} (the longest time between two runs of the schedule) to"
        f" {_MAX_SILENCE_HOURS}"
    )
    raise refusal("silence-hours", value, accepts)


def _alarm_topic(value: object) -> str | None:
    if value is None or (isinstance(value, str) and _TOPIC_ARN.fullmatch(value)):
        return value
    accepts = (
        "the ARN of a standard SNS topic in the Region of the deployment, for example"
        " arn:aws:sns:eu-central-1:123456789012:on-call"
    )
    raise refusal("alarm-topic", value, accepts)


def _reserved_concurrency(value: object) -> int | None:
    if value is None or whole_number(value) == 1:
        return whole_number(value)
    raise refusal("reserved-concurrency", value, "only 1; omit it to reserve nothing")


def _viewer_policy(value: object) -> bool:
    found = boolean(value)
    if value is not None and found is None:
        raise refusal("viewer-policy", value, "true or false")
    return bool(found)
