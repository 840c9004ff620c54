"""`key-rotation status`, as a person runs it."""

from datetime import timedelta

import pytest
import time_machine

from key_rotation.errors import InvalidSettingsError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import refused as aws_refuses
from tests.aws.stopped_runs import stopped_run
from tests.cli.deployment import deploy
from tests.cli.faults import refused
from tests.cli.terminal import key_rotation


def test_each_key_is_shown_with_what_comes_next(deployed: AwsAccount) -> None:
    fresh = deployed.create_key("alice", age=10)
    old = deployed.create_key("bob", age=400)
    deployed.run()
    shown = key_rotation("status")
    assert shown.exit_code == 0
    assert "KeyRotation in account 123456789012, eu-west-1" in shown.stdout
    assert "Last run Tue 24 Nov 2026, 09:00: enforce mode, complete\n" in shown.stdout
    assert "Mode enforce, at most 25 changes a run" in shown.stdout
    assert "2 keys: 1 fresh, 1 noticed" in shown.stdout
    assert fresh in shown.stdout
    [line] = [line for line in shown.stdout.splitlines() if old in line]
    assert line.split() == ["bob", old, "400", "never", "noticed,", "stops", "1", "Dec", "2026"]


def test_the_head_says_why_the_last_run_was_stopped(deployed: AwsAccount) -> None:
    deployed.put_parameters(notice_days="90")
    stopped_run(deployed, InvalidSettingsError)
    deployed.put_parameters(notice_days="7")
    assert "Last run Tue 24 Nov 2026, 09:00: stopped, " in key_rotation("status").stdout


def test_the_head_says_that_there_was_no_run(deployed: AwsAccount) -> None:
    deployed.run()
    with time_machine.travel(deployed.now + timedelta(days=9), tick=False):
        assert "Last run: none in the last 8 days" in key_rotation("status").stdout


def test_the_head_counts_what_failed_in_the_last_run(deployed: AwsAccount) -> None:
    deployed.create_key("alice", age=1)
    with aws_refuses(deployed, "iam.ListAccessKeys", "AccessDenied"):
        deployed.run()
    assert "enforce mode, complete, 1 failed" in key_rotation("status").stdout


def test_json_has_the_states_and_nothing_else_is_on_stdout(deployed: AwsAccount) -> None:
    deployed.create_key("alice", age=10)
    shown = key_rotation("status", "--json")
    assert shown.document["schema"] == "key-rotation/status/1"
    [key] = shown.document["keys"]
    assert (key["user"], key["state"], key["due"]) == ("alice", "fresh", "2027-02-05")


def test_one_user_or_one_key_can_be_asked_for(deployed: AwsAccount) -> None:
    deployed.create_key("alice", age=1)
    key_id = deployed.create_key("bob", age=1)
    for which in ("bob", key_id):
        [key] = key_rotation("status", which, "--json").document["keys"]
        assert (key["user"], key["access_key_id"]) == ("bob", key_id)


def test_a_user_whose_name_looks_like_a_key_of_another_kind_is_a_user(
    deployed: AwsAccount,
) -> None:
    deployed.create_key("AsiaPacificService", age=1)
    [key] = key_rotation("status", "AsiaPacificService", "--json").document["keys"]
    assert key["user"] == "AsiaPacificService"


@pytest.mark.parametrize(
    ("which", "text"),
    [
        ("nobody", "There is no user nobody in account 123456789012."),
        (
            "AKIANOSUCHKEY0000000",
            "There is no access key AKIANOSUCHKEY0000000 in account 123456789012.",
        ),
    ],
)
@pytest.mark.usefixtures("deployed")
def test_what_matches_nothing_is_an_error(which: str, text: str) -> None:
    shown = key_rotation("status", which)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.strip() == f"key-rotation: {text}"


def test_an_empty_name_is_bad_usage() -> None:
    shown = key_rotation("status", "")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "leave it out to see all keys" in shown.stderr


def test_a_user_who_cannot_be_read_is_an_entry_and_the_exit_code_is_1(
    deployed: AwsAccount,
) -> None:
    deployed.create_key("alice", age=1)
    deployed.create_key("bob", age=1)
    with refused("iam.ListAccessKeys", only_for="bob"):
        shown = key_rotation("status", "--json")
    assert shown.exit_code == 1
    entries = {key["user"]: key for key in shown.document["keys"]}
    assert (entries["bob"]["state"], entries["bob"]["access_key_id"]) == ("unreadable", None)
    assert entries["alice"]["state"] == "fresh"


@pytest.mark.usefixtures("deployed")
def test_an_empty_account_has_no_keys() -> None:
    assert key_rotation("status", "--json").document["keys"] == []
    assert "0 keys" in key_rotation("status").stdout


def test_a_hostile_name_stays_text(account: AwsAccount) -> None:
    deploy(account)
    account.create_key("[bold]x", age=1)
    assert "[bold]x" in key_rotation("status").stdout


def test_nothing_is_changed(deployed: AwsAccount) -> None:
    deployed.create_key("bob", age=400)
    before = deployed.iam_keys()
    key_rotation("status")
    assert deployed.iam_keys() == before
    assert deployed.items("WATCH") == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("iam.ListUsers", "Access denied: iam:ListUsers. The AWS managed policy IAMReadOnlyAccess"),
        ("ssm.GetParameters", "The parameters under /key-rotation could not be read"),
        ("dynamodb.Query", "The ledger cannot be read"),
        (
            "cloudformation.DescribeStacks",
            "Access denied: cloudformation:DescribeStacks. The AWS managed policy",
        ),
        ("lambda.GetFunctionConfiguration", "Access denied: lambda:GetFunctionConfiguration."),
    ],
)
def test_a_missing_permission_is_named_in_one_line(
    deployed: AwsAccount, call: str, text: str
) -> None:
    deployed.create_key("alice", age=1)
    with refused(call):
        shown = key_rotation("status", "--json")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.startswith(f"key-rotation: {text}")
    assert shown.stderr.count("\n") == 1
