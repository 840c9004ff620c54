"""Policies are evaluated for the resources for which AWS evaluates them."""

import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from tests.local.emulator.conftest import denied


def test_get_parameters_needs_permission_for_each_parameter(account: LocalAccount) -> None:
    ssm = account.role_session().client("ssm")
    found = ssm.get_parameters(Names=["/sample/first", "/sample/second"])["Parameters"]
    assert [each.get("Value") for each in found] == ["1", "2"]
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\)"):
        ssm.get_parameters(Names=["/sample/first", "/other"])


def test_permission_to_read_last_use_depends_on_the_path_of_the_user(
    account: LocalAccount, user: str
) -> None:
    account.create_user(f"{user}-2", path="/other/")
    iam = account.role_session().client("iam")
    iam.get_access_key_last_used(AccessKeyId=account.create_key(user))
    with pytest.raises(ClientError, match=r"\(AccessDenied\)"):
        iam.get_access_key_last_used(AccessKeyId=account.create_key(f"{user}-2"))


def test_publishing_needs_permission_for_the_kms_key_of_the_topic(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    sns, topic = account.role_session().client("sns"), outputs["TopicArn"]
    sns.publish(TopicArn=topic, Message="with the key")
    with (
        denied(account, outputs["RoleName"], "kms:Decrypt"),
        pytest.raises(ClientError, match=r"\(AuthorizationError\)"),
    ):
        sns.publish(TopicArn=topic, Message="without")


def test_permission_to_delete_an_item_depends_on_its_partition_key(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    dynamodb, table = account.role_session().client("dynamodb"), outputs["TableName"]
    dynamodb.delete_item(TableName=table, Key={"pk": {"S": "own-1"}})
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\)"):
        dynamodb.delete_item(TableName=table, Key={"pk": {"S": "other-1"}})


def test_the_function_writes_to_an_encrypted_table(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    item = {"TableName": outputs["TableName"], "Item": {"pk": {"S": "a"}}}
    answer = account.invoke({"calls": [["dynamodb", "put_item", item]]}).answer
    assert answer["put_item"] == "allowed"
