"""The calls that the role of the function is denied."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DENY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}
POLICY = json.dumps(DENY_ALL)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


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


def sample_bundle() -> bytes:
    """Return the bundle of a function that does nothing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("other.py", "def handler(*_): return None")
    return packed.getvalue()


def role_name(arn: str) -> str:
    """Return the name of a role."""
    return arn.rsplit("/", 1)[-1]


Arguments = Callable[[Resources], dict[str, Any]]
HISTORY = {"pk": {"S": "HISTORY#AKIAEXAMPLE000000000"}, "sk": {"S": "2026-01-01#000001"}}
RUN_STATE = {"pk": {"S": "RUN"}, "sk": {"S": "STATE"}}
# What it does, the service, the operation, and its arguments.
DENIED_CALLS: tuple[tuple[str, str, str, Arguments], ...] = (
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
        lambda p: {"RoleName": role_name(p.role), "PolicyArn": ADMINISTRATOR},
    ),
    (
        "widen its role",
        "iam",
        "put_role_policy",
        lambda p: {"RoleName": role_name(p.role), "PolicyName": "More", "PolicyDocument": POLICY},
    ),
    (
        "change who may assume a role",
        "iam",
        "update_assume_role_policy",
        lambda p: {"RoleName": role_name(p.role), "PolicyDocument": POLICY},
    ),
    ("delete a role", "iam", "delete_role", lambda p: {"RoleName": role_name(p.role)}),
    (
        "assume a role",
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
        lambda _: {"Path": "/key-rotation", "Recursive": True},
    ),
    (
        "read other parameters by path",
        "ssm",
        "get_parameters_by_path",
        lambda _: {"Path": "/other"},
    ),
    (
        "exempt a key",
        "ssm",
        "put_parameter",
        lambda _: {"Name": "/key-rotation/exemption/mine", "Value": "carol", "Type": "String"},
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
    (
        "delete the history of a key",
        "dynamodb",
        "delete_item",
        lambda p: {"TableName": p.table, "Key": HISTORY},
    ),
    ("delete its table", "dynamodb", "delete_table", lambda p: {"TableName": p.table}),
    (
        "turn off the deletion protection of its table",
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
        lambda p: {"FunctionName": p.function, "ZipFile": sample_bundle()},
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
            "Code": {"ZipFile": sample_bundle()},
        },
    ),
    ("stop the schedule", "scheduler", "delete_schedule", lambda _: {"Name": "any"}),
    ("list buckets", "s3", "list_buckets", lambda _: {}),
)
