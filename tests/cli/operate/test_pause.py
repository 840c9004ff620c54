"""`key-rotation pause` sets the limit of changes to 0, and `resume` to what it was."""

import pytest

from tests.aws.aws_account import AwsAccount
from tests.cli.faults import refused
from tests.cli.terminal import key_rotation


def limit(account: AwsAccount) -> str:
    name = "/key-rotation/max-changes-per-run"
    return account.clients.ssm.get_parameter(Name=name)["Parameter"]["Value"]


def test_a_pause_lets_the_next_run_change_nothing_and_resume_ends_it(
    deployed: AwsAccount,
) -> None:
    deployed.put_parameters(max_changes_per_run="40")
    key_id = deployed.create_key("alice", age=400)
    deployed.run()
    paused = key_rotation("pause", "--reason", "release freeze", answer="y\n")
    assert (paused.exit_code, limit(deployed)) == (0, "0")
    assert "from the next run on" in paused.stdout
    assert "aws ssm put-parameter --name /key-rotation/max-changes-per-run" in paused.stderr
    deployed.run_after(days=7)
    assert deployed.status(key_id) == "Active"
    resumed = key_rotation("resume", "--yes")
    assert (resumed.exit_code, limit(deployed)) == (0, "40")
    assert "(paused: release freeze)" in resumed.stderr
    deployed.run_after(days=1)
    assert deployed.status(key_id) == "Inactive"


def test_a_second_pause_and_a_second_resume_change_nothing(deployed: AwsAccount) -> None:
    key_rotation("pause", "--reason", "one", "--yes")
    again = key_rotation("pause", "--reason", "two", "--yes")
    assert (again.exit_code, limit(deployed)) == (0, "0")
    assert "paused already" in again.stderr
    assert "one" in again.stderr
    key_rotation("resume", "--yes")
    again = key_rotation("resume", "--yes")
    assert (again.exit_code, limit(deployed)) == (0, "25")
    assert "It is not paused: max-changes-per-run is 25." in again.stderr


def test_the_description_of_the_parameter_is_as_before_after_resume(deployed: AwsAccount) -> None:
    ssm = deployed.clients.ssm
    name = "/key-rotation/max-changes-per-run"
    ssm.put_parameter(Name=name, Value="25", Description="Keys at most", Overwrite=True)
    key_rotation("pause", "--reason", "freeze", "--yes")
    key_rotation("resume", "--yes")
    versions = ssm.get_parameter_history(Name=name)["Parameters"]
    assert [each.get("Description") for each in versions][-3:] == [
        "Keys at most",
        "Keys at most PAUSED: freeze",
        "Keys at most",
    ]


def test_a_deployment_that_was_paused_from_the_beginning_resumes_with_the_default(
    deployed: AwsAccount,
) -> None:
    ssm, name = deployed.clients.ssm, "/key-rotation/max-changes-per-run"
    ssm.delete_parameter(Name=name)
    ssm.put_parameter(Name=name, Value="0", Type="String")
    assert key_rotation("resume", "--yes").exit_code == 0
    assert limit(deployed) == "25"


@pytest.mark.parametrize("arguments", [("pause",), ("pause", "--reason", " ")])
def test_a_pause_needs_a_reason(deployed: AwsAccount, arguments: tuple[str, ...]) -> None:
    assert key_rotation(*arguments, "--yes").exit_code == 2
    assert limit(deployed) == "25"


@pytest.mark.parametrize("call", ["ssm.GetParameterHistory", "ssm.PutParameter"])
def test_without_the_permission_the_action_is_named(deployed: AwsAccount, call: str) -> None:
    with refused(call, "AccessDeniedException"):
        paused = key_rotation("pause", "--reason", "freeze", "--yes")
    assert (paused.exit_code, limit(deployed)) == (1, "25")
    assert f"Access denied: ssm:{call[4:]}." in paused.stderr


def test_no_answer_changes_nothing(deployed: AwsAccount) -> None:
    assert key_rotation("pause", "--reason", "freeze").exit_code == 1
    assert limit(deployed) == "25"


def test_resume_skips_a_value_that_stops_each_run(deployed: AwsAccount) -> None:
    for value in ("40", "forty", "025", "5001", "0"):
        deployed.put_parameters(max_changes_per_run=value)
    resumed = key_rotation("resume", "--yes")
    assert (resumed.exit_code, limit(deployed)) == (0, "40")
    assert "to 40, its last value above 0" in resumed.stderr


def test_a_default_is_not_said_to_be_the_last_value(deployed: AwsAccount) -> None:
    for _ in range(100):
        deployed.put_parameters(max_changes_per_run="0")
    resumed = key_rotation("resume", "--yes")
    assert limit(deployed) == "25"
    assert "to 25, the default: its history has no other value" in resumed.stderr


def test_a_refused_pause_says_that_nothing_was_changed(deployed: AwsAccount) -> None:
    with refused("ssm.PutParameter", "AccessDeniedException"):
        paused = key_rotation("pause", "--reason", "freeze", "--yes")
    assert paused.stderr.endswith("Access denied: ssm:PutParameter. Nothing was changed.\n")
    assert limit(deployed) == "25"


def test_a_pause_whose_answer_is_lost_says_that_it_is_not_known(deployed: AwsAccount) -> None:
    with refused("ssm.PutParameter", "ThrottlingException"):
        paused = key_rotation("pause", "--reason", "freeze", "--yes")
    assert paused.exit_code == 1
    assert "Whether the limit was changed is not known: see key-rotation status." in paused.stderr
    assert limit(deployed) == "25"


@pytest.mark.usefixtures("deployed")
def test_the_reason_of_a_pause_is_one_line_without_control_characters() -> None:
    key_rotation("pause", "--reason", "\x1b[31mred\nalert", "--yes")
    assert "(paused: [31mred alert)" in key_rotation("resume", "--yes").stderr
