"""The rules for active keys."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from key_rotation.domain.decide import decide
from key_rotation.domain.model import Action, Now, Reason
from key_rotation.domain.watch import Deactivating, Deleting, Ended, Held, Lapsed, State
from tests.unit.builders import (
    NOW,
    a_key,
    a_watch,
    deactivated,
    in_days,
    noticed,
    observed_key,
    settings,
)


@pytest.mark.parametrize(
    ("age", "action"),
    [
        (0, Action.KEEP),
        (82, Action.KEEP),
        (83, Action.NOTICE),
        (84, Action.NOTICE),
        (90, Action.NOTICE),
        (400, Action.NOTICE),
    ],
)
def test_a_key_is_noticed_from_notice_days_before_max_age(age: int, action: Action) -> None:
    """With 90 and 7 days, the notice is given on day 83."""
    decision = decide(observed_key(a_key(age=age)), None, now=NOW, settings=settings())
    assert decision.action is action


@pytest.mark.parametrize(("age", "due"), [(83, 7), (84, 7), (89, 7), (90, 7), (400, 7)])
def test_a_notice_gives_the_full_notice_days_whatever_the_age_of_the_key(
    age: int, due: int
) -> None:
    """A key first seen at 400 days gets the same notice as any other."""
    decision = decide(observed_key(a_key(age=age)), None, now=NOW, settings=settings())
    assert decision.due == in_days(due)


@pytest.mark.parametrize(
    ("max_age", "notice"), [("90", "7"), ("90", "10"), ("30", "1"), ("365", "90"), ("2", "1")]
)
def test_a_key_noticed_on_the_first_possible_day_is_due_when_it_becomes_stale(
    max_age: str, notice: str
) -> None:
    """Not one day earlier or later; one day before, the key is not noticed yet."""
    age = int(max_age) - int(notice)
    changed = settings(max_age_days=max_age, notice_days=notice)
    decision = decide(observed_key(a_key(age=age)), None, now=NOW, settings=changed)
    assert (decision.action, decision.due) == (Action.NOTICE, in_days(int(notice)))
    younger = observed_key(a_key(age=age - 1))
    assert decide(younger, None, now=NOW, settings=changed).action is Action.KEEP


@pytest.mark.parametrize("announced", [1, 30])
def test_a_new_notice_is_not_due_before_a_day_announced_earlier(announced: int) -> None:
    """The watch keeps the announced day of a withdrawn notice."""
    key = a_key(age=100)
    watch = a_watch(key, Lapsed(due=in_days(announced)))
    decision = decide(observed_key(key), watch, now=NOW, settings=settings())
    assert (decision.action, decision.due) == (Action.NOTICE, in_days(max(announced, 7)))


@pytest.mark.parametrize(
    ("due", "action"),
    [
        (7, Action.KEEP),
        (1, Action.KEEP),
        (0, Action.DEACTIVATE),
        (-1, Action.DEACTIVATE),
        (-30, Action.DEACTIVATE),
        (-31, Action.NOTICE),
    ],
)
def test_a_noticed_key_is_deactivated_on_its_due_day_or_later(due: int, action: Action) -> None:
    """A notice whose due day passed more than 30 days ago is given again."""
    key = a_key(age=200)
    watch = a_watch(key, noticed(due=due, at=7 - due))
    assert decide(observed_key(key), watch, now=NOW, settings=settings()).action is action


def test_a_repeated_notice_gives_the_full_notice_days() -> None:
    """The schedule was off, and the first notice is outdated."""
    key = a_key(age=200)
    watch = a_watch(key, noticed(due=-31, at=38))
    decision = decide(observed_key(key), watch, now=NOW, settings=settings())
    assert (decision.reason, decision.due) == (Reason.NOTICE_OUTDATED, in_days(7))


@pytest.mark.parametrize(
    ("due", "announced", "remind"),
    [(2, -5, False), (1, -6, True), (1, 0, False), (1, -1, True)],
)
def test_the_reminder_is_sent_once_on_the_day_before_the_deactivation(
    due: int, announced: int, *, remind: bool
) -> None:
    """Not earlier, and not if a digest of today has announced that day."""
    key = a_key(age=89)
    watch = a_watch(key, noticed(due=due, announced=announced))
    assert decide(observed_key(key), watch, now=NOW, settings=settings()).remind is remind


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        ({}, 3),
        ({"max_age_days": "94"}, 5),
        ({"notice_days": "14"}, 10),
        ({"max_age_days": "30"}, 3),
        ({"notice_days": "1"}, 3),
    ],
)
def test_an_announced_deactivation_day_only_moves_later(changed: dict[str, str], due: int) -> None:
    """Whatever the settings become."""
    key = a_key(age=89)
    watch = a_watch(key, noticed(due=3, at=4))
    assert decide(observed_key(key), watch, now=NOW, settings=settings(**changed)).due == in_days(
        due
    )


@pytest.mark.parametrize(
    ("max_age", "action"),
    [("94", Action.KEEP), ("95", Action.WITHDRAW), ("365", Action.WITHDRAW)],
)
def test_a_notice_is_withdrawn_if_new_thresholds_make_the_key_too_young(
    max_age: str, action: Action
) -> None:
    """At 87 days, with 7 days of notice, the notice stays in force up to a max-age of 94."""
    key = a_key(age=87)
    watch = a_watch(key, noticed(due=3))
    decision = decide(observed_key(key), watch, now=NOW, settings=settings(max_age_days=max_age))
    assert decision.action is action


@pytest.mark.parametrize(
    ("age", "action"),
    [(89, Action.KEEP), (90, Action.DEACTIVATE), (91, Action.DEACTIVATE)],
)
def test_with_zero_notice_days_a_stale_key_is_deactivated_immediately(
    age: int, action: Action
) -> None:
    """The run that finds the key deactivates it."""
    decision = decide(
        observed_key(a_key(age=age)), None, now=NOW, settings=settings(notice_days="0")
    )
    assert decision.action is action


def test_zero_notice_days_do_not_shorten_an_announced_period() -> None:
    """A day that was announced is kept."""
    key = a_key(age=100)
    watch = a_watch(key, Lapsed(due=in_days(3)))
    decision = decide(observed_key(key), watch, now=NOW, settings=settings(notice_days="0"))
    assert (decision.action, decision.due) == (Action.NOTICE, in_days(3))


def test_a_deactivation_announces_the_day_of_the_deletion() -> None:
    """It is grace-days from today."""
    key = a_key(age=90)
    decision = decide(
        observed_key(key), a_watch(key, noticed(due=0)), now=NOW, settings=settings(grace_days="45")
    )
    assert decision.due == in_days(45)


@pytest.mark.parametrize(
    ("reactivations", "action"),
    [(0, Action.NOTICE), (1, Action.NOTICE), (2, Action.HOLD), (3, Action.HOLD)],
)
def test_a_reactivated_key_is_noticed_twice_and_held_the_third_time(
    reactivations: int, action: Action
) -> None:
    """Each of the two notices gives the full notice days."""
    key = a_key(age=100)
    watch = a_watch(key, deactivated(since=3), reactivations=reactivations)
    decision = decide(observed_key(key), watch, now=NOW, settings=settings())
    assert decision.action is action
    assert decision.due == (in_days(7) if action is Action.NOTICE else None)


def test_a_key_with_a_recorded_intent_to_delete_can_be_reactivated() -> None:
    """The deletion did not happen, and a person wants the key."""
    key = a_key(age=130)
    watch = a_watch(key, Deleting(window=deactivated(since=30)))
    assert (
        decide(observed_key(key), watch, now=NOW, settings=settings()).reason is Reason.REACTIVATED
    )


def test_a_reactivated_key_is_noticed_even_with_zero_notice_days() -> None:
    """The deactivation is announced before the key is deactivated again."""
    key = a_key(age=130)
    watch = a_watch(key, deactivated(since=3))
    decision = decide(observed_key(key), watch, now=NOW, settings=settings(notice_days="0"))
    assert (decision.action, decision.due) == (Action.NOTICE, in_days(0))


@pytest.mark.parametrize(
    ("earliest_deactivation", "max_age", "due"),
    [(None, "90", 7), (5, "90", 7), (9, "90", 9), (None, "120", 20), (9, "120", 20)],
)
def test_a_reactivated_key_is_not_due_before_any_announced_day(
    earliest_deactivation: int | None, max_age: str, due: int
) -> None:
    """Nor before it is stale: an adopted key may have an announced day in the future."""
    key = a_key(age=100)
    window = replace(
        deactivated(since=3),
        earliest_deactivation=None
        if earliest_deactivation is None
        else in_days(earliest_deactivation),
    )
    watch = a_watch(key, window)
    decision = decide(observed_key(key), watch, now=NOW, settings=settings(max_age_days=max_age))
    assert (decision.action, decision.due) == (Action.NOTICE, in_days(due))


def test_a_held_key_stays_held() -> None:
    """No action is taken until a person has looked."""
    key = a_key(age=400)
    decision = decide(observed_key(key), a_watch(key, Held()), now=NOW, settings=settings())
    assert (decision.action, decision.reason) == (Action.HOLD, Reason.STILL_HELD)


def test_a_deactivation_that_started_but_did_not_happen_is_decided_again() -> None:
    """The key is active: IAM was not called, or did not change the key."""
    key = a_key(age=90)
    watch = a_watch(key, Deactivating(notice=noticed(due=0)))
    assert (
        decide(observed_key(key), watch, now=NOW, settings=settings()).action is Action.DEACTIVATE
    )


def test_an_unfinished_deactivation_without_notice_follows_the_current_settings() -> None:
    """If notice-days was raised since, the key is noticed first."""
    key = a_key(age=90)
    watch = a_watch(key, Deactivating(notice=None))
    assert decide(observed_key(key), watch, now=NOW, settings=settings()).action is Action.NOTICE


def test_a_deleted_key_that_iam_still_lists_as_active_is_kept() -> None:
    """IAM is eventually consistent."""
    key = a_key(age=400)
    decision = decide(observed_key(key), a_watch(key, Ended()), now=NOW, settings=settings())
    assert (decision.action, decision.reason) == (Action.KEEP, Reason.ALREADY_GONE)


@pytest.mark.parametrize("status", ["Expired", "Suspended", "active"])
def test_a_key_with_an_unknown_status_is_never_changed(status: str) -> None:
    """Whatever its age and its watch; the decision names the status."""
    key = a_key(age=400, status=status)
    decision = decide(observed_key(key), a_watch(key, noticed(due=0)), now=NOW, settings=settings())
    assert (decision.action, decision.note) == (Action.KEEP, status)


def test_an_exempt_active_key_is_never_changed() -> None:
    """Whatever its age; the decision gives the last day of the exemption and its reason."""
    exempt = settings(exemptions="alice until 2026-12-31 # migration")
    key = a_key(age=400)
    decision = decide(observed_key(key), a_watch(key, noticed(due=0)), now=NOW, settings=exempt)
    assert decision.action is Action.EXEMPT
    assert (str(decision.due), decision.note) == ("2026-12-31", "migration")


@pytest.mark.parametrize(
    ("line", "action", "due"),
    [
        (f"alice until {in_days(-8)}", Action.DEACTIVATE, 30),
        (f"alice until {in_days(-7)}", Action.NOTICE, 7),
        (f"alice until {in_days(-1)}", Action.NOTICE, 7),
        (f"bob until {in_days(-1)}", Action.DEACTIVATE, 30),
        (f"al* until {in_days(-30)}\nalice until {in_days(-1)}", Action.NOTICE, 7),
    ],
)
def test_an_exemption_that_ended_after_a_notice_cancels_the_notice(
    line: str, action: Action, due: int
) -> None:
    """Even if no run saw it in force. An earlier one, or another user's, does not."""
    key = a_key(age=97)
    watch = a_watch(key, noticed(due=0, at=7))
    decision = decide(observed_key(key), watch, now=NOW, settings=settings(exemptions=line))
    assert (decision.action, decision.due) == (action, in_days(due))


