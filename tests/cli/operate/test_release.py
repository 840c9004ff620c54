"""`key-rotation release` ends a hold."""

from datetime import timedelta

import pytest
import time_machine

from tests.aws.aws_account import AwsAccount
from tests.cli.faults import refused
from tests.cli.terminal import key_rotation


@pytest.fixture
def held(deployed: AwsAccount) -> str:
    """Turn a key on three times after its deactivation, so that it is held."""
    key_id = deployed.create_key("alice", age=400)
    deployed.run()
    for _ in range(3):
        deployed.run_after(days=7)
        assert deployed.status(key_id) == "Inactive"
        deployed.set_status("alice", key_id, "Active")
        deployed.run_after(days=1)
    assert deployed.history(key_id)[-1] == "hold"
    return key_id


def test_a_held_key_gets_a_new_full_notice_with_the_next_run(
    deployed: AwsAccount, held: str
) -> None:
    released = key_rotation("release", held, answer="y\n")
    assert released.exit_code == 0
    assert "is not held any more" in released.stdout
    assert "aws dynamodb delete-item --table-name ledger" in released.stderr
    answer = deployed.run_after(days=1)
    [notice] = answer["noticed"]
    assert notice["due"] == f"{deployed.now.date().replace(day=deployed.now.day + 7)}"
    assert (answer["held"], deployed.status(held)) == ([], "Active")


def test_after_a_release_the_key_is_rotated_to_the_end(deployed: AwsAccount, held: str) -> None:
    key_rotation("release", held, "--yes")
    deployed.run_after(days=1)
    deployed.run_after(days=7)
    assert deployed.status(held) == "Inactive"
    deployed.run_after(days=30)
    assert deployed.status(held) is None


def test_the_history_keeps_who_released_it(deployed: AwsAccount, held: str) -> None:
    with time_machine.travel(deployed.now + timedelta(hours=1), tick=False):
        key_rotation("release", held, "--yes")
    last = deployed.items(f"HISTORY#{held}")[-1]
    assert (last["action"], last["reason"]) == ("keep", "RELEASED")
    assert last["run_id"].startswith("release by arn:aws:")


def test_a_key_that_is_held_for_another_owner_is_not_held_again(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("alice", age=400)
    deployed.run()
    item = deployed.watch(key_id)
    assert item
    deployed.clients.table.put_item(Item={**item, "created": "2020-01-01T00:00:00+00:00"})
    deployed.run_after(days=1)
    assert deployed.history(key_id)[-1] == "hold"
    released = key_rotation("release", key_id, "--yes")
    assert "Then: The next run gives notice" in released.stderr
    answer = deployed.run_after(days=1)
    assert (answer["held"], len(answer["noticed"])) == ([], 1)


@pytest.mark.parametrize(
    ("adopt", "told", "action"),
    [
        ("false", "It is inactive, and not by this tool. Nothing is done to it.", "keep"),
        ("true", "The next run starts a grace window", "adopt"),
    ],
)
def test_what_becomes_of_an_inactive_key_is_said_before_it_is_released(
    deployed: AwsAccount, held: str, adopt: str, told: str, action: str
) -> None:
    deployed.set_status("alice", held, "Inactive")
    deployed.put_parameters(adopt_inactive_keys=adopt)
    with time_machine.travel(deployed.now + timedelta(hours=1), tick=False):
        released = key_rotation("release", held, answer="y\n")
    assert f"Then: {told}" in released.stderr
    deployed.run_after(days=1)
    assert deployed.history(held)[-1] == action


def test_a_key_that_is_not_held_is_an_error(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("alice", age=1)
    released = key_rotation("release", key_id, "--yes")
    assert released.exit_code == 1
    assert "is not held. Nothing was changed." in released.stderr


def test_no_answer_changes_nothing(deployed: AwsAccount, held: str) -> None:
    before = deployed.watch(held)
    assert key_rotation("release", held).exit_code == 1
    assert deployed.watch(held) == before


def test_after_a_write_that_is_not_confirmed_no_more_is_said_than_is_known(
    deployed: AwsAccount, held: str
) -> None:
    before = deployed.watch(held)
    with refused("dynamodb.TransactWriteItems", "AccessDeniedException"):
        released = key_rotation("release", held, "--yes")
    assert (released.exit_code, deployed.watch(held)) == (1, before)
    assert "AccessDeniedException" in released.stderr
    assert "Nothing was changed" not in released.stderr
