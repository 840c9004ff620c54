"""The command that restores a deactivated key, in the e-mail and in the JSON."""

import re
import shlex

import pytest

from key_rotation.domain.model import Reason
from key_rotation.reporting.formatting import restore_command
from key_rotation.reporting.outcome import Outcome, Section
from tests.unit.builders import (
    KEY_ID,
    an_outcome,
)
from tests.unit.digest_builders import (
    LONGEST_NAME,
    email_body,
    json_document,
    single_message,
)

USER_NAMES = ["alice", "a+b=c,d.e@f-g_h", "-alice", "Alice", LONGEST_NAME]


@pytest.mark.parametrize("name", USER_NAMES)
def test_the_restore_command_can_be_pasted_into_a_shell(name: str) -> None:
    """For every user name that IAM allows."""
    body = email_body(an_outcome(Section.DEACTIVATED, user=name, due=30))
    assert "to turn it on again, before Thu 24 Dec 2026:" in body
    [command] = re.findall(r"^ +(aws iam update-access-key (?:.*\\\n)+.*)$", body, re.MULTILINE)
    arguments = shlex.split(command.replace("\\\n", " "))
    expected = ["aws", "iam", "update-access-key", "--status", "Active"]
    assert arguments == [*expected, "--user-name", name, "--access-key-id", KEY_ID]
    restore = json_document(single_message(an_outcome(Section.DEACTIVATED, user=name)))[
        "deactivated"
    ][0]["restore"]
    assert shlex.split(restore) == arguments


@pytest.mark.parametrize(
    "outcome",
    [
        an_outcome(Section.DELETED),
        an_outcome(Section.NOTICED),
        an_outcome(Section.DEACTIVATED, dry_run=True),
        an_outcome(Section.UPCOMING, reason=Reason.IN_WINDOW, triggers_digest=False),
    ],
)
def test_other_keys_have_no_restore_command(outcome: Outcome) -> None:
    assert "to turn it on again" not in email_body(outcome)
    assert "restore" not in json_document(single_message(outcome))[outcome.section][0]


def test_with_more_than_thirty_keys_the_restore_command_is_given_once() -> None:
    """The JSON contains it for each key."""
    outcomes = [an_outcome(Section.DEACTIVATED, key_id=f"AKIA{n:016}") for n in range(31)]
    message = single_message(*outcomes)
    assert message.variants["email"].count("aws iam update-access-key --status Active") == 1
    assert all(
        f"AKIA{n:016}" in json_document(message)["deactivated"][n]["restore"] for n in range(31)
    )


def test_the_json_contains_every_command_of_the_text() -> None:
    """The reminder of a deletion gives the restore command in both."""
    reminder = an_outcome(Section.UPCOMING, reason=Reason.IN_WINDOW, due=1)
    message = single_message(reminder)
    assert "to turn it on again, before Wed 25 Nov 2026:" in message.variants["email"]
    assert KEY_ID in json_document(message)["upcoming"][0]["restore"]


def test_the_lines_of_the_restore_command_are_joined_by_backslashes() -> None:
    *lines, last = restore_command(an_outcome(Section.DEACTIVATED))
    assert all(line.endswith(" \\") for line in lines)
    assert not last.endswith("\\")
