"""Promise 10: a state in which nothing is enforced is at the head of each digest, and weekly."""

from dataclasses import replace
from typing import Any

import pytest

from key_rotation.domain.inventory import Inventory, ReportedKey, Scan
from key_rotation.domain.model import Failure, Mode, Reason, User
from key_rotation.domain.run_state import Continuation, RunState
from key_rotation.domain.suspension import suspensions
from key_rotation.reporting.digest import subject
from key_rotation.reporting.outcome import Section
from tests.unit.builders import (
    ALICE,
    NOON,
    TODAY,
    a_key,
    a_part,
    a_plan,
    a_report,
    an_inventory,
    an_outcome,
    in_days,
    observed_key,
    parameters,
)
from tests.unit.digest_builders import email_body, json_document, single_message

BOB = User(name="bob", path="/", user_id="AIDABOB")
KEYS = an_inventory(observed_key(a_key()), observed_key(a_key(user=BOB, key_id="AKIABOB")))
LATER = Continuation(part=1, user_ids=("AIDABOB",), scan=Scan.FULL, event_id="event-2")


def reasons(
    inventory: Inventory = KEYS, *, later: RunState | None = None, **changed: Any
) -> set[str]:
    """Return why nothing is enforced, in the first part or in a later one."""
    part = a_part(
        inventory=inventory,
        plan=a_plan(inventory, **changed),
        continued_from=LATER if later else None,
        **changed,
    )
    return set(suspensions(part, later or RunState()))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        ({"max_changes_per_run": "0"}, {"paused"}),
        ({"max_changes_per_run": "1"}, set()),
        ({"exemptions": "*"}, {"all-exempt"}),
        ({"exemptions": "alice\nbob"}, {"all-exempt"}),
        ({"exemptions": "/*"}, {"all-exempt"}),
        ({"exemptions": "AKIA*"}, {"all-exempt"}),
        ({"exemptions": "alice"}, set()),
        ({"exemptions": "* until 2026-11-24"}, {"all-exempt"}),
        ({"exemptions": "* until 2026-11-23"}, set()),
        ({"exemptions": "*", "max_changes_per_run": "0"}, {"paused", "all-exempt"}),
    ],
)
def test_a_limit_of_zero_and_an_exemption_of_every_key_enforce_nothing(
    changed: dict[str, Any], expected: set[str]
) -> None:
    assert reasons(**changed) == expected


def test_report_mode_enforces_nothing_if_it_is_the_setting() -> None:
    """A report run that a person started suspends nothing."""
    assert set(suspensions(a_part(mode=Mode.REPORT, setting="report"), RunState())) == {
        "report-mode"
    }
    assert not suspensions(a_part(mode=Mode.REPORT), RunState())


def test_an_account_without_keys_is_not_exempt() -> None:
    assert reasons(an_inventory(), exemptions="*") == set()


UNREAD = replace(KEYS, users=(*KEYS.users, User(name="carol", path="/", user_id="AIDACAROL")))


@pytest.mark.parametrize(
    ("inventory", "exemptions", "expected"),
    [
        (replace(UNREAD, unread_user_ids=("AIDACAROL",)), "alice\nbob", set()),
        (replace(UNREAD, unread_user_ids=("AIDACAROL",)), "*", {"all-exempt"}),
        (replace(UNREAD, failures=(Failure(user_name="carol", text="x"),)), "alice\nbob", set()),
        (replace(UNREAD, failures=(Failure(user_name="carol", text="x"),)), "*", {"all-exempt"}),
        (replace(UNREAD, reported_keys=(ReportedKey(active=True, rotated=NOON),)), "*", set()),
        (UNREAD, "alice\nbob", {"all-exempt"}),
    ],
    ids=["not read yet", "covered", "unreadable", "unreadable, covered", "only reported", "no key"],
)
def test_an_unread_user_counts_as_exempt_only_by_name_or_path(
    inventory: Inventory, exemptions: str, expected: set[str]
) -> None:
    assert reasons(inventory, exemptions=exemptions) == expected


@pytest.mark.parametrize(("last", "exempt"), [(-1, False), (0, True), (1, True)])
def test_an_unread_user_is_exempt_up_to_the_last_day(last: int, *, exempt: bool) -> None:
    inventory = an_inventory(unread=[BOB])
    found = reasons(inventory, exemptions=f"bob until {in_days(last)}")
    assert found == ({"all-exempt"} if exempt else set())


