"""What a session may call, and what a person is told when AWS does not accept it."""

import json

import boto3
import pytest

from key_rotation_cli.errors import CliError, OperationRefusedError
from key_rotation_cli.reads import READ_ONLY, READS, RESTORE_ONLY
from key_rotation_cli.session import Session
from tests.aws.aws_account import AwsAccount


def test_a_read_only_session_refuses_a_write_before_it_is_sent(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=1)
    session = Session.open(None, None, read_only=True)
    with pytest.raises(OperationRefusedError, match="iam:UpdateAccessKey is no read"):
        session.iam.update_access_key(UserName="alice", AccessKeyId=key_id, Status="Inactive")
    with pytest.raises(OperationRefusedError, match="dynamodb:PutItem is no read"):
        session.table("ledger").put_item(Item={"pk": "WATCH", "sk": key_id})
    with pytest.raises(OperationRefusedError, match="ssm:PutParameter is no read"):
        session.ssm.put_parameter(Name="/key-rotation/mode", Value="report", Overwrite=True)
    assert account.status(key_id) == "Active"


def test_a_read_only_session_reads(account: AwsAccount) -> None:
    account.create_key("alice", age=1)
    assert Session.open(None, None, read_only=True).iam.list_users()["Users"]


def test_the_reads_have_no_operation_that_changes_anything() -> None:
    verbs = {operation for _, operation in READS if not operation.startswith(("Get", "List"))}
    assert verbs == {
        "DescribeParameters",
        "DescribeStacks",
        "DescribeTable",
        "GenerateCredentialReport",
        "Query",
        "Scan",
    }


def test_a_session_that_may_write_writes(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=1, status="Inactive")
    session = Session.open(None, None, read_only=False)
    session.iam.update_access_key(UserName="alice", AccessKeyId=key_id, Status="Active")
    assert account.status(key_id) == "Active"


def test_a_profile_that_does_not_exist_is_named() -> None:
    with pytest.raises(CliError, match=r"profile \(nobody\) could not be found"):
        Session.open("nobody", None, read_only=True)


def test_without_credentials_the_person_is_told_to_name_a_profile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    session = Session.open(None, "eu-west-1", read_only=True)
    with pytest.raises(CliError, match=r"no AWS credentials. Name a profile \(--profile\)"):
        _ = session.account_id


MEMBER = "222222222222"
ROLE = f"arn:aws:iam::{MEMBER}:role/Audit"


def actions_of(policy: str) -> set[str]:
    [statement] = json.loads(policy)["Statement"]
    return set(statement["Action"])


def test_in_another_account_a_session_policy_allows_reads_only() -> None:
    verbs = {action.partition(":")[2] for action in actions_of(READ_ONLY)}
    assert all(verb.startswith(("Get", "List", "GenerateCredentialReport")) for verb in verbs)
    assert len(RESTORE_ONLY) <= 2_048  # characters of a session policy (STS API Reference)


def test_a_command_that_turns_a_key_on_may_do_nothing_else_in_another_account() -> None:
    assert actions_of(RESTORE_ONLY) - actions_of(READ_ONLY) == {"iam:UpdateAccessKey"}


@pytest.mark.parametrize("policy", [{}, {"Policy": RESTORE_ONLY}])
def test_a_read_only_session_assumes_no_role_that_can_write(
    account: AwsAccount,  # noqa: ARG001  # opens the account
    policy: dict[str, str],
) -> None:
    sts = Session.open(None, None, read_only=True).client("sts")
    with pytest.raises(OperationRefusedError, match="The role could write in its account"):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="test", **policy)  # type: ignore[arg-type]


def test_a_session_in_another_account_reads_that_account_and_refuses_writes(
    account: AwsAccount,
) -> None:
    account.create_key("alice", age=1)
    session = Session.open(None, None, read_only=True)
    member = session.assume(MEMBER, ROLE, None)
    assert (member.account_id, session.account_id) == (MEMBER, "123456789012")
    assert member.iam.list_users()["Users"] == []
    with pytest.raises(OperationRefusedError, match="iam:UpdateAccessKey is no read"):
        member.iam.update_access_key(UserName="a", AccessKeyId="A" * 20, Status="Inactive")