def test_a_notice_cancelled_by_an_exemption_keeps_its_announced_day() -> None:
    key = a_key(age=90)
    watch = a_watch(key, noticed(due=20, at=7))
    ended = settings(exemptions=f"alice until {in_days(-1)}")
    decision = decide(observed_key(key), watch, now=NOW, settings=ended)
    assert (decision.action, decision.due) == (Action.NOTICE, in_days(20))


def test_an_unfinished_deactivation_of_an_exempt_key_is_abandoned() -> None:
    """The key is still active, so there is nothing to finish."""
    key = a_key(age=90)
    watch = a_watch(key, Deactivating(notice=noticed(due=0)))
    decision = decide(observed_key(key), watch, now=NOW, settings=settings(exemptions="alice"))
    assert decision.action is Action.EXEMPT


@pytest.mark.parametrize(
    ("age", "state", "changed", "action", "reason"),
    [
        (10, None, {}, Action.KEEP, Reason.FRESH),
        (90, None, {}, Action.NOTICE, Reason.STALE),
        (90, None, {"notice_days": "0"}, Action.DEACTIVATE, Reason.STALE_WITHOUT_NOTICE),
        (90, noticed(due=3), {}, Action.KEEP, Reason.NOTICE_RUNNING),
        (90, noticed(due=0), {}, Action.DEACTIVATE, Reason.NOTICE_OVER),
        (90, noticed(due=3), {"max_age_days": "365"}, Action.WITHDRAW, Reason.THRESHOLDS_CHANGED),
        (90, deactivated(since=3), {}, Action.NOTICE, Reason.REACTIVATED),
    ],
)
def test_each_decision_on_an_active_key_gives_its_reason(
    age: int, state: State | None, changed: dict[str, str], action: Action, reason: Reason
) -> None:
    """The digest shows the reason, and the history stores it."""
    key = a_key(age=age)
    watch = a_watch(key, state) if state else None
    decision = decide(observed_key(key), watch, now=NOW, settings=settings(**changed))
    assert (decision.action, decision.reason) == (action, reason)


