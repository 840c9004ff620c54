"""The role of the function allows nothing that the function does not need.

The demo's scenario shows that the role allows everything that the function needs.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from tests.local.conftest import AccountFactory

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
DENY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}
POLICY = json.dumps(DENY_ALL)
TESTING = Path(__file__).parents[2] / "docs" / "testing.md"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """The resources of the product in the account, and those of others."""

    table: str
    topic: str
    function: str
    role: str
    key_id: str
    other_topic: str
    other_queue: str
    other_function: str


@pytest.fixture(scope="module")
def account(deployed_account: AccountFactory) -> Iterator[LocalAccount]:
    """Deploy the stack into a new account."""
    with deployed_account(START) as account:
        yield account


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
        Code={"ZipFile": _bundle()},
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


def _bundle() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("other.py", "def handler(*_): return None")
    return packed.getvalue()


Arguments = Callable[[Resources], dict[str, Any]]
RUN_STATE = {"pk": {"S": "RUN"}, "sk": {"S": "STATE"}}
FORBIDDEN: tuple[tuple[str, str, str, Arguments], ...] = (
    ("make a key", "iam", "create_access_key", lambda _: {"UserName": "carol"}),
    ("create a user", "iam", "create_user", lambda _: {"UserName": "mallory"}),
    ("delete a user", "iam", "delete_user", lambda _: {"UserName": "carol"}),
    ("tag a user", "iam", "tag_user", lambda _: {"UserName": "carol", "Tags": []}),
    (
        "set a password",
        "iam",
        "create_login_profile",
        lambda _: {"UserName": "carol", "Password": "x" * 20},
    ),
    (
        "attach a policy to a user",
        "iam",
        "attach_user_policy",
        lambda _: {"UserName": "carol", "PolicyArn": ADMINISTRATOR},
    ),
    (
        "attach a policy to its role",
        "iam",
        "attach_role_policy",
        lambda p: {"RoleName": _role_name(p.role), "PolicyArn": ADMINISTRATOR},
    ),
    (
        "widen its role",
        "iam",
        "put_role_policy",
        lambda p: {"RoleName": _role_name(p.role), "PolicyName": "More", "PolicyDocument": POLICY},
    ),
    (
        "change who may take on a role",
        "iam",
        "update_assume_role_policy",
        lambda p: {"RoleName": _role_name(p.role), "PolicyDocument": POLICY},
    ),
    ("delete a role", "iam", "delete_role", lambda p: {"RoleName": _role_name(p.role)}),
    (
        "take on a role",
        "sts",
        "assume_role",
        lambda p: {"RoleArn": p.role, "RoleSessionName": "again"},
    ),
    ("read another parameter", "ssm", "get_parameters", lambda _: {"Names": ["/other"]}),
    (
        "read another parameter among its own",
        "ssm",
        "get_parameters",
        lambda _: {"Names": ["/key-rotation/mode", "/other"]},
    ),
    (
        "read its parameters by path",
        "ssm",
        "get_parameters_by_path",
        lambda _: {"Path": "/key-rotation"},
    ),
    (
        "edit a parameter",
        "ssm",
        "put_parameter",
        lambda _: {"Name": "/key-rotation/mode", "Value": "report", "Overwrite": True},
    ),
    ("delete a parameter", "ssm", "delete_parameter", lambda _: {"Name": "/key-rotation/mode"}),
    (
        "write another table",
        "dynamodb",
        "put_item",
        lambda _: {"TableName": "other", "Item": {"pk": {"S": "1"}}},
    ),
    ("scan its table", "dynamodb", "scan", lambda p: {"TableName": p.table}),
    (
        "update an item of its table in place",
        "dynamodb",
        "update_item",
        lambda p: {"TableName": p.table, "Key": RUN_STATE},
    ),
    (
        "write its table in batches",
        "dynamodb",
        "batch_write_item",
        lambda p: {"RequestItems": {p.table: [{"DeleteRequest": {"Key": RUN_STATE}}]}},
    ),
    ("delete its table", "dynamodb", "delete_table", lambda p: {"TableName": p.table}),
    (
        "unprotect its table",
        "dynamodb",
        "update_table",
        lambda p: {"TableName": p.table, "DeletionProtectionEnabled": False},
    ),
    (
        "publish to another topic",
        "sns",
        "publish",
        lambda p: {"TopicArn": p.other_topic, "Message": "m"},
    ),
    (
        "subscribe somebody",
        "sns",
        "subscribe",
        lambda p: {"TopicArn": p.topic, "Protocol": "email", "Endpoint": "mallory@example.com"},
    ),
    ("delete its topic", "sns", "delete_topic", lambda p: {"TopicArn": p.topic}),
    (
        "send to another queue",
        "sqs",
        "send_message",
        lambda p: {"QueueUrl": p.other_queue, "MessageBody": "m"},
    ),
    (
        "invoke another function",
        "lambda",
        "invoke",
        lambda p: {"FunctionName": p.other_function},
    ),
    (
        "change its own code",
        "lambda",
        "update_function_code",
        lambda p: {"FunctionName": p.function, "ZipFile": _bundle()},
    ),
    (
        "hand its role to a new function",
        "lambda",
        "create_function",
        lambda p: {
            "FunctionName": "mine",
            "Runtime": "python3.13",
            "Role": p.role,
            "Handler": "other.handler",
            "Code": {"ZipFile": _bundle()},
        },
    ),
    ("stop the schedule", "scheduler", "delete_schedule", lambda _: {"Name": "any"}),
    ("list buckets", "s3", "list_buckets", lambda _: {}),
)


def _role_name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [pytest.param(*row[1:], id=row[0].replace(" ", "-")) for row in FORBIDDEN],
)
def test_the_role_of_the_function_is_denied(
    account: LocalAccount, resources: Resources, service: Any, operation: str, arguments: Arguments
) -> None:
    client = account.role_session().client(service)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**arguments(resources))
    assert refused.value.response["Error"]["Code"] in REFUSALS


def test_the_documents_list_each_denied_call() -> None:
    text = " ".join(TESTING.read_text(encoding="utf-8").split())
    listed = "; ".join(what for what, *_ in FORBIDDEN)
    assert f"{len(FORBIDDEN)} in all: {listed}." in text


def test_the_role_of_the_function_may_deactivate_and_delete_a_key(
    account: LocalAccount, resources: Resources
) -> None:
    iam, key = account.role_session().client("iam"), account.create_key("carol")
    iam.update_access_key(UserName="carol", AccessKeyId=key, Status="Inactive")
    iam.delete_access_key(UserName="carol", AccessKeyId=key)
    left = account.client("iam").list_access_keys(UserName="carol")["AccessKeyMetadata"]
    assert [each["AccessKeyId"] for each in left] == [resources.key_id]


def test_an_administrator_may_make_one_of_the_denied_calls(
    account: LocalAccount, resources: Resources
) -> None:
    """The calls above are denied by the role, not by the emulator."""
    client = account.client("iam")
    of_role = {"RoleName": _role_name(resources.role), "PolicyName": "More"}
    client.put_role_policy(**of_role, PolicyDocument=POLICY)
    assert client.get_role_policy(**of_role)["PolicyDocument"] == DENY_ALL
    client.delete_role_policy(**of_role)
