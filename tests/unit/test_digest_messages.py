"""Promise 6: a digest is a message that SNS accepts: its subject, variants, JSON and attributes."""

import json

import pytest

from key_rotation.domain.key_details import NewerKey
from key_rotation.domain.model import Mode, Reason
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.digest import subject
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.sns_message import MAX_BYTES
from tests.unit.builders import (
    KEY_ID,
    a_report,
    an_outcome,
    days_ago,
    parameters,
    used,
)
from tests.unit.digest_builders import (
    json_document,
    many_outcomes,
    single_message,
)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((an_outcome(Section.DEACTIVATED),), "1 deactivated"),
        (
            (
                an_outcome(Section.UPCOMING, triggers_digest=False),
                an_outcome(Section.DELETED),
                an_outcome(Section.DEACTIVATED),
                an_outcome(Section.DEACTIVATED),
            ),
            "2 deactivated, 1 deleted, 1 due",
        ),
        (
            (
                an_outcome(Section.UPCOMING, triggers_digest=True, due=1),
                an_outcome(Section.UPCOMING, triggers_digest=False),
            ),
            "1 due tomorrow",
        ),
        ((an_outcome(Section.UPCOMING, triggers_digest=True, due=3),), "1 due soon"),
        ((an_outcome(Section.FAILED), an_outcome(Section.HELD)), "1 failed, 1 held"),
        ((an_outcome(Section.NOTICED, dry_run=True),), "1 would be noticed"),
        (
            (an_outcome(Section.EXEMPT, triggers_digest=False), an_outcome(Section.CLOSED)),
            "1 closed",
        ),
    ],
)
def test_the_subject_counts_what_was_done_before_what_is_upcoming(
    outcomes: tuple[Outcome, ...], expected: str
) -> None:
    assert subject(a_report(*outcomes)) == f"[key-rotation] 123456789012: {expected}"


def test_the_subject_reports_changed_settings_and_ended_exemptions() -> None:
    changed = RunState(parameters=parameters(grace_days="29"))
    assert subject(a_report(previous=changed)).endswith(": settings changed")
    exemptions_body = a_report(exemptions="bob until 2026-11-01")
    assert subject(exemptions_body).endswith(": exemption ended")


def test_the_subject_is_not_empty_if_nothing_is_to_be_done() -> None:
    """In report mode such a digest is sent after a report with entries."""
    previous = RunState(parameters=parameters(mode="report"), report_fingerprints=("something",))
    report = a_report(mode=Mode.REPORT, setting="report", previous=previous)
    assert report.needs_digest
    _, _, expected = subject(report).partition(": ")
    assert expected.strip()


def test_a_message_has_a_variant_for_every_protocol() -> None:
    """Text for e-mail, JSON for programs, and text for all others."""
    variants = single_message(an_outcome()).variants
    assert set(variants) == {"default", "email", "sqs", "lambda", "https"}
    assert variants["default"] == variants["email"]
    assert variants["sqs"] == variants["lambda"] == variants["https"]
    assert json.loads(single_message(an_outcome()).body) == variants


def test_the_size_limit_is_256_kib() -> None:
    assert MAX_BYTES == 262_144


def test_a_single_message_leaves_nothing_out() -> None:
    message = single_message(*many_outcomes(24))
    assert json_document(message)["left_out"] == {}
    assert "Left out" not in message.variants["email"]


