"""Promise 4: the days that are given to changes never have more of them than the limit."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from key_rotation.domain.calendar import Calendar
from tests.unit.builders import TODAY, in_days

GRACE = timedelta(days=30)
DAYS = st.integers(0, 40)


def days_of(calendar: Calendar, earliest: date, count: int) -> list[int]:
    """Promise deactivations with their deletions; returns after how many days they are."""
    days = (calendar.promise_with_deletion(earliest, GRACE) for _ in range(count))
    return [(day - TODAY).days for day in days]


@pytest.mark.parametrize(
    ("count", "last"),
    [(1, 7), (25, 7), (26, 8), (100, 10), (750, 36), (751, 67), (1000, 76), (1500, 96)],
)
def test_a_backlog_is_spread_over_the_first_days_with_room(count: int, last: int) -> None:
    """After 30 days, the deletions of the first keys need all of the room for 30 days."""
    days = days_of(Calendar(limit=25), in_days(7), count)
    assert days == sorted(days)
    assert days[-1] == last


def test_a_day_needs_room_for_the_deletion_as_well() -> None:
    calendar = Calendar(limit=2)
    for _ in range(2):
        assert calendar.promise(in_days(37)) == in_days(37)
    assert days_of(calendar, in_days(7), 3) == [8, 8, 9]


def test_a_change_without_a_deletion_needs_room_on_its_own_day_only() -> None:
    """Also after a deactivation from the same day on that had to wait for room to delete."""
    calendar = Calendar(limit=1)
    calendar.promise(in_days(37))
    assert calendar.promise_with_deletion(in_days(7), GRACE) == in_days(8)
    assert calendar.promise(in_days(7)) == in_days(7)


def test_what_was_announced_keeps_its_day_even_over_the_limit_of_a_later_day() -> None:
    """What no longer fits takes the room of the next day, as the run will defer it."""
    calendar = Calendar(limit=2)
    assert [calendar.promise(in_days(3)) for _ in range(3)] == [in_days(3), in_days(3), in_days(4)]


@pytest.mark.parametrize(("gap", "last"), [(1, 10), (3, 16), (7, 28)])
def test_days_that_one_run_may_change_together_share_the_limit(gap: int, last: int) -> None:
    assert days_of(Calendar(limit=25, gap=gap), in_days(7), 100)[-1] == last


@pytest.mark.no_cover
@given(limit=st.integers(1, 4), gap=st.integers(1, 4), kept=st.lists(DAYS), new=st.lists(DAYS))
@settings(deadline=None, derandomize=True, database=None)
def test_no_stretch_between_two_runs_has_more_than_the_limit(
    limit: int, gap: int, kept: list[int], new: list[int]
) -> None:
    calendar, promised = Calendar(limit=limit, gap=gap), Counter[date]()
    for earliest in sorted(kept):
        promised[calendar.promise(in_days(earliest))] += 1
    for earliest in new:
        day = calendar.promise_with_deletion(in_days(earliest), GRACE)
        assert day >= in_days(earliest)
        promised[day] += 1
        promised[day + GRACE] += 1
    for start in promised:
        stretch = (promised[start + timedelta(days=offset)] for offset in range(gap))
        assert sum(stretch) <= limit
