"""What lasts is news when it is new, and then once a week or once a month."""

from dataclasses import replace
from datetime import date

import pytest

from key_rotation.adapters import ledger_items
from key_rotation.domain.model import Reason
from key_rotation.domain.reported_days import MAX_BYTES, MONTH, WEEK, is_news, next_reported_days
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.news import lasting_by_user, mark_news
from key_rotation.reporting.outcome import Outcome, Section
from tests.unit.builders import NOON, TODAY, an_outcome, in_days, parameters

LIMIT_OF_AN_ITEM = 400 * 1024


def an_entry(section: Section, reason: Reason | None, detail: str | None = None) -> Outcome:
    """Return an outcome of alice's key."""
    return replace(an_outcome(section, reason=reason, detail=detail), user_id="AIDAALICE")


FAILED = an_entry(Section.FAILED, None, "its keys could not be listed (ListAccessKeys: x: 1)")
DEFERRED = an_entry(Section.DEFERRED, Reason.OVER_LIMIT, "not deactivated yet")
HELD = an_entry(Section.HELD, Reason.STILL_HELD)
UNKNOWN = an_entry(Section.HELD, Reason.STATUS_UNKNOWN, "Expired")


def is_news_after(outcome: Outcome, days: int, *, paused: bool = False) -> bool:
    """Return whether an outcome triggers a digest, some days after a digest reported it."""
    reported = {
        user: dict.fromkeys(what, in_days(-days))
        for user, what in lasting_by_user([outcome]).items()
    }
    [marked] = mark_news([outcome], reported, TODAY, paused=paused)
    return marked.triggers_digest


@pytest.mark.parametrize(
    ("outcome", "quiet_days"), [(FAILED, 7), (DEFERRED, 7), (HELD, 30), (UNKNOWN, 30)]
)
def test_what_was_reported_is_no_news_until_its_interval_has_passed(
    outcome: Outcome, quiet_days: int
) -> None:
    [new] = mark_news([replace(outcome, triggers_digest=False)], {}, TODAY, paused=False)
    assert new.triggers_digest
    assert not is_news_after(outcome, 0)
    assert not is_news_after(outcome, quiet_days - 1)
    assert is_news_after(outcome, quiet_days)


def test_a_day_in_the_future_hides_no_news() -> None:
    """A clock or a time zone was wrong."""
    assert is_news(in_days(1), TODAY, WEEK)
    assert is_news(in_days(400), TODAY, MONTH)


@pytest.mark.parametrize("reason", [Reason.REACTIVATED_TOO_OFTEN, Reason.IDENTITY_CHANGED], ids=str)
def test_a_new_hold_is_always_news_and_the_same_hold_later_is_not(reason: Reason) -> None:
    held_today = an_entry(Section.HELD, reason)
    assert is_news_after(held_today, 0)
    reported = {u: dict.fromkeys(w, TODAY) for u, w in lasting_by_user([held_today]).items()}
    [later] = mark_news([HELD], reported, TODAY, paused=False)
    assert not later.triggers_digest


def test_what_an_earlier_run_did_is_always_news() -> None:
    assert is_news_after(replace(HELD, happened_at=NOON), 0)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("its keys could not be listed (ListAccessKeys: AccessDenied: request 2)", True),
        ("its keys could not be listed (ListAccessKeys: Throttling: Rate exceeded)", True),
        ("its last use could not be read (GetAccessKeyLastUsed: x: 1)", False),
        ("deactivate: done in IAM, but not recorded; the next run tries to record it", False),
    ],
)
def test_a_failure_is_the_same_whatever_the_error_of_aws_says(text: str, *, same: bool) -> None:
    reported = {u: dict.fromkeys(w, TODAY) for u, w in lasting_by_user([FAILED]).items()}
    [other] = mark_news([replace(FAILED, detail=text)], reported, TODAY, paused=False)
    assert other.triggers_digest is not same


@pytest.mark.parametrize(
    "other",
    [
        replace(FAILED, access_key_id="AKIA2"),
        replace(FAILED, user_id="AIDABOB"),
        replace(UNKNOWN, section=Section.FAILED, reason=None),
        HELD,
        UNKNOWN,
        replace(UNKNOWN, detail="Suspended"),
    ],
)
def test_what_another_key_or_another_section_has_is_news(other: Outcome) -> None:
    reported = {
        u: dict.fromkeys(w, TODAY)
        for u, w in lasting_by_user([UNKNOWN if other.detail == "Suspended" else FAILED]).items()
    }
    [marked] = mark_news([other], reported, TODAY, paused=False)
    assert marked.triggers_digest


def test_while_changes_are_paused_a_deferred_key_is_no_news() -> None:
    """The head of the digest reports how many keys wait."""
    assert not is_news_after(DEFERRED, 400, paused=True)
    assert is_news_after(FAILED, 400, paused=True)


