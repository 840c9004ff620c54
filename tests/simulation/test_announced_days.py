"""Promise: the announced day is the day, for a backlog of any size."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from key_rotation.domain.model import AccessKey
from tests.simulation.forecast import Forecast, forecast
from tests.unit.builders import a_key, in_days, settings


def a_backlog(ages: list[int]) -> list[AccessKey]:
    return [a_key(age=age, key_id=f"AKIA{number:05}") for number, age in enumerate(ages)]


def assert_announced_days_kept(result: Forecast, limit: int) -> None:
    """Every key has one notice, and is deactivated and deleted on the days that were announced."""
    for key_id, fate in result.fates.items():
        [(_, due)] = fate.notices
        assert fate.deactivated == due, key_id
        assert fate.deleted == fate.announced_deletion, key_id
        assert len(fate.reminders) <= 2, key_id
    assert max(result.changes.values()) <= limit


@pytest.mark.parametrize(
    ("count", "last"), [(100, 10), (1000, 76), pytest.param(1500, 96, marks=pytest.mark.soak)]
)
def test_a_backlog_is_worked_off_on_the_announced_days(count: int, last: int) -> None:
    """With the defaults, 25 changes a day."""
    result = forecast(a_backlog([400] * count), settings(), days=last + 31)
    assert_announced_days_kept(result, 25)
    assert max(fate.deactivated or in_days(0) for fate in result.fates.values()) == in_days(last)


def test_each_key_is_reminded_the_day_before_its_deactivation_and_its_deletion() -> None:
    result = forecast(a_backlog([400, 100, 83]), settings(max_changes_per_run="1"), days=60)
    assert [fate.reminders for fate in result.fates.values()] == [
        [in_days(6), in_days(36)],
        [in_days(7), in_days(37)],
        [in_days(8), in_days(38)],
    ]


@given(
    ages=st.lists(st.integers(0, 130), min_size=1, max_size=12),
    limit=st.integers(1, 3),
    notice=st.integers(1, 9),
    grace=st.integers(1, 9),
)
@hypothesis_settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_with_constant_settings_each_key_is_changed_on_its_day(
    ages: list[int], limit: int, notice: int, grace: int
) -> None:
    """Keys of all ages; those that grow old later get the days that are left."""
    current = settings(
        max_changes_per_run=str(limit), notice_days=str(notice), grace_days=str(grace)
    )
    result = forecast(a_backlog(ages), current, days=220)
    assert_announced_days_kept(result, limit)


@pytest.mark.parametrize("every", [2, 3, 7])
def test_runs_that_are_days_apart_change_a_backlog_with_the_first_run_from_its_day_on(
    every: int,
) -> None:
    """The days between two runs share the limit, so that no key is deferred."""
    result = forecast(a_backlog([400] * 60), settings(max_changes_per_run="10"), 150, every=every)
    assert max(result.changes.values()) <= 10
    for fate in result.fates.values():
        [(_, due)] = fate.notices
        assert fate.deactivated
        assert 0 <= (fate.deactivated - due).days < every
