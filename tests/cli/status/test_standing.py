"""Where a key stands, and which day comes next."""

from datetime import date
from typing import Any

import pytest

from key_rotation.domain.model import NEVER_USED, AccessKey, Failure
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Deactivating, Held, Lapsed, State, Watch
from key_rotation_cli.status.screen import document
from key_rotation_cli.status.standing import State as Standing
from key_rotation_cli.status.standing import oldest_first, standing, unreadable
from tests.unit.builders import (
    NOW,
    a_key,
    a_watch,
    days_ago,
    deactivated,
    in_days,
    noticed,
    observed_key,
    settings,
    used,
)

NO_DUE = None
EXEMPT = settings(exemptions="alice until 2027-01-31 # ticket 12")
NO_DELETION = settings(delete_unused_keys="false")


def watched(key: AccessKey, state: State, reactivations: int = 0) -> Watch:
    return a_watch(key, state, reactivations=reactivations)


ACTIVE, INACTIVE = a_key(age=100), a_key(age=100, status="Inactive")


@pytest.mark.parametrize(
    ("key", "watch", "current", "state", "due", "text"),
    [
        (a_key(age=10), None, settings(), Standing.FRESH, in_days(73), "fresh until {day}"),
        (a_key(age=82), None, settings(), Standing.FRESH, in_days(1), "fresh until {day}"),
        (a_key(age=83), None, settings(), Standing.FRESH, in_days(7), "gets its notice with the"),
        (ACTIVE, None, settings(), Standing.FRESH, in_days(7), "gets its notice with the next run"),
        (
            ACTIVE,
            watched(ACTIVE, noticed(due=3)),
            settings(),
            Standing.NOTICED,
            in_days(3),
            "noticed, stops {day}",
        ),
        (
            ACTIVE,
            watched(ACTIVE, noticed(due=0)),
            settings(),
            Standing.NOTICED,
            in_days(30),
            "stops with the next run",
        ),
        (
            ACTIVE,
            watched(ACTIVE, noticed(due=0)),
            settings(max_changes_per_run="0"),
            Standing.NOTICED,
            in_days(30),
            "stops when changes are resumed",
        ),
        (
            ACTIVE,
            None,
            settings(mode="report"),
            Standing.FRESH,
            in_days(7),
            "gets its notice once the mode is enforce",
        ),
        (
            ACTIVE,
            watched(ACTIVE, noticed(due=0)),
            settings(mode="report"),
            Standing.NOTICED,
            in_days(30),
            "stops once the mode is enforce",
        ),
        (
            INACTIVE,
            watched(INACTIVE, deactivated(since=10, due=20)),
            settings(),
            Standing.DEACTIVATED,
            in_days(20),
            "off, deleted {day}",
        ),
        (
            INACTIVE,
            watched(INACTIVE, deactivated(since=30, due=0)),
            settings(),
            Standing.DEACTIVATED,
            NO_DUE,
            "off, deleted with the next run",
        ),
        (
            INACTIVE,
            watched(INACTIVE, deactivated(since=10, due=20)),
            NO_DELETION,
            Standing.DEACTIVATED,
            in_days(20),
            "off, not deleted",
        ),
        (
            INACTIVE,
            watched(INACTIVE, Deactivating(notice=noticed(due=0))),
            settings(),
            Standing.DEACTIVATED,
            in_days(30),
            "off, recorded with the next run",
        ),
        (INACTIVE, None, settings(), Standing.NOT_OURS, NO_DUE, "not ours"),
        (
            INACTIVE,
            None,
            settings(adopt_inactive_keys="true"),
            Standing.NOT_OURS,
            in_days(30),
            "gets a grace window with the next run",
        ),
        (
            ACTIVE,
            watched(ACTIVE, Held(since=days_ago(1))),
            settings(),
            Standing.HELD,
            NO_DUE,
            "held",
        ),
        (
            ACTIVE,
            watched(ACTIVE, deactivated(since=10, due=20), 2),
            settings(),
            Standing.HELD,
            NO_DUE,
            "held",
        ),
        (
            ACTIVE,
            watched(ACTIVE, deactivated(since=10, due=20), 1),
            settings(),
            Standing.FRESH,
            in_days(7),
            "gets its notice with the next run",
        ),
        (
            ACTIVE,
            watched(ACTIVE, Lapsed(due=None)),
            EXEMPT,
            Standing.EXEMPT,
            date(2027, 1, 31),
            "ex",
        ),
        (
            a_key(age=5),
            None,
            EXEMPT,
            Standing.EXEMPT,
            date(2027, 1, 31),
            "exempt until 31 Jan 2027",
        ),
        (
            a_key(status="Expired"),
            None,
            settings(),
            Standing.UNKNOWN_STATUS,
            NO_DUE,
            "status not known",
        ),
    ],
)
def test_a_key_stands_where_the_next_run_finds_it(
    key: AccessKey,
    watch: Watch | None,
    current: Settings,
    state: Standing,
    due: date | None,
    text: str,
) -> None:
    found = standing(observed_key(key), watch, now=NOW, settings=current)
    day = f"{due.day} {due:%b %Y}" if due else ""
    assert (found.state, found.due) == (state, due)
    assert found.text.startswith(text.format(day=day))


def test_a_key_whose_last_use_is_not_known_in_its_window_is_unreadable() -> None:
    watch = watched(INACTIVE, deactivated(since=10, due=20))
    found = standing(observed_key(INACTIVE, None), watch, now=NOW, settings=settings())
    assert (found.state, found.access_key_id) == (Standing.UNREADABLE, INACTIVE.access_key_id)


def test_the_document_gives_age_last_use_and_reason() -> None:
    last_use = used(days_ago(2))
    found = standing(observed_key(a_key(age=10), last_use), None, now=NOW, settings=settings())
    failed = unreadable(Failure(user_name="bob", text="its keys could not be listed (denied)"))
    keys: Any = document(oldest_first([found, failed]), NOW)["keys"]
    bob, alice = keys
    assert alice == {
        "user": "alice",
        "access_key_id": a_key().access_key_id,
        "status": "Active",
        "age_days": 10,
        "last_used": days_ago(2).isoformat(),
        "state": "fresh",
        "due": in_days(73).isoformat(),
        "reason": "younger than max-age-days less notice-days",
    }
    assert (bob["access_key_id"], bob["state"], bob["age_days"]) == (None, "unreadable", None)


def test_a_key_that_was_never_used_has_no_last_use() -> None:
    found = standing(observed_key(a_key(), NEVER_USED), None, now=NOW, settings=settings())
    assert found.last_used is None