BEFORE = {"AIDA1": {"a": in_days(-3), "b": in_days(-2)}, "AIDA2": {"c": in_days(-1)}}


@pytest.mark.parametrize(
    ("lasting", "read", "listed", "reported_on", "after"),
    [
        ({"AIDA1": ["a"]}, {"AIDA1", "AIDA2"}, {"AIDA1", "AIDA2"}, TODAY, {"AIDA1": {"a": TODAY}}),
        (
            {"AIDA1": ["a"]},
            {"AIDA1", "AIDA2"},
            {"AIDA1", "AIDA2"},
            None,
            {"AIDA1": {"a": in_days(-3)}},
        ),
        ({"AIDA3": ["d"]}, {"AIDA1", "AIDA2"}, {"AIDA3"}, None, {"AIDA3": {}}),
        ({}, set(), {"AIDA1", "AIDA2"}, TODAY, BEFORE),
        ({}, set(), {"AIDA2"}, TODAY, {"AIDA2": {"c": in_days(-1)}}),
        ({"unknown": ["e"]}, set(), set(), TODAY, {"unknown": {"e": TODAY}}),
    ],
    ids=[
        "reported, and the rest is gone",
        "not reported",
        "new, not reported: only to be read again",
        "not read",
        "a user is gone",
        "a failure without a user",
    ],
)
def test_what_a_run_no_longer_finds_is_forgotten(
    lasting: dict[str, list[str]],
    read: set[str],
    listed: set[str],
    reported_on: date | None,
    after: dict[str, dict[str, date]],
) -> None:
    assert (
        next_reported_days(
            BEFORE, lasting, read_user_ids=read, listed_user_ids=listed, reported_on=reported_on
        )
        == after
    )


def item_size(value: object) -> int:
    """Return the bytes of a value in DynamoDB ("Item sizes and formats" of its guide)."""
    match value:
        case dict():
            return 3 + sum(1 + len(str(k).encode()) + item_size(v) for k, v in value.items())
        case list() | tuple():
            return 3 + sum(1 + item_size(part) for part in value)
        case str():
            return len(value.encode())
        case _:
            return 21


@pytest.mark.no_cover
@pytest.mark.parametrize(("users", "keys"), [(5_000, 2), (10_000, 1), (5_000, 40)])
def test_the_run_state_fits_into_an_item_whatever_fails(users: int, keys: int) -> None:
    """The most that an account can have, and more; the rest would be news again."""
    failing = {f"AIDA{n:017}": [f"{n:04}{k:04}" for k in range(keys)] for n in range(users)}
    days = next_reported_days(
        {}, failing, read_user_ids=set(), listed_user_ids=set(failing), reported_on=TODAY
    )
    state = RunState(
        parameters=parameters(exemptions="x" * 4096),
        ended_exemptions=("y" * 4096,),
        unmatched_exemptions={"z" * 4096: TODAY},
        reported_days=days,
    )
    assert item_size(ledger_items.encode_state(state)) < LIMIT_OF_AN_ITEM
    assert MAX_BYTES < LIMIT_OF_AN_ITEM


def test_every_key_of_the_largest_account_is_remembered() -> None:
    failing = {f"AIDA{n:017}": [f"{n:04}{k:04}" for k in range(2)] for n in range(5_000)}
    days = next_reported_days(
        {}, failing, read_user_ids=set(), listed_user_ids=set(failing), reported_on=TODAY
    )
    assert {user: set(found) for user, found in days.items()} == {
        user: set(found) for user, found in failing.items()
    }


@pytest.mark.parametrize(("spare", "fits"), [(0, True), (-1, False)])
def test_what_lasts_is_remembered_up_to_the_last_byte_of_its_room(
    spare: int, *, fits: bool
) -> None:
    """Each user takes 4 bytes more than the id, and each day 11 more than its name."""
    user_id = "u" * (MAX_BYTES - 4 - 2 * (3 + 11) - spare)
    after = next_reported_days(
        {},
        {user_id: ("one", "two")},
        read_user_ids=(),
        listed_user_ids=(),
        reported_on=TODAY,
    )
    assert after == ({user_id: {"one": TODAY, "two": TODAY}} if fits else {})


def test_of_a_user_who_was_not_read_the_earlier_days_stay_beside_what_was_found() -> None:
    """The keys could not be listed, so nobody knows whether a hold has ended."""
    after = next_reported_days(
        {"AIDAALICE": {"held": in_days(-9)}},
        {"AIDAALICE": ("failed",)},
        read_user_ids=(),
        listed_user_ids=("AIDAALICE",),
        reported_on=TODAY,
    )
    assert after == {"AIDAALICE": {"held": in_days(-9), "failed": TODAY}}
