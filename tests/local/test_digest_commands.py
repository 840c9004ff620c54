"""Runs each command that a digest prints, from the e-mail and from the JSON, in an account."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.demo.actors import Actors
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import disable_schedule
from tests.local.terminal import Terminal, open_terminal

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
STALE = timedelta(days=400)
OTHERS = ["=x", "a+b=c,d.e@f-g_h", "u" * 64]
NAMES = ["-dash", "--", *(pytest.param(name, marks=pytest.mark.soak) for name in OTHERS)]
"""One name for each form of a command: behind `=`, and as JSON. `make soak` runs more names, whose
commands have the first form (tests/unit/test_commands.py)."""
COMMANDS = re.compile(r"^ +(aws (?:.*\\\n)*.*)$", re.MULTILINE)


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
    """Create a user of the name that the test is called with, with a stale key.

    A run before has seen the edit of notice-days, which is announced first.
    """
    name = str(request.param)
    actors.set_parameter("notice-days", "0")
    assert actors.account.invoke({}).error is None
    actors.account.create_user(name)
    actors.key_ids[name] = actors.account.create_key(name, created=actors.account.now - STALE)
    yield name
    iam = actors.account.client("iam")
    for key_id in keys_of(actors, name):
        iam.delete_access_key(UserName=name, AccessKeyId=key_id)
    iam.delete_user(UserName=name)
    del actors.key_ids[name]


def keys_of(actors: Actors, user: str) -> dict[str, str]:
    """Return the statuses of a user's keys."""
    listed = actors.account.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in listed}


def run_and_read(actors: Actors, notice_days: str, section: str) -> tuple[str, dict[str, Any]]:
    """Run, and return the text of the digest and the only entry of a section of its JSON."""
    actors.set_parameter("notice-days", notice_days)
    assert actors.account.invoke({}).error is None
    message = actors.account.outbox()[-1]
    [entry] = json.loads(message.bodies["sqs"])[section]
    return message.text, entry


@pytest.mark.parametrize("user", NAMES, indirect=True)
def test_the_command_of_a_digest_restores_a_key(
    terminal: Terminal, actors: Actors, user: str
) -> None:
    """As it stands in the e-mail, and as it stands in the JSON."""
    text, entry = run_and_read(actors, "0", "deactivated")
    [in_email] = COMMANDS.findall(text)
    for command in (in_email, entry["restore"]):
        actors.account.client("iam").update_access_key(
            UserName=user, AccessKeyId=actors.key_ids[user], Status="Inactive"
        )
        terminal.run(command)
        assert keys_of(actors, user) == {actors.key_ids[user]: "Active"}


@pytest.mark.parametrize("user", NAMES, indirect=True)
def test_the_commands_of_a_notice_replace_a_key(
    terminal: Terminal, actors: Actors, user: str
) -> None:
    """USER and KEY of the e-mail stand for the user and the key of the entry."""
    text, entry = run_and_read(actors, "7", "noticed")
    old = actors.key_ids[user]
    in_email = [
        re.sub(r"\bKEY\b", old, command.replace("USER", user)) for command in COMMANDS.findall(text)
    ]
    one_line = [" ".join(each.replace("\\\n", " ").split()) for each in in_email]
    assert one_line == entry["replace"] or user == "--"  # its user must be given as JSON
    for command in entry["replace"]:
        terminal.run(command)
    keys = keys_of(actors, user)
    assert (len(keys), keys.pop(old), list(keys.values())) == (2, "Inactive", ["Active"])


@pytest.mark.parametrize("inactive", [False, True])
@pytest.mark.parametrize("user", ["-dash"], indirect=True)
def test_the_commands_of_a_notice_work_for_a_user_with_two_keys(
    terminal: Terminal, actors: Actors, user: str, *, inactive: bool
) -> None:
    """IAM refuses a third key, so the one that is missed least is deleted first."""
    old = actors.key_ids[user]
    other = actors.account.create_key(user, created=actors.account.now - STALE)
    actors.use(user)
    if inactive:
        actors.account.client("iam").update_access_key(
            UserName=user, AccessKeyId=other, Status="Inactive"
        )
    actors.set_parameter("notice-days", "7")
    assert actors.account.invoke({}).error is None
    message = actors.account.outbox()[-1]
    entries = json.loads(message.bodies["sqs"])["noticed"]
    [entry] = [each for each in entries if each["access_key_id"] == old]
    deletion = [c for c in COMMANDS.findall(message.text) if "delete-access-key" in c]
    assert {" ".join(c.replace("\\\n", " ").split()) for c in deletion} == {entry["replace"][0]}
    for command in entry["replace"]:
        terminal.run(command)
        assert len(keys_of(actors, user)) <= 2
    keys = keys_of(actors, user)
    assert other not in keys
    assert (keys.pop(old), list(keys.values())) == ("Inactive", ["Active"])


@pytest.mark.parametrize("sort_key", ["LEASE", "STATE"])
def test_the_command_of_a_stopped_run_deletes_the_item_that_cannot_be_read(
    terminal: Terminal, actors: Actors, sort_key: str
) -> None:
    broken = {"pk": {"S": "RUN"}, "sk": {"S": sort_key}, "schema": {"S": "broken"}}
    actors.account.client("dynamodb").put_item(
        TableName=actors.account.outputs["TableName"], Item=broken
    )
    assert actors.account.invoke({}).error is not None
    message = actors.account.outbox()[-1]
    [in_email] = COMMANDS.findall(message.text)
    command = json.loads(message.bodies["sqs"])["fix"]
    assert " ".join(in_email.replace("\\\n", " ").split()) == command
    terminal.run(in_email)
    assert actors.account.invoke({}).error is None
