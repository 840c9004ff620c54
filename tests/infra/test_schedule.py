"""A schedule runs at least once in seven days; its longest gap sets the alarm on silence."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from aws_croniter import AwsCroniter  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from infra.context import Context
from infra.context_value import ContextError
from infra.schedule_expression import Cron, parse_schedule
from infra.schedule_gap import longest_gap


def _read(schedule: str, timezone: str = "UTC", silence_hours: object = None) -> Context:
    given = {} if silence_hours is None else {"silence-hours": silence_hours}
    return Context.read({"email": "none", "schedule": schedule, "timezone": timezone} | given)


def _refusal(schedule: object, timezone: str = "UTC") -> str:
    with pytest.raises(ContextError) as refused:
        Context.read({"email": "none", "schedule": schedule, "timezone": timezone})
    message = str(refused.value)
    assert message.startswith(f"context 'schedule' is {schedule!r}; it accepts rate(n minutes")
    assert "that runs at least once in seven days" in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("schedule", "timezone", "hours"),
    [
        ("rate(1 minute)", "UTC", 1),
        ("rate(60 minutes)", "UTC", 1),
        ("rate(61 minutes)", "UTC", 2),
        ("rate(1 day)", "Europe/Berlin", 24),  # a day of a rate has 24 hours
        ("rate(7 days)", "UTC", 168),
        ("cron(0 9 * * ? *)", "UTC", 24),
        ("cron(0/15 8-17 ? * 2,4,6 *)", "UTC", 63),  # Friday 17:45 to Monday 8:00
        ("cron(30 6 ? * MON-FRI *)", "UTC", 72),
        ("cron(0 9 ? * SAT *)", "UTC", 168),
        ("cron(0 9 ? * MON *)", "Europe/Berlin", 169),
        ("cron(0 9 */7 * ? *)", "UTC", 168),
        ("cron(* * * * ? *)", "UTC", 1),
        ("cron(0 9 * * ? *)", "Europe/Berlin", 25),  # the day of 25 hours in autumn
        ("cron(30 1 * * ? *)", "Europe/Berlin", 25),
        ("cron(30 2 * * ? *)", "Europe/Berlin", 47),  # 2:30 is left out in spring
        ("cron(30 3 * * ? *)", "Europe/Berlin", 25),
        ("cron(0 * * * ? *)", "Europe/Berlin", 2),  # the hour that is shown twice has one run
        ("cron(0 9 * * ? *)", "Australia/Lord_Howe", 25),  # half an hour more, rounded up
        ("cron(0 0 * * ? *)", "America/Santiago", 47),  # midnight is left out in spring
    ],
)
def test_the_longest_gap_between_two_runs_counts_the_change_of_the_clock(
    schedule: str, timezone: str, hours: int
) -> None:
    assert _read(schedule, timezone).longest_gap_hours == hours


@pytest.mark.parametrize(
    ("schedule", "timezone", "found"),
    [
        ("rate(169 hours)", "UTC", "169 h apart, not 168"),
        ("rate(8 days)", "UTC", "192 h apart"),
        ("rate(38 days)", "UTC", "912 h apart"),
        ("cron(0 9 1 */3 ? *)", "UTC", "2208 h apart"),  # each quarter
        ("cron(0 9 1,15 * ? *)", "UTC", "408 h apart"),
        ("cron(0 9 */8 * ? *)", "UTC", "192 h apart"),
        ("cron(0 9 * 1-6 ? *)", "UTC", "4440 h apart"),
        ("cron(0 9 29 2 ? *)", "UTC", "35064 h apart"),  # each leap year
        ("cron(0 9 31 2 ? *)", "UTC", "it never runs"),
        ("cron(0 9 31 4,6,9,11 ? *)", "UTC", "it never runs"),
        ("cron(30 2 ? * SUN *)", "Europe/Berlin", "335 h apart"),  # left out in spring
        ("cron(30 2 */7 * ? *)", "Europe/Berlin", "239 h apart"),  # in 2026: 29 March
    ],
)
def test_a_schedule_that_runs_less_than_once_in_seven_days_is_refused_with_its_longest_gap(
    schedule: str, timezone: str, found: str
) -> None:
    assert found in _refusal(schedule, timezone)


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "daily",
        "0 9 * * ? *",
        "cron(0 9 * * ?)",
        "cron(0 9 * * ? * *)",
        "cron(0 9 * * * *)",
        "cron(0 9 ? * ? *)",
        "cron(0 9 1 * 2 *)",
        "cron(60 9 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 9 32 * ? *)",
        "cron(0 9 0 * ? *)",
        "cron(0 9 * 13 ? *)",
        "cron(0 9 ? * 8 *)",
        "cron(0 9 ? * 0 *)",
        "cron(0 9 ? * MO *)",
        "cron(0 9 ? * FRI-MON *)",  # not documented
        "cron(0 9 ? * 1/2 *)",  # a step of the day of the week: not in the documentation
        "cron(0 9 ? * */2 *)",
        "cron(0/0 9 * * ? *)",
        "cron(0/60 9 * * ? *)",
        "cron(0,,1 9 * * ? *)",
        "cron(0,* 9 * * ? *)",
        "cron(0 ? * * ? *)",
        "cron(0 9 ?/2 * ? *)",
        "cron(0 9 L * ? *)",  # once a month, as the next four
        "cron(0 9 15W * ? *)",
        "cron(0 9 LW * ? *)",
        "cron(0 9 ? * 6L *)",
        "cron(0 9 ? * MON#1 *)",
        "cron(0 9 * * ? 2020)",  # over
        "cron(0 9 * * ? 2026-2030)",  # will be over
        "cron(0 9  * * ? *)",
        "cron(\u0660 9 * * ? *)",
        "cron(0 9 * * ? *)\n",
        "rate(0 days)",
        "rate(1 days)",
        "rate(2 day)",
        "rate(1 week)",
        "rate(-1 days)",
        "at(2027-01-01T09:00:00)",
        ["cron(0 9 * * ? *)"],
        7,
    ],
)
def test_a_schedule_that_is_no_recurring_expression_is_refused(schedule: object) -> None:
    _refusal(schedule)


@pytest.mark.parametrize(
    ("schedule", "timezone", "hours"),
    [
        ("cron(0 9 * * ? *)", "UTC", 26),
        ("cron(0 9 * * ? *)", "Europe/Berlin", 27),
        ("rate(1 hour)", "UTC", 3),
        ("cron(0 9 ? * MON-FRI *)", "UTC", 74),
        ("rate(166 hours)", "UTC", 168),
        ("rate(167 hours)", "UTC", 168),  # CloudWatch looks back seven days
        ("cron(0 9 ? * MON *)", "UTC", 168),
        ("cron(0 9 ? * MON *)", "Europe/Berlin", 168),  # the week in which the clock is set back
    ],
)
def test_the_silence_hours_are_by_default_the_longest_gap_and_two_hours_up_to_seven_days(
    schedule: str, timezone: str, hours: int
) -> None:
    assert _read(schedule, timezone).silence_hours == hours


@pytest.mark.parametrize("hours", ["24", "25", "168", 48])
def test_silence_hours_from_the_longest_gap_to_168_are_accepted(hours: object) -> None:
    assert _read("rate(1 day)", silence_hours=hours).silence_hours == int(str(hours))


@pytest.mark.parametrize(
    "hours", ["", "0", "23", 23, "169", "-1", "26h", "1.5", "\u0662\u0666", 0, 169, 26.0, True]
)
def test_silence_hours_below_the_longest_gap_or_above_168_are_refused(hours: object) -> None:
    with pytest.raises(ContextError) as refused:
        _read("rate(1 day)", silence_hours=hours)
    assert str(refused.value).startswith(
        f"context 'silence-hours' is {hours!r}; it accepts a whole number from 24 (the longest"
        " time between two runs of the schedule) to 168"
    )


def test_silence_hours_count_the_change_of_the_clock() -> None:
    with pytest.raises(ContextError, match="from 47 "):
        _read("cron(30 2 * * ? *)", "Europe/Berlin", silence_hours="46")


# A field as people write it, right or wrong.
_VALUE = st.sampled_from(["*", "0", "1", "2", "7", "9", "15", "29", "59", "MON", "JAN", "FRI"])
_END = st.one_of(st.just(""), _VALUE.map("-{}".format))
_STEP = st.sampled_from(["", "", "", "/1", "/2", "/5", "/7", "/15", "/0", "/99"])
_ITEM = st.builds("{}{}{}".format, _VALUE, _END, _STEP)
_FIELD = st.lists(_ITEM, min_size=1, max_size=3).map(",".join)
_DAYS = st.one_of(st.tuples(_FIELD, st.just("?")), st.tuples(st.just("?"), _FIELD))


@pytest.mark.no_cover
@example("0", "9", "*", ("?", "1/2"))
@given(_FIELD, _FIELD, st.one_of(st.just("*"), _FIELD), _DAYS)
def test_a_cron_expression_that_is_accepted_means_what_a_calculator_for_aws_says(
    minute: str, hour: str, month: str, days: tuple[str, str]
) -> None:
    expression = f"{minute} {hour} {days[0]} {month} {days[1]} *"
    cron = parse_schedule(f"cron({expression})")
    if isinstance(cron, Cron):
        oracle = AwsCroniter(expression)  # raises an error if AWS would refuse the expression
        assert cron.minutes == set(oracle.minutes)
        assert cron.hours == set(oracle.hours)
        assert cron.months == set(oracle.months)
        assert cron.days == set(oracle.days_of_month or range(1, 32))
        assert cron.weekdays == set(oracle.days_of_week or range(1, 8))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "days", ["* * ?", "*/7 * ?", "1,8,15,22 * ?", "2/6 * ?", "31 * ?", "? * MON", "? 1-11 2-6"]
)
def test_the_longest_gap_is_that_of_a_calculator_for_aws(days: str) -> None:
    """In 2027 and 2028, one of which is a leap year."""
    start, end = datetime(2027, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
    runs = AwsCroniter(f"30 9 {days} *").get_all_schedule_bw_dates(start, end)
    cron = parse_schedule(f"cron(30 9 {days} *)")
    assert cron
    assert longest_gap(cron, ZoneInfo("UTC")) == max(b - a for a, b in pairwise(runs))