def test_a_key_reactivated_too_often_is_held_for_that_reason() -> None:
    """The reason is not that it was held before."""
    key = a_key(age=100)
    watch = a_watch(key, deactivated(since=3), reactivations=2)
    decision = decide(observed_key(key), watch, now=NOW, settings=settings())
    assert decision.reason is Reason.REACTIVATED_TOO_OFTEN


def test_a_key_whose_creation_date_differs_from_the_recorded_one_is_held() -> None:
    """A key id is unique, so a person must look."""
    watch = a_watch(a_key(age=90), noticed(due=0))
    decision = decide(observed_key(a_key(age=91)), watch, now=NOW, settings=settings())
    assert (decision.action, decision.reason) == (Action.HOLD, Reason.IDENTITY_CHANGED)


def test_a_held_key_whose_creation_date_differs_is_not_reported_as_new() -> None:
    """The hold has been reported already."""
    watch = a_watch(a_key(age=90), Held())
    decision = decide(observed_key(a_key(age=91)), watch, now=NOW, settings=settings())
    assert (decision.action, decision.reason) == (Action.HOLD, Reason.STILL_HELD)


@pytest.mark.parametrize(
    ("zone", "action"),
    [
        ("UTC", Action.NOTICE),
        ("America/New_York", Action.KEEP),
        ("Asia/Tokyo", Action.KEEP),
    ],
)
def test_ages_are_calendar_days_in_the_configured_time_zone(zone: str, action: Action) -> None:
    """83 days lie between the dates in UTC, and 82 in New York and Tokyo."""
    key = replace(a_key(), created=datetime(2026, 9, 2, 23, 30, tzinfo=UTC))
    now = Now(instant=datetime(2026, 11, 24, 0, 15, tzinfo=UTC), zone=ZoneInfo(zone))
    assert decide(observed_key(key), None, now=now, settings=settings()).action is action


def test_a_run_before_the_time_of_day_of_the_creation_is_not_a_day_late() -> None:
    """Days are calendar days: 90 days less one minute count as 90 if the dates differ by 90."""
    key = a_key(age=90 - 1 / 1440)
    watch = a_watch(key, noticed(due=0))
    assert (
        decide(observed_key(key), watch, now=NOW, settings=settings()).action is Action.DEACTIVATE
    )
