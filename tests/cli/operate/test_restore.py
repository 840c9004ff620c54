"""`key-rotation restore` turns on what this tool turned off."""

from datetime import timedelta

import pytest
import time_machine
from botocore import handlers

from tests.aws.aws_account import AwsAccount
from tests.cli.faults import refused
from tests.cli.interrupted_run import begin_deactivation
from tests.cli.terminal import key_rotation


@pytest.fixture
def key_id(deployed: AwsAccount) -> str:
    """Let the tool turn a key off."""
    key_id = deployed.create_key("-dash", age=400)
    deployed.run()
    deployed.run_after(days=7)
    assert deployed.status(key_id) == "Inactive"
    return key_id


def test_a_key_that_this_tool_turned_off_is_turned_on(deployed: AwsAccount, key_id: str) -> None:
    restored = key_rotation("restore", key_id, answer="y\n")
    assert (restored.exit_code, deployed.status(key_id)) == (0, "Active")
    assert f"{key_id} of -dash is active." in restored.stdout
    assert "--user-name=-dash" in restored.stderr  # the equivalent command
    assert deployed.run_after(days=1)["noticed"][0]["access_key_id"] == key_id


@pytest.mark.parametrize("answer", ["", "n\n", "yes\n", "\n"])
def test_anything_but_y_changes_nothing(deployed: AwsAccount, key_id: str, answer: str) -> None:
    restored = key_rotation("restore", key_id, answer=answer)
    assert (restored.exit_code, deployed.status(key_id)) == (1, "Inactive")
    assert "Nothing was changed." in restored.stderr


def test_yes_asks_nothing(deployed: AwsAccount, key_id: str) -> None:
    assert key_rotation("restore", key_id, "--yes").exit_code == 0
    assert deployed.status(key_id) == "Active"


