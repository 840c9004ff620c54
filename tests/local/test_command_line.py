"""The command line as a person runs it, against the deployed stack.

Each command is a fork of a process that has imported the command line; one runs the installed
program itself.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from key_rotation_cli.dates import short_date
from local.demo.actors import Actors
from tests.local.command_server import command_through_server
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import disable_schedule
from tests.local.documented_commands import (
    COMMANDS,
    EXEMPT,
    EXEMPT_BOB,
    OWN,
    README,
    RUNBOOK,
    CommandBlock,
)
from tests.local.terminal import Terminal, open_terminal

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
INSTALLED = str(Path(sys.executable).with_name("key-rotation"))
KeyRotation = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def actors(deployed_account: AccountFactory) -> Iterator[Actors]:
    """The people of a new account, whose schedule is disabled."""
    with deployed_account(START) as account:
        disable_schedule(account)
        yield Actors(account)


@pytest.fixture(scope="module")
def key_rotation(actors: Actors) -> KeyRotation:
    """Return a function that runs the command line in the account."""
    through_server = shlex.split(command_through_server("key-rotation"))
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": actors.account.region,
        "AWS_ENDPOINT_URL": actors.account.endpoint,
        "AWS_SECRET_ACCESS_KEY": "test",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PATH": os.environ["PATH"],
    }

    def run(
        *arguments: str, answer: str = "", program: Sequence[str] = through_server
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # the program of this repository
            [*program, *arguments],
            env=environment,
            input=answer,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_key_is_followed_from_its_notice_to_its_restoration(
    actors: Actors, key_rotation: KeyRotation
) -> None:
    """By the clock of the account, which the command line takes from AWS's answers."""
    account = actors.account
    actors.set_parameter("max-changes-per-run", "25")  # `pause` of another test sets it to 0
    account.create_user("alice")
    actors.create_key("alice", created=account.now - timedelta(days=400))
    key_id = actors.key_ids["alice"]
    reported = key_rotation("run", "--report")
    assert (reported.returncode, "1 noticed" in reported.stdout) == (0, True)
    assert "gets its notice with the next run" in key_rotation("status", "alice").stdout
    started = key_rotation("run", "--json", answer="y\n", program=[INSTALLED])
    assert [entry["access_key_id"] for entry in json.loads(started.stdout)["noticed"]] == [key_id]
    stops, deleted = account.now + timedelta(days=7), account.now + timedelta(days=37)
    assert f"noticed, stops {short_date(stops)}" in key_rotation("status", "alice").stdout
    account.move_clock(to=stops)
    assert "1 deactivated" in key_rotation("run", "--yes").stdout
    assert f"off, deleted {short_date(deleted)}" in key_rotation("status", key_id).stdout
    restored = key_rotation("restore", key_id, "--yes")
    assert (restored.returncode, restored.stdout) == (0, f"{key_id} of alice is active.\n")
    assert actors.statuses()[key_id] == "Active"


def test_a_run_in_enforce_mode_is_not_started_without_an_answer(key_rotation: KeyRotation) -> None:
    finished = key_rotation("run")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "Nothing was changed." in finished.stderr


def test_why_a_run_was_stopped_is_shown(actors: Actors, key_rotation: KeyRotation) -> None:
    table, name = actors.account.client("dynamodb"), actors.account.outputs["TableName"]
    state = {"pk": {"S": "RUN"}, "sk": {"S": "STATE"}}
    table.put_item(TableName=name, Item={**state, "schema": {"N": "99"}})
    finished = key_rotation("run", "--yes")
    table.delete_item(TableName=name, Key=state)
    assert (finished.returncode, finished.stdout) == (1, "")
    [*_, error] = finished.stderr.splitlines()
    assert error.startswith("key-rotation: The run was stopped: UnreadableItemError: The state of")


def test_parameters_that_stop_each_run_are_named_before_one_is_started(
    actors: Actors, key_rotation: KeyRotation
) -> None:
    actors.set_parameter("notice-days", "90")
    finished = key_rotation("run", "--yes")
    actors.set_parameter("notice-days", "7")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "/key-rotation/notice-days has the value '90'" in finished.stderr


@pytest.fixture(scope="module")
def terminal(actors: Actors, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Open a terminal for the account."""
    return open_terminal(actors.account, tmp_path_factory.mktemp("terminal"))


DOCUMENTED = {
    CommandBlock(README, "key-rotation", 0, OWN): ["preview"],
    CommandBlock(README, "Before you enforce", 0, OWN): ["run", "status"],
    CommandBlock(README, "Before you enforce", 1, OWN): ["status"],
    CommandBlock(README, "Exempting a key", 1, OWN): ["exempt"],
    CommandBlock(README, "Restoring a key", 0, OWN): ["restore"],
    CommandBlock(RUNBOOK, "Pause everything now", 0, OWN): ["pause"],
    CommandBlock(RUNBOOK, "Pause everything now", 1, OWN): ["resume"],
    CommandBlock(RUNBOOK, "A key that production needs was deactivated", 0, OWN): ["restore"],
    CommandBlock(RUNBOOK, "A key is held", 0, OWN): ["explain"],
    CommandBlock(RUNBOOK, "A key is held", 1, OWN): ["release"],
    CommandBlock(RUNBOOK, "Evidence for an auditor", 0, OWN): ["evidence"],
    CommandBlock(RUNBOOK, "An alarm went off", 0, OWN): ["exempt"],
}
HOLD: Mapping[str, Any] = {
    "state": {"M": {"kind": {"S": "held"}, "since": {"S": "2026-06-01T10:00:00+00:00"}}}
}


def test_every_command_of_the_documents_is_run() -> None:
    """`test_runbook.py` runs those of `exempt`."""
    own = {block for block in COMMANDS if block.program == OWN}
    assert own == DOCUMENTED.keys() | {EXEMPT, EXEMPT_BOB}


@pytest.mark.parametrize("block", DOCUMENTED, ids=str)
def test_a_command_of_the_documents_works_as_printed(
    terminal: Terminal, actors: Actors, block: CommandBlock
) -> None:
    """On a key that this tool deactivated, and on one that it holds."""
    user = f"user-{len(actors.key_ids)}"
    key_id = _deactivated_key(actors, user)
    if DOCUMENTED[block] == ["release"]:
        _hold(actors, key_id)
    terminal.run_block(block, KEY=key_id, AKIAIOSFODNN7EXAMPLE=key_id)
    assert terminal.commands_run == [f"key-rotation {name}" for name in DOCUMENTED[block]]
    changed = {"restore": "Active", "release": "Inactive"}
    assert actors.statuses()[key_id] == changed.get(DOCUMENTED[block][0], "Inactive")
    actors.delete(user)  # it would be in the runs of the tests that follow


def _deactivated_key(actors: Actors, user: str) -> str:
    """Let the tool deactivate a key, whatever the tests before have done."""
    account = actors.account
    actors.set_parameter("max-changes-per-run", "25")
    account.create_user(user)
    actors.create_key(user, created=account.now - timedelta(days=400))
    account.invoke({})
    account.move_clock(to=account.now + timedelta(days=7))
    account.invoke({})
    assert actors.statuses()[actors.key_ids[user]] == "Inactive"
    return actors.key_ids[user]


def _hold(actors: Actors, key_id: str) -> None:
    """Hold a key, as after it was turned on three times."""
    table, name = actors.account.client("dynamodb"), actors.account.outputs["TableName"]
    key = {"pk": {"S": "WATCH"}, "sk": {"S": key_id}}
    item = table.get_item(TableName=name, Key=key)["Item"]
    table.put_item(TableName=name, Item={**item, **HOLD})
