"""The organization's limit of changes is shared out to the oldest keys of all accounts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from key_rotation.domain.model import LastUse
from key_rotation.domain.organisation.change_shares import (
    DueChange,
    due_changes,
    follows_its_own_limit,
    share_out,
)
from key_rotation.domain.watch import (
    Deactivated,
    Deactivating,
    Deleting,
    Ended,
    Held,
    Lapsed,
    Noticed,
    State,
    Watch,
)
from tests.unit.builders import ALICE, KEY_ID, NOON, NOW, days_ago, in_days, settings
from tests.unit.organisation.organisation_builders import FIRST, SECOND, THIRD


def noticed(due: int, *, at: int = 20, **fields: object) -> Noticed:
    """Return a notice, given some days ago, that is due in some days."""
    notice = Noticed(at=days_ago(at), due=in_days(due), announced_on=in_days(-at))
    return replace(notice, **fields)  # type: ignore[arg-type]  # a field of a notice


def window(due: int, *, since: int = 60, **fields: object) -> Deactivated:
    """Return a grace window, opened some days ago, whose deletion is due in some days."""
    opened = days_ago(since)
    baseline = LastUse(at=days_ago(200), service="s3", region="eu-west-1")
    deactivated = Deactivated(
        since=opened,
        start=opened,
        baseline=baseline,
        due=in_days(due),
        announced_on=in_days(-since),
    )
    return replace(deactivated, **fields)  # type: ignore[arg-type]  # a field of a window


def watch(state: State, *, age: int = 400, key_id: str = KEY_ID, refused: bool = False) -> Watch:
    """Return the watch of a key of an age in days."""
    return Watch(
        access_key_id=key_id,
        user=ALICE,
        created=days_ago(age),
        state=state,
        version=1,
        refused=refused,
    )


STATES = [
    (noticed(-1), {}, True),
    (noticed(0), {}, True),
    (noticed(1), {}, False),
    (noticed(-30, at=40), {}, True),
    (noticed(-31, at=40), {}, False),  # a new notice is given
    (noticed(0), {"exemptions": "alice"}, False),
    (noticed(0), {"exemptions": KEY_ID}, False),
    (noticed(0, inactive_since=in_days(-1)), {}, False),
    (noticed(0), {"max_age_days": "500"}, False),  # withdrawn
    (window(-1), {}, True),
    (window(0), {}, True),
    (window(1), {}, False),
    (window(0), {"delete_unused_keys": "false"}, False),
    (window(0, interrupted=True), {}, False),
    (window(0, adopted=True), {}, False),
    (window(0, adopted=True), {"adopt_inactive_keys": "true"}, True),
    (Deactivating(notice=noticed(0)), {}, True),
    (Deleting(window=window(0)), {}, True),
    (Lapsed(due=None), {}, False),
    (Held(), {}, False),
    (Ended(), {}, False),
]


@pytest.mark.parametrize(("state", "changed", "due"), STATES)
def test_a_change_is_due_where_a_run_makes_it(
    state: State, changed: dict[str, str], *, due: bool
) -> None:
    found = due_changes(FIRST, [watch(state)], settings(**changed), NOW)
    assert bool(found) is due


def test_no_more_is_due_in_an_account_than_its_own_limit() -> None:
    """The oldest keys; those whose last change failed come after all others."""
    watches = [
        watch(noticed(0), age=200, key_id="AKIA200"),
        watch(noticed(0), age=400, key_id="AKIA400", refused=True),
        watch(window(0), age=300, key_id="AKIA300"),
    ]
    for limit in range(4):
        found = due_changes(FIRST, watches, settings(max_changes_per_run=str(limit)), NOW)
        assert [each.access_key_id for each in found] == ["AKIA300", "AKIA200", "AKIA400"][:limit]


@pytest.mark.parametrize(("days", "own"), [("0", True), ("1", False), ("7", False)])
def test_without_notice_an_account_follows_its_own_limit(days: str, *, own: bool) -> None:
    assert follows_its_own_limit(settings(notice_days=days)) is own


def due(account_id: str, age: int, key_id: str = "AKIA1", *, refused: bool = False) -> DueChange:
    """Return a change that is due for a key of an age in days."""
    return DueChange(
        refused=refused,
        created=NOON - timedelta(days=age),
        account_id=account_id,
        access_key_id=key_id,
    )


ALL = (FIRST, SECOND, THIRD)
FOUR = [due(FIRST, 100), due(FIRST, 400), due(SECOND, 300), due(THIRD, 200)]


@pytest.mark.parametrize(
    ("limit", "shares"),
    [
        (0, [0, 0, 0]),
        (1, [1, 0, 0]),
        (2, [1, 1, 0]),
        (3, [1, 1, 1]),
        (4, [2, 1, 1]),
        (5, [2, 1, 1]),
    ],
)
def test_the_limit_goes_to_the_oldest_keys_of_all_accounts(limit: int, shares: list[int]) -> None:
    """Room that is left goes to nobody, since it may be needed twice; 0 pauses all."""
    assert list(share_out(limit, FOUR, ALL).values()) == shares


def test_a_pause_holds_although_nothing_is_due() -> None:
    assert share_out(0, [], ALL) == dict.fromkeys(ALL, 0)


def test_keys_whose_change_failed_take_no_share_from_others() -> None:
    changes = [due(FIRST, 400, refused=True), due(SECOND, 100)]
    assert share_out(1, changes, ALL) == {FIRST: 0, SECOND: 1, THIRD: 0}


def test_of_equally_old_keys_the_account_and_the_key_decide() -> None:
    """In whatever order they were read."""
    changes = [due(SECOND, 9, "AKIA1"), due(FIRST, 9, "AKIA3"), due(FIRST, 9, "AKIA2")]
    assert share_out(2, changes, ALL) == share_out(2, changes[::-1], ALL)
    assert share_out(2, changes, ALL) == {FIRST: 2, SECOND: 0, THIRD: 0}
