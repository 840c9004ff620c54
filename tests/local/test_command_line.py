"""The command line as a person runs it: a process of its own, against the deployed stack."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.demo.actors import Actors
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import disable_schedule

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
PROGRAM = Path(sys.executable).with_name("key-rotation")
KeyRotation = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def actors(deployed_account: AccountFactory) -> Iterator[Actors]:
    """The people of a new account with one stale key, whose schedule is disabled."""
    with deployed_account(START) as account:
        disable_schedule(account)
        actors = Actors(account)
        account.create_user("alice")
        actors.create_key("alice", created=START - timedelta(days=400))
        yield actors


@pytest.fixture(scope="module")
def key_rotation(actors: Actors) -> KeyRotation:
    """Return a function that runs the command line in the account."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": actors.account.region,
        "AWS_ENDPOINT_URL": actors.account.endpoint,
        "AWS_SECRET_ACCESS_KEY": "test",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PATH": os.environ["PATH"],
    }

    def run(*arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # the program of this repository
            [str(PROGRAM), *arguments],
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
    key_id = actors.key_ids["alice"]
    reported = key_rotation("run", "--report")
    assert (reported.returncode, "1 noticed" in reported.stdout) == (0, True)
    assert "gets its notice with the next run" in key_rotation("status").stdout
    started = key_rotation("run", "--json", answer="y\n")
    assert [entry["access_key_id"] for entry in json.loads(started.stdout)["noticed"]] == [key_id]
    assert "noticed, stops 8 Jun 2026" in key_rotation("status", "alice").stdout
    actors.account.move_clock(to=START + timedelta(days=7))
    assert "1 deactivated" in key_rotation("run", "--yes").stdout
    assert "off, deleted 8 Jul 2026" in key_rotation("status", key_id).stdout
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
