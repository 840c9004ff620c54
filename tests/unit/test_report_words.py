"""What the digest says of parts of a run, of what comes next, and in report mode."""

import json
from dataclasses import replace
from typing import Any

import pytest

from key_rotation.domain.inventory import Inventory, ReportedKey, Scan
from key_rotation.domain.model import Mode, Reason, User
from key_rotation.domain.run_state import Continuation
from key_rotation.reporting.digest import compose, subject
from key_rotation.reporting.metrics import run_metrics
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.response import response
from tests.unit.builders import (
    ALICE,
    NOON,
    a_finished_part,
    a_key,
    a_plan,
    a_report,
    an_inventory,
    an_outcome,
    days_ago,
    in_days,
    observed_key,
)
from tests.unit.digest_builders import email_body, json_document, many_outcomes, single_message

REPORT: dict[str, Any] = {"mode": Mode.REPORT, "setting": "report"}
BOB, CAROL = (User(name=n, path="/", user_id=f"AIDA{n.upper()}") for n in ("bob", "carol"))
FULL = replace(an_inventory(observed_key(a_key()), users=[ALICE, BOB, CAROL]), scan=Scan.FULL)
FIRST = replace(FULL, read_user_ids=frozenset({ALICE.user_id}), unread_user_ids=("AIDABOB", "C"))
LATER = Continuation(part=1, user_ids=("AIDABOB",), scan=Scan.FULL, event_id="event-2")


@pytest.mark.parametrize(
    ("inventory", "later", "part", "users_left"),
    [(FULL, None, 1, 0), (FIRST, None, 1, 2), (FULL, LATER, 2, 0)],
)
def test_answer_and_digest_say_which_part_of_a_run_they_are(
    inventory: Inventory, later: Continuation | None, part: int, users_left: int
) -> None:
    """An answer that has not all keys must not look as if it had."""
    options: dict[str, Any] = {"inventory": inventory, "continued_from": later}
    answer = response(a_finished_part(an_outcome(), **options))
    document = json_document(single_message(an_outcome(), **options))
    assert (answer["part"], answer["users_left"]) == (part, users_left)
    assert (document["part"], document["users_left"]) == (part, users_left)
    is_part = (part, users_left) != (1, 0)
    assert (f"(part {part})" in subject(a_report(an_outcome(), **options))) is is_part
    text = " ".join(email_body(an_outcome(), **options).split())
    assert ("the keys of all users were read" in text) is not is_part
    assert (f"Part {part} of the run: the keys of" in text) is is_part
    assert ("3 users, 1 key." in text) is not is_part


def next_due(*outcomes: Outcome, **options: Any) -> str | None:
    """Return what the head of the e-mail gives as the next thing to come."""
    lines = email_body(*outcomes, **options).partition("\n\n\n")[0].splitlines()
    return next((line[11:] for line in lines if line.startswith("  Next due ")), None)


UPCOMING = an_outcome(Section.UPCOMING, reason=Reason.NOTICE_RUNNING, due=20, key_id="AKIA1")
WINDOW = an_outcome(Section.UPCOMING, reason=Reason.IN_WINDOW, due=3, key_id="AKIA2")
DEFERRED = an_outcome(Section.DEFERRED, reason=Reason.OVER_LIMIT, due=None, key_id="AKIA3")


@pytest.mark.parametrize(
    ("outcomes", "options", "expected"),
    [
        ((), {}, None),
        ((UPCOMING,), {}, "Mon 14 Dec 2026"),
        ((UPCOMING, WINDOW), {}, "Fri 27 Nov 2026"),
        ((UPCOMING, DEFERRED), {}, "the next run: 1 deferred"),
        ((UPCOMING, WINDOW), {"delete_unused_keys": "false"}, "Mon 14 Dec 2026"),
        ((UPCOMING, an_outcome(Section.EXEMPT, due=1)), {}, "Mon 14 Dec 2026"),
        ((UPCOMING, replace(WINDOW, happened_at=NOON)), {}, "Mon 14 Dec 2026"),
        ((UPCOMING, an_outcome(due=-1, key_id="AKIA4")), {}, "Mon 14 Dec 2026"),
        ((UPCOMING, DEFERRED), {"max_changes_per_run": "0"}, None),
        ((UPCOMING,), REPORT, "Mon 14 Dec 2026, in enforce mode"),
    ],
)
def test_next_due_is_the_next_thing_that_happens_to_a_key(
    outcomes: tuple[Outcome, ...], options: dict[str, Any], expected: str | None
) -> None:
    """A deferred key is changed by the next run, whatever other days were announced."""
    assert next_due(*outcomes, **options) == expected


