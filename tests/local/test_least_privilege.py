"""The role of the function allows nothing that the function does not need.

The demo's scenario shows that the role allows everything that the function needs.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from tests.local.conftest import AccountFactory
from tests.local.denied_calls import (
    DENIED_CALLS,
    DENY_ALL,
    POLICY,
    Arguments,
    Resources,
    role_name,
    sample_bundle,
)

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
TESTING = Path(__file__).parents[2] / "docs" / "testing.md"
REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}


@pytest.fixture(scope="module")
def account(deployed_account: AccountFactory) -> Iterator[LocalAccount]:
    """Deploy the stack into a new account."""
    with deployed_account(START) as account:
        yield account


@pytest.fixture(scope="module")
def role(account: LocalAccount) -> boto3.Session:
    """A session with the credentials of the function's role."""
    return account.role_session()


@pytest.fixture(scope="module")
def resources(account: LocalAccount) -> Resources:
    """Create the resources of others."""
    outputs = account.outputs
    config = account.client("lambda").get_function(FunctionName=outputs["FunctionName"])
    role = config["Configuration"]["Role"]
    account.create_user("carol")
    account.client("dynamodb").create_table(
        TableName="other",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    account.client("ssm").put_parameter(Name="/other", Value="1", Type="String")
    other = account.client("lambda").create_function(
        FunctionName="other",
        Runtime="python3.13",
        Role=role,
        Handler="other.handler",
        Code={"ZipFile": sample_bundle()},
    )
    return Resources(
        table=outputs["TableName"],
        topic=outputs["TopicArn"],
        function=outputs["FunctionName"],
        role=role,
        key_id=account.create_key("carol"),
        other_topic=account.client("sns").create_topic(Name="other")["TopicArn"],
        other_queue=account.client("sqs").create_queue(QueueName="other")["QueueUrl"],
        other_function=other["FunctionName"],
    )


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [pytest.param(*row[1:], id=row[0].replace(" ", "-")) for row in DENIED_CALLS],
)
def test_the_role_of_the_function_is_denied(
    role: boto3.Session, resources: Resources, service: Any, operation: str, arguments: Arguments
) -> None:
    client = role.client(service)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**arguments(resources))
    assert refused.value.response["Error"]["Code"] in REFUSALS


def test_the_documents_list_each_denied_call() -> None:
    text = " ".join(TESTING.read_text(encoding="utf-8").split())
    listed = "; ".join(what for what, *_ in DENIED_CALLS)
    assert f"{len(DENIED_CALLS)} in all: {listed}." in text


def test_the_role_of_the_function_may_deactivate_and_delete_a_key(
    account: LocalAccount, role: boto3.Session, resources: Resources
) -> None:
    iam, key = role.client("iam"), account.create_key("carol")
    iam.update_access_key(UserName="carol", AccessKeyId=key, Status="Inactive")
    iam.delete_access_key(UserName="carol", AccessKeyId=key)
    left = account.client("iam").list_access_keys(UserName="carol")["AccessKeyMetadata"]
    assert [each["AccessKeyId"] for each in left] == [resources.key_id]


def test_an_administrator_may_make_one_of_the_denied_calls(
    account: LocalAccount, resources: Resources
) -> None:
    """The calls above are denied by the role, not by the emulator."""
    client = account.client("iam")
    of_role = {"RoleName": role_name(resources.role), "PolicyName": "More"}
    client.put_role_policy(**of_role, PolicyDocument=POLICY)
    assert client.get_role_policy(**of_role)["PolicyDocument"] == DENY_ALL
    client.delete_role_policy(**of_role)