def test_the_json_contains_every_fact_of_a_key() -> None:
    outcome = an_outcome(
        Section.DEACTIVATED,
        due=30,
        last_use=used(days_ago(3)),
        description="CI upload",
        newer=NewerKey(access_key_id="AKIANEWER", last_use=used(days_ago(1))),
        reason=Reason.NOTICE_OVER,
        happened_at=days_ago(1),
    )
    document = json_document(single_message(outcome))
    assert document["deactivated"] == [
        {
            "user": "alice",
            "access_key_id": KEY_ID,
            "age_days": 90,
            "last_used": "2026-11-21T12:00:00+00:00",
            "last_used_service": "s3",
            "last_used_region": "eu-west-1",
            "reason": Reason.NOTICE_OVER,
            "due": "2026-12-24",
            "description": "CI upload",
            "newer_key": {"access_key_id": "AKIANEWER", "last_used": "2026-11-23T12:00:00+00:00"},
            "restore": "aws iam update-access-key --status Active "
            f"--user-name=alice --access-key-id {KEY_ID}",
            "done_at": "2026-11-23T12:00:00+00:00",
        }
    ]
    assert {name: document[name] for name in ("run_id", "mode", "account_id", "at")} == {
        "run_id": "run-2",
        "mode": "enforce",
        "account_id": "123456789012",
        "at": "2026-11-24T12:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("outcomes", "severity", "events"),
    [
        ((an_outcome(),), "info", ("noticed",)),
        ((an_outcome(Section.EXEMPT, triggers_digest=False), an_outcome()), "info", ("noticed",)),
        ((an_outcome(Section.DEACTIVATED), an_outcome()), "warning", ("deactivated", "noticed")),
        ((an_outcome(Section.DELETED),), "warning", ("deleted",)),
        ((an_outcome(Section.HELD),), "warning", ("held",)),
        ((an_outcome(Section.DEFERRED),), "warning", ("deferred",)),
        ((an_outcome(Section.FAILED), an_outcome(Section.DELETED)), "error", ("deleted", "failed")),
        ((), "info", ("listed",)),
    ],
)
def test_subscribers_can_filter_by_mode_severity_account_and_event(
    outcomes: tuple[Outcome, ...], severity: str, events: tuple[str, ...]
) -> None:
    assert single_message(*outcomes).attributes == {
        "mode": "enforce",
        "severity": severity,
        "account_id": "123456789012",
        "event": events,
    }


def test_the_account_alias_precedes_the_account_id() -> None:
    message = single_message(an_outcome(), alias="prod-main")
    assert message.variants["email"].startswith(
        "Key rotation in account prod-main (123456789012)\n"
    )
    assert message.subject == "[key-rotation] prod-main (123456789012): 1 notice"
    assert json_document(message)["account_alias"] == "prod-main"


def test_the_subject_gives_what_happened_before_the_alias() -> None:
    """Where both do not fit; the text has the alias in any case."""
    everything = [an_outcome(section) for section in Section]
    with_alias = subject(a_report(an_outcome(), alias="a" * 40))
    assert with_alias == f"[key-rotation] {'a' * 40} (123456789012): 1 notice"
    crowded = a_report(*everything, alias="a" * 40)
    assert subject(crowded) == subject(a_report(*everything))
    assert subject(crowded).startswith("[key-rotation] 123456789012: 1 failed, 1 held, 1 deactiv")


@pytest.mark.parametrize("alias", ["ä", "x\ny", "a" * 63, " ", "\u202e"])
def test_the_subject_is_printable_ascii_whatever_the_alias(alias: str) -> None:
    line = subject(a_report(*(an_outcome(section) for section in Section), alias=alias), "1 of 2")
    assert len(line) < 100
    assert line.isascii()
    assert line.isprintable()
    assert line.endswith(" (1 of 2)")


def test_a_chat_message_that_failed_is_told_at_the_end_of_the_email_and_in_the_json() -> None:
    before = RunState(parameters=parameters(), chat_failure="2026-11-23: refused " + "why " * 40)
    message = single_message(an_outcome(), previous=before)
    body = message.variants["email"]
    assert "CHAT: the last message to the chat topic was not sent\n  2026-11-23: refused" in body
    assert "\n  | why why" in body
    assert json_document(message)["chat_failed"].startswith("2026-11-23: refused why")
    silent = single_message(an_outcome())
    assert "CHAT" not in silent.variants["email"]
    assert "chat_failed" not in json_document(silent)
