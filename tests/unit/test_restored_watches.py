"""What becomes of each watch that came from a backup."""

from dataclasses import replace

import pytest

from key_rotation.domain.restored_ledger import restart
from key_rotation.domain.watch import (
    Deactivated,
    Deactivating,
    Deleting,
    Ended,
    Held,
    Lapsed,
    State,
    Watches,
)
from tests.unit.builders import a_key, a_watch, deactivated, in_days, noticed

WINDOW: Deactivated = deactivated(since=9)
INTERRUPTED = replace(WINDOW, interrupted=True)


def restarted(state: State) -> list[State]:
    """Return the states that are written for a watch in a state."""
    watch = a_watch(a_key(), state, version=4)
    changes = list(restart(Watches(by_key_id={watch.access_key_id: watch})))
    assert all(change.watch == replace(watch, state=change.watch.state) for change in changes)
    return [change.watch.state for change in changes]


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (noticed(due=3), Lapsed(due=in_days(3))),
        (Deactivating(notice=noticed(due=0)), Deactivating(notice=None)),
        (WINDOW, INTERRUPTED),
        (Deleting(window=WINDOW), INTERRUPTED),
    ],
)
def test_every_open_notice_and_window_starts_anew(state: State, after: State) -> None:
    assert restarted(state) == [after]


@pytest.mark.parametrize(
    "state",
    [Lapsed(due=in_days(3)), Held(), Ended(), INTERRUPTED, Deactivating(notice=None)],
)
def test_what_need_not_start_anew_is_not_written(state: State) -> None:
    assert restarted(state) == []


def test_each_of_several_watches_starts_anew_by_itself() -> None:
    open_notice = a_watch(a_key(key_id="AKIA1"), noticed(due=3))
    lapsed = a_watch(a_key(key_id="AKIA2"), Lapsed(due=None))
    window = a_watch(a_key(key_id="AKIA3"), WINDOW)
    watches = {each.access_key_id: each for each in (open_notice, lapsed, window)}
    changes = restart(Watches(by_key_id=watches))
    assert [change.watch.access_key_id for change in changes] == ["AKIA1", "AKIA3"]
