"""The numbers of an account, at their boundaries."""

from dataclasses import replace

import pytest

from key_rotation.domain.model import Failure
from key_rotation_cli.preview.account import Account
from key_rotation_cli.preview.counts import Counts
from key_rotation_cli.preview.deployed import Deployed
from key_rotation_cli.preview.starting_point import starting_point
from key_rotation_cli.preview.thresholds import DEFAULTS, Flags, choose_thresholds
from tests.cli.preview.builders import a_preview, a_user, an_observed_key
from tests.unit.builders import NOW, VALUES, a_key, a_watch, noticed, watches_of


def counts_of(age: float, used: float | None, status: str = "Active") -> Counts:
    """Count an account with one key."""
    observed = an_observed_key(1, user="alice", age=age, used=used)
    key = a_key(age=age, status=status, user=observed.key.user)
    return a_preview(replace(observed, key=key)).counts


@pytest.mark.parametrize(
    ("age", "used", "unused"),
    [(100, 44, 0), (100, 45, 1), (100, 46, 1), (44, None, 0), (45, None, 1), (46, None, 1)],
)
def test_a_key_without_a_use_for_45_days_is_unused(
    age: float, used: float | None, unused: int
) -> None:
    assert counts_of(age, used).unused == unused


@pytest.mark.parametrize(("age", "stale"), [(89, 0), (90, 1), (91, 1)])
def test_an_active_key_of_90_days_is_stale(age: float, stale: int) -> None:
    assert counts_of(age, 1).stale == stale
    inactive = counts_of(age, 1, status="Inactive")
    assert (inactive.keys, inactive.active, inactive.stale) == (1, 0, 0)


def test_a_last_use_that_is_unknown_is_neither_never_nor_long_ago() -> None:
    observed = replace(an_observed_key(1, user="alice", age=400), last_use=None)
    counts = a_preview(observed).counts
    assert (counts.never_used, counts.unused, counts.unknown_use) == (0, 0, 1)


def test_users_with_two_active_keys_are_counted_once() -> None:
    keys = [an_observed_key(n, user="alice", age=5) for n in range(2)]
    others = [an_observed_key(n, user=f"user{n}", age=5) for n in range(2, 5)]
    assert a_preview(*keys, *others).counts.users_with_two_keys == 1


def test_the_defaults_are_the_parameters_of_a_new_deployment() -> None:
    assert DEFAULTS == VALUES


def test_the_day_of_a_key_that_could_not_be_read_stays_taken_and_that_of_one_gone_does_not() -> (
    None
):
    gone = a_watch(a_key(user=a_user("gone"), key_id="AKIAGONE"), noticed(due=3))
    unread = a_watch(a_key(user=a_user("unread"), key_id="AKIAUNREAD"), noticed(due=3))
    account = Account(
        users=1,
        counted_keys=(),
        observed_keys=(),
        unreadable=(Failure(user_name="unread", text="no"),),
    )
    deployed = Deployed(watches=watches_of(gone, unread))
    start = starting_point(choose_thresholds(Flags(), None), deployed, account, NOW)
    assert set(start.watches.by_key_id) == {"AKIAUNREAD"}
