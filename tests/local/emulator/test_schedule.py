"""A schedule is due at the times at which EventBridge Scheduler would run it."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from local.emulator.schedule import Schedule, due_times

CREATED = datetime(2027, 3, 26, 12, 30, tzinfo=UTC)


def _next_cron(expression: str, after: datetime) -> datetime:
    """Evaluate a cron expression that names one time of each day, as `cron(30 2 * * ? *)`."""
    minute, hour, *_ = expression.removeprefix("cron(").split()
    due = datetime.combine(after, time(int(hour), int(minute)))
    return due if due > after else due + timedelta(days=1)


def _first(expression: str, zone: str = "UTC", *, count: int = 3) -> list[str]:
    schedule = Schedule(
        arn="arn:s",
        expression=expression,
        zone=ZoneInfo(zone),
        created=CREATED,
        target="arn:f",
        role="arn:r",
        payload="{}",
        dead_letters="",
    )
    after = CREATED - timedelta(days=9)
    times = due_times(schedule, after=after, next_cron=_next_cron)
    return [each.strftime("%m-%dT%H:%M") for each in islice(times, count)]


@pytest.mark.parametrize(
    ("expression", "zone", "due"),
    [
        ("cron(0 9 * * ? *)", "UTC", ["03-27T09:00", "03-28T09:00", "03-29T09:00"]),
        ("cron(0 9 * * ? *)", "Europe/Madrid", ["03-27T08:00", "03-28T07:00", "03-29T07:00"]),
        ("rate(12 hours)", "UTC", ["03-27T00:30", "03-27T12:30", "03-28T00:30"]),
        ("at(2027-04-01T10:00:00)", "Europe/Madrid", ["04-01T08:00"]),
        ("at(2027-03-01T10:00:00)", "UTC", []),
    ],
)
def test_each_kind_of_expression_is_due_in_its_time_zone(
    expression: str, zone: str, due: list[str]
) -> None:
    assert _first(expression, zone) == due


def test_a_time_skipped_by_daylight_saving_is_not_due() -> None:
    due = _first("cron(30 2 * * ? *)", "Europe/Madrid")
    assert due == ["03-27T01:30", "03-29T00:30", "03-30T00:30"]
