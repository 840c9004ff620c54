"""Runs each command that a mail to an owner prints, from its text and from its HTML."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from key_rotation.domain.key_details import KeyToDelete, NewerKey
from key_rotation.domain.owners.mail import Coming, MailKind
from key_rotation.reporting.owner_mail.compose import ComposedMail
from local.demo.actors import Actors
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import disable_schedule
from tests.local.terminal import Terminal, open_terminal
from tests.local.test_digest_commands import COMMANDS, NAMES, STALE, START, keys_of
from tests.unit.owners.mail_builders import an_owner_mail, composed
from tests.unit.owners.mail_reader import MailReader

FORMS: dict[str, Callable[[ComposedMail], list[str]]] = {
    "text": lambda mail: COMMANDS.findall(mail.text),
    "html": lambda mail: MailReader(mail.html).commands,
}
in_each_form = pytest.mark.parametrize(
    # tests/unit/owners/test_mail_steps.py compares the commands of both forms.
    "form",
    ["text", pytest.param("html", marks=pytest.mark.soak)],
)
for_each_name = pytest.mark.parametrize("user", NAMES, indirect=True)
for_one_name = pytest.mark.parametrize("user", ["-dash"], indirect=True)


@pytest.fixture(scope="module")
def actors(deployed_account: AccountFactory) -> Iterator[Actors]:
    """The people of a new account, whose schedule is disabled."""
    with deployed_account(START) as account:
        disable_schedule(account)
        yield Actors(account)


@pytest.fixture(scope="module")
def terminal(actors: Actors, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Open a terminal for the account."""
    return open_terminal(actors.account, tmp_path_factory.mktemp("terminal"))


@pytest.fixture
def user(actors: Actors, request: pytest.FixtureRequest) -> Iterator[str]:
    """Create a user of the name that the test is called with, without a key."""
    name = str(request.param)
    actors.account.create_user(name)
    yield name
    iam = actors.account.client("iam")
    for key_id in keys_of(actors, name):
        iam.delete_access_key(UserName=name, AccessKeyId=key_id)
    iam.delete_user(UserName=name)


def make_key(actors: Actors, user: str, *, inactive: bool = False) -> str:
    """Create a stale key; returns its id."""
    key_id = actors.account.create_key(user, created=actors.account.now - STALE)
    if inactive:
        turn_off(actors, user, key_id)
    return key_id


def turn_off(actors: Actors, user: str, key_id: str) -> None:
    """Deactivate a key."""
    actors.account.client("iam").update_access_key(
        UserName=user, AccessKeyId=key_id, Status="Inactive"
    )


@in_each_form
@for_each_name
def test_the_commands_of_a_notice_replace_a_key(
    terminal: Terminal, actors: Actors, user: str, form: str
) -> None:
    old = make_key(actors, user)
    mail = composed(an_owner_mail(user_name=user, access_key_id=old))
    commands = FORMS[form](mail)
    assert len(commands) == 3
    for command in commands:
        terminal.run(command)
    keys = keys_of(actors, user)
    assert (keys.pop(old), list(keys.values())) == ("Inactive", ["Active"])


@in_each_form
@pytest.mark.parametrize("inactive", [False, True])
@for_one_name
def test_the_commands_of_a_notice_make_room_for_a_new_key(
    terminal: Terminal, actors: Actors, user: str, form: str, *, inactive: bool
) -> None:
    """IAM refuses a third key."""
    old, other = make_key(actors, user), make_key(actors, user, inactive=inactive)
    first = KeyToDelete(
        access_key_id=other,
        status="Inactive" if inactive else "Active",
        last_use=None,
        key_count=2,
    )
    mail = composed(an_owner_mail(user_name=user, access_key_id=old, to_delete=first))
    for command in FORMS[form](mail):
        terminal.run(command)
    keys = keys_of(actors, user)
    assert other not in keys
    assert (keys.pop(old), list(keys.values())) == ("Inactive", ["Active"])


@in_each_form
@for_one_name
def test_the_commands_of_a_notice_replace_a_key_that_goes_first(
    terminal: Terminal, actors: Actors, user: str, form: str
) -> None:
    old, other = make_key(actors, user), make_key(actors, user)
    first = KeyToDelete(access_key_id=old, status="Active", last_use=None, key_count=2)
    mail = composed(an_owner_mail(user_name=user, access_key_id=old, to_delete=first))
    for command in FORMS[form](mail):
        terminal.run(command)
    keys = keys_of(actors, user)
    assert old not in keys
    assert (keys.pop(other), list(keys.values())) == ("Active", ["Active"])


@in_each_form
@for_one_name
def test_the_commands_of_a_notice_change_over_to_a_newer_key(
    terminal: Terminal, actors: Actors, user: str, form: str
) -> None:
    old, newer = make_key(actors, user), make_key(actors, user)
    mail = composed(
        an_owner_mail(
            user_name=user,
            access_key_id=old,
            newer=NewerKey(access_key_id=newer, last_use=None),
        )
    )
    for command in FORMS[form](mail):
        terminal.run(command)
    assert keys_of(actors, user) == {old: "Inactive", newer: "Active"}


@in_each_form
@pytest.mark.parametrize("kind", [MailKind.DEACTIVATED, MailKind.EXTENDED, MailKind.REMINDER])
@for_one_name
def test_the_first_command_turns_an_inactive_key_on_and_the_last_one_off(
    terminal: Terminal, actors: Actors, user: str, kind: MailKind, form: str
) -> None:
    old = make_key(actors, user, inactive=True)
    mail = an_owner_mail(kind, user_name=user, access_key_id=old, comes=Coming.DELETION)
    on, *others = FORMS[form](composed(mail))
    terminal.run(on)
    assert keys_of(actors, user) == {old: "Active"}
    for command in others:
        terminal.run(command)
    assert keys_of(actors, user) == {old: "Inactive"}


@in_each_form
@for_each_name
def test_the_command_of_a_deletion_creates_a_key(
    terminal: Terminal, actors: Actors, user: str, form: str
) -> None:
    mail = composed(an_owner_mail(MailKind.DELETED, user_name=user))
    [command] = FORMS[form](mail)
    terminal.run(command)
    assert list(keys_of(actors, user).values()) == ["Active"]


@in_each_form
@for_one_name
def test_the_commands_of_a_table_work_for_each_row(
    terminal: Terminal, actors: Actors, user: str, form: str
) -> None:
    """USER and KEY stand for the user and the key of a row."""
    old = make_key(actors, user)
    mail = an_owner_mail(user_name=user, access_key_id=old)
    also = replace(mail, kind=MailKind.DEACTIVATED, comes=Coming.DELETION)
    commands = [
        re.sub(r"\bKEY\b", old, command.replace("USER", user))
        for command in FORMS[form](composed(mail, also))
    ]
    assert len(commands) == 5
    for command in commands:
        terminal.run(command)
    keys = keys_of(actors, user)
    assert (keys.pop(old), list(keys.values())) == ("Active", ["Active"])
