"""The commands that a digest prints, in the e-mail and in the JSON."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from key_rotation.domain.key_details import KeyToDelete, NewerKey
from key_rotation.domain.model import NEVER_USED, Reason
from key_rotation.reporting.commands import (
    Command,
    create_command,
    deactivate_command,
    delete_command,
    one_line,
    restore_command,
)
from key_rotation.reporting.headings import DRY_RUN_HEADINGS
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

USER_NAMES = ["alice", "a+b=c,d.e@f-g_h", "-alice", "-", "--x", "=x", "Alice", LONGEST_NAME]
OTHER_KEY = KeyToDelete(
    access_key_id="AKIAOTHER0000000001", status="Inactive", last_use=NEVER_USED, key_count=2
)


def commands_in(text: str) -> list[str]:
    """Return the commands of a text, each as one line."""
    found = re.findall(r"^ +(aws (?:.*\\\n)*.*)$", text, re.MULTILINE)
    return [" ".join(command.replace("\\\n", " ").split()) for command in found]


@pytest.mark.parametrize("name", USER_NAMES)
def test_the_restore_command_can_be_pasted_into_a_shell(name: str) -> None:
    """For every user name that IAM allows: the AWS CLI reads `-alice` only behind `=`."""
    body = email_body(an_outcome(Section.DEACTIVATED, user=name, due=30))
    assert "to turn it on again, before Thu 24 Dec 2026:" in body
    [command] = commands_in(body)
    arguments = shlex.split(command)
    expected = ["aws", "iam", "update-access-key", "--status", "Active"]
    assert arguments == [*expected, f"--user-name={name}", "--access-key-id", KEY_ID]
    restore = json_document(single_message(an_outcome(Section.DEACTIVATED, user=name)))[
        "deactivated"
    ][0]["restore"]
    assert restore == command


def test_the_name_that_the_cli_drops_is_given_as_json() -> None:
    """`--user-name=--` is an empty list for the AWS CLI."""
    command = one_line(restore_command("--", KEY_ID))
    assert shlex.split(command)[5:] == [
        "--cli-input-json",
        '{"UserName": "--"}',
        "--access-key-id",
        KEY_ID,
    ]


@pytest.mark.parametrize("name", USER_NAMES)
@pytest.mark.parametrize("make", [restore_command, deactivate_command, delete_command])
def test_the_lines_of_a_command_are_joined_by_backslashes_and_fit_the_width(
    make: Callable[[str, str], Command], name: str
) -> None:
    *lines, last = make(name, KEY_ID)
    assert all(line.endswith(" \\") for line in lines)
    assert not last.endswith("\\")
    longest = max(len(f"      {line}") for line in (*lines, last))
    assert longest <= 72 or name == LONGEST_NAME  # its own 64 characters cannot be broken


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


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("count", [1, 31])
@pytest.mark.parametrize("to_delete", [None, OTHER_KEY])
@pytest.mark.parametrize("reason", [Reason.STALE, Reason.IN_WINDOW])
@pytest.mark.parametrize("section", Section)
def test_the_json_contains_every_command_of_the_text(
    section: Section,
    reason: Reason,
    to_delete: KeyToDelete | None,
    count: int,
    *,
    dry_run: bool,
) -> None:
    """In the text, USER and KEY stand for the user and the key of any entry."""
    outcome = an_outcome(
        section, reason=reason, to_delete=to_delete, dry_run=dry_run and section in DRY_RUN_HEADINGS
    )
    outcomes = [replace(outcome, access_key_id=f"AKIA{n:016}") for n in range(count)]
    message = single_message(*outcomes)
    entries = json_document(message)[section]
    in_json = [[*e.get("replace", ()), e.get("restore")] for e in entries]
    first = to_delete.access_key_id if to_delete else ""
    for command in commands_in(message.variants["email"]):
        for outcome, commands in zip(outcomes, in_json, strict=True):
            key_id = first if "delete-access-key" in command else str(outcome.access_key_id)
            if "USER" in command:
                assert re.sub(r"\bKEY\b", key_id, command.replace("USER", "alice")) in commands
        assert "USER" in command or any(command in commands for commands in in_json)


def commands_of(outcome: Outcome) -> Sequence[str]:
    """Return the commands with which the owner replaces a key, from the JSON."""
    [entry] = json_document(single_message(outcome))["noticed"]
    commands: Sequence[str] = entry.get("replace", ())
    return commands


CREATE = one_line(create_command("alice"))
DEACTIVATE = one_line(deactivate_command("alice", KEY_ID))
NEWER = NewerKey(access_key_id="AKIANEWER0000000001", last_use=None)
THIS_KEY = replace(OTHER_KEY, access_key_id=KEY_ID, status="Active")


@pytest.mark.parametrize(
    ("newer", "to_delete", "expected"),
    [
        (None, None, [CREATE, DEACTIVATE]),
        (NEWER, None, [DEACTIVATE]),
        (
            None,
            OTHER_KEY,
            [one_line(delete_command("alice", OTHER_KEY.access_key_id)), CREATE, DEACTIVATE],
        ),
        (NEWER, THIS_KEY, [one_line(delete_command("alice", KEY_ID)), CREATE]),
    ],
    ids=["one key", "a newer key stays", "another key is deleted first", "this key is deleted"],
)
def test_the_json_gives_the_commands_that_replace_a_key_in_order(
    newer: NewerKey | None, to_delete: KeyToDelete | None, expected: list[str]
) -> None:
    assert commands_of(an_outcome(newer=newer, to_delete=to_delete)) == expected


def test_in_report_mode_no_key_is_to_be_replaced() -> None:
    assert commands_of(an_outcome(dry_run=True)) == ()


def test_a_user_with_two_keys_is_told_which_one_to_delete_first() -> None:
    """IAM refuses a third key."""
    body = email_body(an_outcome(to_delete=OTHER_KEY))
    words = " ".join(body.split())
    assert (
        "this user has 2 keys, and IAM allows two: before a new one, delete AKIAOTHER0000000001"
        " (inactive, never used), once nothing uses it: aws iam delete-access-key" in words
    )
    assert "delete-access-key" not in email_body(an_outcome())


def test_among_many_keys_each_line_names_the_key_to_delete_first() -> None:
    outcomes = [an_outcome(key_id=f"AKIA{n:016}", to_delete=OTHER_KEY) for n in range(31)]
    body = email_body(*outcomes)
    assert body.count(f"      delete {OTHER_KEY.access_key_id}\n") == 31
    assert "IAM allows a user two keys." in body