@pytest.mark.parametrize(("exempt", "expected"), [(True, {"all-exempt"}), (False, set())])
def test_keys_that_only_the_credential_report_gives_are_keys_too(
    expected: set[str], *, exempt: bool
) -> None:
    """Where nobody had to be read."""
    reported = ReportedKey(active=True, rotated=NOON, exempt=exempt)
    inventory = replace(an_inventory(), reported_keys=(reported,))
    assert reasons(inventory, exemptions="*") == expected


@pytest.mark.parametrize(
    ("exemptions", "before", "expected"),
    [("*", {"all-exempt"}, {"all-exempt"}), ("*", set(), set()), ("alice", {"all-exempt"}, set())],
)
def test_a_later_part_can_only_refute_what_the_first_one_found(
    exemptions: str, before: set[str], expected: set[str]
) -> None:
    previous = RunState(suspended_since=dict.fromkeys(before, TODAY))
    assert reasons(later=previous, exemptions=exemptions) == expected


@pytest.mark.parametrize(
    ("since", "reported", "triggers"),
    [(0, None, False), (-6, None, False), (-7, None, True), (-30, -6, False), (-30, -7, True)],
)
def test_a_suspension_sends_a_digest_by_itself_once_a_week(
    since: int, reported: int | None, *, triggers: bool
) -> None:
    """From the day on which it was first seen, or was last in a digest."""
    previous = RunState(
        parameters=parameters(max_changes_per_run="0"),
        suspended_since={"paused": in_days(since)},
        suspension_reported=None if reported is None else in_days(reported),
    )
    report = a_report(previous=previous, max_changes_per_run="0")
    assert report.needs_digest is triggers
    assert report.suspended_since == {"paused": in_days(since)}


def test_the_end_of_a_suspension_ends_its_weeks() -> None:
    previous = RunState(
        parameters=parameters(),
        suspended_since={"paused": in_days(-30)},
        suspension_reported=in_days(-30),
    )
    assert not a_report(previous=previous).needs_digest


PAUSED: dict[str, Any] = {"max_changes_per_run": "0"}
WAITING = an_outcome(Section.DEFERRED, reason=Reason.OVER_LIMIT, due=None, triggers_digest=False)
NOTICED = an_outcome(due=7, key_id="AKIA2")
TOMORROW = an_outcome(
    Section.UPCOMING,
    reason=Reason.NOTICE_RUNNING,
    due=1,
    key_id="AKIA3",
    triggers_digest=False,
)


def test_while_changes_are_paused_the_digest_says_so_and_how_many_keys_wait() -> None:
    text = email_body(WAITING, NOTICED, TOMORROW, **PAUSED)
    plain = " ".join(text.replace("| ", "").split())
    assert "PAUSED since Tue 24 Nov 2026: max-changes-per-run is 0" in plain
    assert "1 key waits; on release they are deactivated or deleted at once" in plain
    assert subject(a_report(WAITING, NOTICED, TOMORROW, **PAUSED)).endswith(
        ": PAUSED, 1 notice, 1 suspended, 1 deferred"
    )


def test_while_changes_are_paused_no_day_is_near() -> None:
    text = email_body(WAITING, NOTICED, TOMORROW, **PAUSED)
    for untrue in ("stops working", "TOMORROW", "tomorrow", "Next due", "will be deleted"):
        assert untrue not in text
    plain = " ".join(text.replace("| ", "").split())
    assert "is to stop working on Wed 25 Nov 2026; suspended while changes are paused" in plain


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        (PAUSED, "PAUSED since"),
        ({"exemptions": "*"}, "ALL EXEMPT since"),
        ({"setting": "report", "mode": Mode.REPORT}, "REPORT MODE since"),
    ],
)
def test_a_suspended_digest_is_a_warning_and_names_its_reason_at_its_head(
    changed: dict[str, Any], title: str
) -> None:
    settings: dict[str, Any] = {
        name: value for name, value in changed.items() if name == "exemptions"
    }
    plan = a_plan(KEYS, **settings)
    message = single_message(NOTICED, inventory=KEYS, plan=plan, **changed)
    assert message.attributes["severity"] == "warning"
    assert "suspended" in message.attributes["event"]
    assert message.variants["email"].split("\n\n")[1].startswith(title)
    assert list(json_document(message)["suspended_since"].values()) == ["2026-11-24"]
    assert ALICE in KEYS.users
