"""The message of an organization's run that was stopped before it looked at any account."""

import json

import pytest

from key_rotation.reporting.organisation.stopped_message import stopped_message
from key_rotation.reporting.sns_message import MAX_BYTES, Message
from tests.unit.builders import NOW
from tests.unit.organisation_digest.organisation_builders import EXECUTION, HUB, ORGANIZATION


def stopped(kind: str = "InvalidSettingsError", text: str = "max-age-days is 'x'.") -> Message:
    return stopped_message(kind, text, ORGANIZATION, EXECUTION, NOW)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("InvalidSettingsError", "InvalidSettings"),
        ("States.Timeout", "States.Timeout"),
        ("Lambda.Unknown", "Lambda.Unknown"),
        ("ü\n", "unknown"),
        ("x" * 200, f"{'x' * 37}..."),
    ],
)
def test_the_subject_names_the_error(kind: str, expected: str) -> None:
    subject = stopped(kind).subject
    assert subject == f"[key-rotation] {ORGANIZATION}: STOPPED: {expected}"
    assert len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()


def test_the_text_says_that_nothing_was_looked_at_or_changed() -> None:
    text = stopped().variants["email"]
    assert "STOPPED (InvalidSettings): this run ended" in text
    assert "\nmax-age-days is 'x'.\n" in text
    assert "\nNo account was looked at, and no key was changed.\n" in text
    assert EXECUTION in text


def test_an_error_without_text_is_named_all_the_same() -> None:
    assert "\nThe error has no text.\n" in stopped(text=" ").variants["email"]


@pytest.mark.no_cover
def test_the_text_of_an_error_makes_no_lines_of_its_own_and_has_a_limit() -> None:
    message = stopped(text="x\nNo account was deleted. " * 20_000)
    assert "\nNo account was deleted" not in message.variants["email"]
    assert message.size < MAX_BYTES


def test_programs_read_what_stopped_it_and_can_filter_by_it() -> None:
    message = stopped()
    assert json.loads(message.variants["sqs"]) | {"version": ""} == {
        "version": "",
        "organization_id": ORGANIZATION,
        "execution_arn": EXECUTION,
        "at": "2026-11-24T12:00:00+00:00",
        "stopped": "InvalidSettings",
        "error": "max-age-days is 'x'.",
        "looked_at": 0,
        "done": {"deactivated": 0, "deleted": 0},
    }
    assert message.attributes == {
        "mode": "stopped",
        "severity": "error",
        "account_id": HUB,
        "organization_id": ORGANIZATION,
        "event": ("stopped",),
    }
