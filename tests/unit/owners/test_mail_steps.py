"""The steps of a mail to an owner, and their commands."""

import re
import shlex
from dataclasses import replace

import pytest

from key_rotation.domain.key_details import Details, KeyToDelete, NewerKey
from key_rotation.domain.model import NEVER_USED
from key_rotation.domain.owners.mail import Coming, MailKind, OwnerMail
from key_rotation.reporting.commands import (
    create_command,
    deactivate_command,
    delete_command,
    last_used_command,
    one_line,
    replacement_commands,
    restore_command,
)
from tests.unit.owners.mail_builders import KEY_ID, OTHER_ID, an_owner_mail, composed, used
from tests.unit.owners.mail_reader import MailReader
from tests.unit.test_commands import USER_NAMES, commands_in

NEWER = NewerKey(access_key_id=OTHER_ID, last_use=used(1))
INACTIVE = KeyToDelete(access_key_id=OTHER_ID, status="Inactive", last_use=NEVER_USED, key_count=2)
ACTIVE = replace(INACTIVE, status="Active", last_use=used(30))
THIS = replace(ACTIVE, access_key_id=KEY_ID)
CREATE = one_line(create_command("bob"))
LOOK = one_line(last_used_command(KEY_ID))
LOOK_AT_OTHER = one_line(last_used_command(OTHER_ID))
OFF = one_line(deactivate_command("bob", KEY_ID))
OFF_OTHER = one_line(deactivate_command("bob", OTHER_ID))
ON = one_line(restore_command("bob", KEY_ID))
DELETE = one_line(delete_command("bob", KEY_ID))
DELETE_OTHER = one_line(delete_command("bob", OTHER_ID))
ALL_CASES = {
    "one key": an_owner_mail(),
    "a newer key": an_owner_mail(newer=NEWER),
    "an inactive second key": an_owner_mail(to_delete=INACTIVE),
    "an active second key": an_owner_mail(to_delete=ACTIVE),
    "this key goes first": an_owner_mail(newer=NEWER, to_delete=THIS),
    "a reminder": an_owner_mail(MailKind.REMINDER),
    "a reminder of the deletion": an_owner_mail(MailKind.REMINDER, comes=Coming.DELETION),
    "deactivated": an_owner_mail(MailKind.DEACTIVATED),
    "deactivated, with a newer key": an_owner_mail(MailKind.DEACTIVATED, newer=NEWER),
    "extended": an_owner_mail(MailKind.EXTENDED),
    "deleted": an_owner_mail(MailKind.DELETED),
    "deleted, with a newer key": an_owner_mail(MailKind.DELETED, newer=NEWER),
    "withdrawn": an_owner_mail(MailKind.WITHDRAWN),
}
COMMANDS = {
    "one key": [CREATE, LOOK, OFF],
    "a newer key": [LOOK_AT_OTHER, LOOK, OFF],
    "an inactive second key": [DELETE_OTHER, CREATE, LOOK, OFF],
    "an active second key": [OFF_OTHER, DELETE_OTHER, CREATE, LOOK, OFF],
    "this key goes first": [LOOK, OFF, DELETE, CREATE],
    "a reminder": [CREATE, LOOK, OFF],
    "a reminder of the deletion": [ON, LOOK, OFF],
    "deactivated": [ON, LOOK, OFF],
    "deactivated, with a newer key": [ON, LOOK, OFF],
    "extended": [ON, LOOK, OFF],
    "deleted": [CREATE],
    "deleted, with a newer key": [],
    "withdrawn": [],
}
REPLACING = [
    case
    for case, mail in ALL_CASES.items()
    if mail.kind in {MailKind.NOTICE, MailKind.REMINDER} and mail.comes is Coming.DEACTIVATION
]


def steps_in(text: str) -> list[int]:
    """Return the numbers of the steps of a text."""
    return [int(number) for number in re.findall(r"^  (\d)\. ", text, re.MULTILINE)]


@pytest.mark.parametrize("case", ALL_CASES)
def test_each_case_has_its_commands(case: str) -> None:
    mail = composed(ALL_CASES[case])
    assert commands_in(mail.text) == COMMANDS[case]
    assert MailReader(mail.html).commands == COMMANDS[case]


@pytest.mark.parametrize("case", REPLACING)
def test_a_key_is_replaced_in_four_steps(case: str) -> None:
    assert steps_in(composed(ALL_CASES[case]).text) == [1, 2, 3, 4]


@pytest.mark.parametrize("case", REPLACING)
def test_the_commands_are_those_of_the_digest_in_its_order(case: str) -> None:
    mail = ALL_CASES[case]
    details = Details(newer=mail.newer, to_delete=mail.to_delete)
    digest = replacement_commands(mail.user_name, mail.access_key_id, details)
    remaining = iter(commands_in(composed(mail).text))
    assert all(one_line(command) in remaining for command in digest)


@pytest.mark.parametrize("case", ALL_CASES)
@pytest.mark.parametrize("name", USER_NAMES)
def test_each_command_can_be_pasted_into_a_shell(name: str, case: str) -> None:
    """For every user name that IAM allows, from the text and from the HTML."""
    mail = composed(replace(ALL_CASES[case], user_name=name))
    in_text = commands_in(mail.text)
    assert MailReader(mail.html).commands == in_text
    for command in in_text:
        arguments = shlex.split(command)
        assert arguments[:2] == ["aws", "iam"]
        assert f"--user-name={name}" in arguments or arguments[2] == "get-access-key-last-used"


def test_the_name_that_the_cli_drops_is_given_as_json() -> None:
    for command in commands_in(composed(user_name="--").text):
        assert "--user-name" not in command


@pytest.mark.parametrize("case", ALL_CASES)
def test_the_lines_of_the_text_fit_the_width(case: str) -> None:
    """But for a name of 64 characters in a command, which cannot be broken."""
    longest = max(map(len, composed(ALL_CASES[case]).text.splitlines()))
    assert longest <= 75  # the longest command without a break


def says(mail: OwnerMail, sentence: str) -> bool:
    """Return whether the text of a mail contains a sentence."""
    return sentence in " ".join(composed(mail).text.split())


def test_a_user_with_two_keys_is_told_why_one_goes_first() -> None:
    other = "The other one is AKIAI44QH8DHBEXAMPLE"
    assert says(ALL_CASES["an inactive second key"], f"{other} (inactive, never used). Once")
    assert says(ALL_CASES["an active second key"], f"{other} (active, used 30 days ago to call s3")
    assert says(ALL_CASES["this key goes first"], "so this one goes before a new one can come")


def test_a_user_with_a_newer_key_needs_no_other_one() -> None:
    assert says(ALL_CASES["a newer key"], "Take the newer key of bob, AKIAI44QH8DHBEXAMPLE")
    assert says(ALL_CASES["deactivated, with a newer key"], "Use the newer key of this user")
    assert says(ALL_CASES["deleted, with a newer key"], "Use the newer key of this user")
