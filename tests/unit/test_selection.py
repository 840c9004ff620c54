"""Whose keys a run reads: no user with a key that a rule acts on is left out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from key_rotation.domain.inventory import CredentialReportRow, ListedUser, ReportedKey
from key_rotation.domain.model import User
from key_rotation.domain.selection import by_oldest_key, is_full_scan_due, select_users
from tests.unit.builders import (
    ALICE,
    NOW,
    TODAY,
    a_key,
    a_watch,
    days,
    days_ago,
    noticed,
    settings,
)

NO_KEY = ReportedKey(active=False, rotated=None)


def a_row(
    *keys: ReportedKey, created: float = 1000, has_more_keys: bool = False
) -> CredentialReportRow:
    """A user of the credential report, with no other key than these."""
    both = (*keys, NO_KEY, NO_KEY)[:2]
    return CredentialReportRow(created=days_ago(created), keys=both, has_more_keys=has_more_keys)


def active(age: float) -> ReportedKey:
    return ReportedKey(active=True, rotated=days_ago(age))


def inactive(age: float) -> ReportedKey:
    return ReportedKey(active=False, rotated=days_ago(age))


def is_selected(
    row: CredentialReportRow | None, *, user_age: float = 1000, always: bool = False, **changed: str
) -> bool:
    """Whether the keys of the only user are read."""
    listed = ListedUser(user=ALICE, created=days_ago(user_age))
    rows = {} if row is None else {ALICE.name: row}
    ids = frozenset({ALICE.user_id}) if always else frozenset[str]()
    return select_users([listed], rows, always=ids, now=NOW, settings=settings(**changed)) != ()


@pytest.mark.parametrize(
    ("last", "due"), [(None, True), (0, False), (6, False), (7, True), (8, True)]
)
def test_a_full_scan_is_due_every_seven_days(last: int | None, *, due: bool) -> None:
    assert is_full_scan_due(None if last is None else TODAY - days(last), NOW) is due


@pytest.mark.parametrize(("age", "selected"), [(82, False), (83, True), (90, True)])
def test_a_user_is_read_once_a_key_is_old_enough_for_a_notice(age: int, *, selected: bool) -> None:
    assert is_selected(a_row(active(age))) is selected
    assert is_selected(a_row(active(1), active(age))) is selected


def test_a_user_without_active_keys_is_not_read() -> None:
    assert not is_selected(a_row())
    assert not is_selected(a_row(inactive(400)))


def test_an_active_key_without_a_date_is_read() -> None:
    assert is_selected(a_row(ReportedKey(active=True, rotated=None)))


@pytest.mark.parametrize(("age", "selected"), [(82, False), (83, True)])
def test_a_user_without_a_row_is_read_if_old_enough_to_have_such_a_key(
    age: int, *, selected: bool
) -> None:
    """No key is older than its user."""
    assert is_selected(None, user_age=age) is selected


def test_a_user_with_more_keys_than_the_report_shows_is_read() -> None:
    assert is_selected(a_row(active(1), has_more_keys=True))


@pytest.mark.parametrize(
    ("seconds", "selected"), [(0, False), (0.9, False), (1, True), (-1, True), (3600, True)]
)
def test_the_row_of_an_earlier_user_of_the_same_name_is_not_used(
    seconds: float, *, selected: bool
) -> None:
    row = replace(a_row(active(1)), created=days_ago(1000) + timedelta(seconds=seconds))
    assert is_selected(row) is selected


def test_a_user_with_an_open_watch_is_always_read() -> None:
    assert is_selected(a_row(), user_age=1, always=True)


@pytest.mark.parametrize(
    ("row", "selected"),
    [
        (a_row(inactive(5)), True),
        (a_row(active(5)), False),
        (a_row(), False),
        (None, True),
        (a_row(has_more_keys=True), True),
        (a_row(created=999), True),
    ],
)
def test_adoption_needs_every_user_who_may_have_an_inactive_key(
    row: CredentialReportRow | None, *, selected: bool
) -> None:
    assert is_selected(row, user_age=1000, adopt_inactive_keys="true") is selected


@pytest.mark.parametrize(
    ("row", "selected"),
    [
        (a_row(inactive(1), created=1), True),
        (a_row(active(1), created=1), False),
        (a_row(created=1), False),
        (None, True),
        (a_row(created=1, has_more_keys=True), True),
        (a_row(active(1), created=999), True),
    ],
)
def test_adoption_needs_a_user_too_young_for_a_stale_key_as_well(
    row: CredentialReportRow | None, *, selected: bool
) -> None:
    """A key is adopted whatever its age."""
    assert is_selected(row, user_age=1, adopt_inactive_keys="true") is selected


@pytest.mark.parametrize(
    ("exemptions", "row", "selected"),
    [
        ("alice", a_row(active(1)), True),
        ("/al*", a_row(inactive(1)), True),
        ("bob", a_row(active(1)), False),
        ("AKIA*", a_row(active(1)), True),
        ("a*", a_row(active(1)), True),
        ("alice", a_row(), False),
        ("alice", a_row(has_more_keys=True), True),
        ("alice", None, True),
    ],
)
def test_a_user_who_may_have_an_exempt_key_is_read(
    exemptions: str, row: CredentialReportRow | None, *, selected: bool
) -> None:
    """Exempt keys are listed whatever their age."""
    assert is_selected(row, user_age=1, exemptions=exemptions) is selected


def test_users_with_the_oldest_watched_keys_come_first_then_the_oldest_users() -> None:
    users = [User(name=name, path="/", user_id=f"AIDA{name}") for name in "abcd"]
    listed = [
        ListedUser(user=user, created=days_ago(age))
        for user, age in zip(users, (3, 500, 2, 900), strict=True)
    ]
    watches = {
        key.access_key_id: a_watch(key, noticed(due=3))
        for key in (
            a_key(user=users[0], age=200, key_id="AKIA1"),
            a_key(user=users[2], age=90, key_id="AKIA2"),
            a_key(user=users[2], age=300, key_id="AKIA3"),
            a_key(user=users[2], age=80, key_id="AKIA4"),
        )
    }
    ordered = [user.user.name for user in by_oldest_key(listed, watches)]
    assert ordered == ["c", "a", "d", "b"]


def test_of_users_of_the_same_age_the_first_by_id_comes_first() -> None:
    users = [User(name=name, path="/", user_id=f"AIDA{name}") for name in ("b", "a", "c")]
    listed = [ListedUser(user=user, created=days_ago(5)) for user in users]
    assert [user.user.name for user in by_oldest_key(listed, {})] == ["a", "b", "c"]
