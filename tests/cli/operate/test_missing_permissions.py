"""Each command names the action that AWS denies, and what it changed."""

import pytest

from tests.aws.aws_account import AwsAccount
from tests.cli.faults import refused
from tests.cli.terminal import key_rotation

READS = {
    "restore": ("iam.GetAccessKeyLastUsed", "iam.GetUser", "iam.ListAccessKeys", "dynamodb.Query"),
    "release": ("iam.GetAccessKeyLastUsed", "iam.GetUser", "iam.ListAccessKeys", "dynamodb.Query"),
    "explain": ("dynamodb.Query", "dynamodb.GetItem", "ssm.GetParameters"),
    "run": ("ssm.GetParameters", "ssm.GetParametersByPath"),
}


@pytest.mark.parametrize(
    ("command", "call"), [(name, call) for name, calls in READS.items() for call in calls]
)
def test_a_read_that_is_denied_is_named_with_the_policy_that_has_it(
    deployed: AwsAccount, command: str, call: str
) -> None:
    key_id = deployed.create_key("alice", age=10, status="Inactive")
    arguments = () if command == "run" else (key_id,)
    with refused(call, "AccessDeniedException"):
        finished = key_rotation(command, *arguments, answer="y\n")
    assert (finished.exit_code, deployed.status(key_id)) == (1, "Inactive")
    named = call.replace(".", ":")
    assert f"Access denied: {named}. The AWS managed policy" in finished.stderr