def test_a_closed_key_is_only_said_to_exist_no_longer() -> None:
    """Its user may be gone, or somebody else may have deleted it: nobody knows."""
    text = email_body(an_outcome(Section.CLOSED, reason=Reason.GONE, due=None))
    assert text.count("no longer exist") == 2
    assert "deleted" not in text


@pytest.mark.parametrize(
    ("outcome", "certain"),
    [
        (an_outcome(), "stops working on"),
        (UPCOMING, "stops working on"),
        (WINDOW, "deleted on"),
        (replace(WINDOW, triggers_digest=False), "inactive; deleted on"),
        (an_outcome(Section.DEACTIVATED, reason=Reason.FINISHED, due=30), "completed now"),
        (an_outcome(Section.ADOPTED, reason=Reason.ADOPTED, due=30), "Done"),
    ],
)
def test_in_report_mode_everything_is_said_with_would(outcome: Outcome, certain: str) -> None:
    """In the text, the subject, the JSON, and the answer."""
    would = replace(outcome, dry_run=True)
    text = " ".join(email_body(would, **REPORT).split())
    assert f" {certain} " not in text.replace("would be ", "would-be-")
    finished = a_finished_part(would, **REPORT)
    assert "would be" in subject(finished.report)
    [entry] = json_document(single_message(would, **REPORT))[outcome.section]
    assert entry["would"] is True
    assert "completed now" not in entry["reason"]
    assert "deleted on" not in response(finished)[outcome.section][0]["reason"]


def test_exempt_keys_count_neither_as_stale_nor_as_the_oldest_key() -> None:
    """An account that follows its rules looks healthy on the dashboard."""
    inventory = an_inventory(
        observed_key(a_key(age=500)), observed_key(a_key(age=80, user=BOB, key_id="AKIABOB"))
    )
    reported = tuple(
        ReportedKey(active=True, rotated=days_ago(age), exempt=exempt)
        for age, exempt in ((400, True), (85, False))
    )
    inventory = replace(inventory, reported_keys=reported)
    plan = a_plan(inventory, exemptions="alice")
    metrics = run_metrics(a_finished_part(inventory=inventory, plan=plan, exemptions="alice"))
    assert (metrics["ActiveKeys"], metrics["StaleKeys"]) == (4, 0)
    assert metrics["OldestActiveKeyAge"] == 85


def test_an_exempt_key_whose_last_use_cannot_be_read_counts_as_exempt() -> None:
    """It has no decision in this run."""
    metrics = run_metrics(
        a_finished_part(inventory=an_inventory(observed_key(a_key(age=500))), exemptions="alice")
    )
    assert (metrics["StaleKeys"], metrics["OldestActiveKeyAge"]) == (0, 0)


def test_each_message_of_a_digest_has_the_severity_of_all_and_its_own_events() -> None:
    """A filter of SNS sees one message at a time."""
    report = a_report(*many_outcomes(1200), grace_days="31")
    messages = compose(report)
    assert len(messages) > 1
    assert {message.attributes["severity"] for message, _ in messages} == {"error"}
    for message, outcomes in messages:
        own = {str(outcome.section) for outcome in outcomes if outcome.triggers_digest}
        assert set(message.attributes["event"]) == (own or {"listed"})


@pytest.mark.parametrize(("count", "shown"), [(1, False), (25, False), (26, True), (40, True)])
def test_the_head_says_how_long_a_backlog_takes(count: int, *, shown: bool) -> None:
    outcomes = [
        an_outcome(Section.NOTICED, key_id=f"AKIA{n}", due=7 + n // 25) for n in range(count)
    ]
    [(message, _)] = compose(a_report(*outcomes))
    last = f"{in_days(8):%a} {in_days(8).day} {in_days(8):%b %Y}"
    text = " ".join(message.variants["email"].split())
    sentence = (
        f"Backlog {count} keys with an announced day, at most 25 changes a run: "
        f"the last day is {last}"
    )
    assert (sentence in text) is shown
    document = json.loads(message.variants["sqs"])
    assert document["backlog"] == (
        {"keys": count, "last_day": in_days(8).isoformat()} if shown else None
    )


@pytest.mark.parametrize(("count", "runs"), [(1, "1 run"), (25, "1 run"), (26, "2 runs")])
def test_the_head_says_how_late_announced_days_can_be_after_a_deferral(
    count: int, runs: str
) -> None:
    deferred = [an_outcome(Section.DEFERRED, key_id=f"AKIA{n}", due=None) for n in range(count)]
    text = " ".join(email_body(*deferred).split())
    assert f"Delay deferred keys come first, so a change can be up to {runs} later" in text