def test_a_key_that_somebody_else_turned_off_needs_anyway(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("bob", age=10, status="Inactive")
    refusal = key_rotation("restore", key_id, "--yes")
    assert (refusal.exit_code, deployed.status(key_id)) == (1, "Inactive")
    assert "not by this tool" in refusal.stderr
    assert key_rotation("restore", key_id, "--yes", "--anyway").exit_code == 0
    assert deployed.status(key_id) == "Active"


def test_an_adopted_key_is_not_ours(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("bob", age=10, status="Inactive")
    deployed.put_parameters(adopt_inactive_keys="true")
    deployed.run()
    assert deployed.history(key_id) == ["adopt"]
    assert key_rotation("restore", key_id, "--yes").exit_code == 1
    assert deployed.status(key_id) == "Inactive"


def test_an_active_key_stays_as_it_is(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("bob", age=10)
    restored = key_rotation("restore", key_id, "--yes")
    assert restored.exit_code == 0
    assert "is active. Nothing was changed." in restored.stderr


def test_without_the_permission_the_person_is_told_the_action_and_the_status(
    deployed: AwsAccount, key_id: str
) -> None:
    with refused("iam.UpdateAccessKey"):
        restored = key_rotation("restore", key_id, "--yes")
    assert (restored.exit_code, deployed.status(key_id)) == (1, "Inactive")
    assert "Access denied: iam:UpdateAccessKey. The key is Inactive." in restored.stderr


def test_a_key_can_be_exempted_with_its_restoration(deployed: AwsAccount, key_id: str) -> None:
    day = str(deployed.now.date() + timedelta(days=30))
    restored = key_rotation(
        "restore", key_id, "--exempt-until", day, "--reason", "owner informed", "--yes"
    )
    assert (restored.exit_code, deployed.status(key_id)) == (0, "Active")
    assert f"aws ssm put-parameter --name /key-rotation/exemption/{key_id}" in restored.stderr
    answer = deployed.run_after(days=1)
    assert [entry["access_key_id"] for entry in answer["exempt"]] == [key_id]
    assert answer["noticed"] == []


def test_it_says_before_it_asks_what_the_next_run_does(deployed: AwsAccount, key_id: str) -> None:
    asked = key_rotation("restore", key_id)
    assert "Once it is on: The next run gives notice; the key stops working on Tue 1 Dec 2026" in (
        asked.stderr
    )
    deployed.put_parameters(max_changes_per_run="0")
    assert "Changes are paused" in key_rotation("restore", key_id).stderr
    deployed.put_parameters(max_changes_per_run="none")
    restored = key_rotation("restore", key_id, "--yes")
    assert "What the next run does with it is not known. The parameter" in restored.stderr
    assert (restored.exit_code, deployed.status(key_id)) == (0, "Active")


def test_a_deactivation_that_no_run_recorded_is_said_to_come_again(deployed: AwsAccount) -> None:
    """The run that made it was interrupted: the next one takes it for not done."""
    key_id = deployed.create_key("bob", age=400)
    deployed.run()
    deployed.now += timedelta(days=7)
    with time_machine.travel(deployed.now, tick=False):
        begin_deactivation(deployed, key_id)
        restored = key_rotation("restore", key_id, "--yes")
    assert "The next run with room for it deactivates it: its notice period has ended." in (
        restored.stderr
    )
    deployed.run()
    assert deployed.status(key_id) == "Inactive"


def test_the_notice_of_a_key_that_its_owner_turned_off_is_not_said_to_be_new(
    deployed: AwsAccount,
) -> None:
    key_id = deployed.create_key("bob", age=400)
    deployed.run()
    deployed.set_status("bob", key_id, "Inactive")
    restored = key_rotation("restore", key_id, "--yes", "--anyway")
    assert "Once it is on: It stops working on Tue 1 Dec 2026" in restored.stderr


def test_the_exemption_comes_first_in_the_equivalent_commands(key_id: str) -> None:
    options = ("--exempt-until", "2027-01-31", "--reason", "why")
    asked = key_rotation("restore", key_id, *options).stderr
    assert asked.index("aws ssm put-parameter") < asked.index("aws iam update-access-key")
    assert "It is exempt until 2027-01-31; then it gets a new, full notice." in asked


def test_a_refusal_after_the_exemption_says_that_it_was_written(
    deployed: AwsAccount, key_id: str
) -> None:
    options = ("--exempt-until", "2027-01-31", "--reason", "why", "--yes")
    with refused("iam.UpdateAccessKey"):
        restored = key_rotation("restore", key_id, *options)
    assert (restored.exit_code, deployed.status(key_id)) == (1, "Inactive")
    assert restored.stderr.endswith("The key is Inactive. Its exemption was written.\n")


def test_an_active_key_is_not_said_to_be_exempted(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("bob", age=10)
    options = ("--exempt-until", "2027-01-31", "--reason", "why", "--yes")
    restored = key_rotation("restore", key_id, *options)
    assert restored.exit_code == 1
    assert "To exempt it, use: key-rotation exempt add" in restored.stderr


def test_an_interruption_says_what_the_status_is(deployed: AwsAccount, key_id: str) -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    handlers.BUILTIN_HANDLERS.append(("after-call.iam.UpdateAccessKey", interrupt))
    try:
        restored = key_rotation("restore", key_id, "--yes")
    finally:
        handlers.BUILTIN_HANDLERS.pop()
    assert (restored.exit_code, deployed.status(key_id)) == (1, "Active")
    assert "Interrupted. The key is Active." in restored.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--exempt-until", "2027-01-31"),
        ("--reason", "why"),
        ("--exempt-until", "soon", "--reason", "why"),
        ("--exempt-until", "2020-01-31", "--reason", "why"),
    ],
)
def test_an_exemption_that_is_not_whole_changes_nothing(
    deployed: AwsAccount, key_id: str, options: tuple[str, ...]
) -> None:
    restored = key_rotation("restore", key_id, "--yes", *options)
    assert (restored.exit_code, deployed.status(key_id)) == (2, "Inactive")
    assert "Nothing was changed." in restored.stderr


def test_a_key_is_not_turned_on_without_the_exemption_that_was_asked_for(
    deployed: AwsAccount, key_id: str
) -> None:
    with refused("ssm.PutParameter", "AccessDeniedException"):
        restored = key_rotation(
            "restore", key_id, "--exempt-until", "2027-01-31", "--reason", "why", "--yes"
        )
    assert (restored.exit_code, deployed.status(key_id)) == (1, "Inactive")
    assert "Access denied: ssm:PutParameter" in restored.stderr


def test_a_key_whose_watch_cannot_be_read_is_not_said_to_be_of_somebody_else(
    deployed: AwsAccount, key_id: str
) -> None:
    deployed.clients.table.put_item(Item={"pk": "WATCH", "sk": key_id, "schema": 99})
    restored = key_rotation("restore", key_id, "--yes")
    assert (restored.exit_code, deployed.status(key_id)) == (1, "Inactive")
    assert "its watch cannot be read" in restored.stderr
    assert "not by this tool" not in restored.stderr
