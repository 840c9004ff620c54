"""The role of each step of an organization's run allows nothing that another step needs.

The runs in tests/local/test_organisation.py show that each role allows what its step needs.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from local.emulator.local_organization import LocalOrganization, client
from tests.local.denied_calls import HISTORY
from tests.local.hub import MEMBER_ROLE, Hub, deploy_hub

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
MANAGEMENT, MEMBER = "500000000000", "500000000001"
REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
STEPS = {
    "prepare": "PrepareFunctionName",
    "account": "AccountFunctionName",
    "digest": "DigestFunctionName",
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that roles are denied.

    to: the steps whose roles are
    arguments: with the names of resources in braces
    """

    what: str
    to: tuple[str, ...]
    service: str
    operation: str
    arguments: Mapping[str, Any]


ALL = tuple(STEPS)
CALLS = (
    Call(
        what="assume the member role",
        to=("prepare", "digest"),
        service="sts",
        operation="assume_role",
        arguments={
            "RoleArn": f"arn:aws:iam::{MEMBER}:role/key-rotation/{MEMBER_ROLE}",
            "RoleSessionName": "session",
            "ExternalId": "{organization}",
        },
    ),
    Call(
        what="assume another role of the member",
        to=ALL,
        service="sts",
        operation="assume_role",
        arguments={"RoleArn": f"arn:aws:iam::{MEMBER}:role/Open", "RoleSessionName": "session"},
    ),
    Call(
        what="publish the digest",
        to=("prepare", "account"),
        service="sns",
        operation="publish",
        arguments={"TopicArn": "{topic}", "Message": "m"},
    ),
    Call(
        what="publish to another topic",
        to=ALL,
        service="sns",
        operation="publish",
        arguments={"TopicArn": "{other_topic}", "Message": "m"},
    ),
    Call(
        what="read the parameters",
        to=("account", "digest"),
        service="ssm",
        operation="get_parameters_by_path",
        arguments={"Path": "/key-rotation", "Recursive": True},
    ),
    Call(
        what="read other parameters",
        to=ALL,
        service="ssm",
        operation="get_parameters_by_path",
        arguments={"Path": "/other", "Recursive": True},
    ),
    Call(
        what="edit a parameter",
        to=ALL,
        service="ssm",
        operation="put_parameter",
        arguments={"Name": "/key-rotation/mode", "Value": "report", "Overwrite": True},
    ),
    Call(
        what="list the users of the hub",
        to=ALL,
        service="iam",
        operation="list_users",
        arguments={},
    ),
    Call(
        what="turn off a key of the hub",
        to=ALL,
        service="iam",
        operation="update_access_key",
        arguments={"UserName": "carol", "AccessKeyId": "{key}", "Status": "Inactive"},
    ),
    Call(
        what="list the accounts",
        to=("account", "digest"),
        service="organizations",
        operation="list_accounts",
        arguments={},
    ),
    Call(
        what="start a run",
        to=ALL,
        service="stepfunctions",
        operation="start_execution",
        arguments={"stateMachineArn": "{machine}", "input": "{}"},
    ),
    Call(
        what="invoke the account step",
        to=ALL,
        service="lambda",
        operation="invoke",
        arguments={"FunctionName": "{function}", "Payload": "{}"},
    ),
    Call(
        what="scan the table",
        to=ALL,
        service="dynamodb",
        operation="scan",
        arguments={"TableName": "{table}"},
    ),
    Call(
        what="delete history",
        to=ALL,
        service="dynamodb",
        operation="delete_item",
        arguments={"TableName": "{table}", "Key": HISTORY},
    ),
)

SHOWN_BY_RUNS = {"assume the member role", "start a run", "invoke the account step"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Deploy the hub, with one member that has another role, which anybody may assume."""
    with LocalAccount.start(now=START) as account:
        organization = LocalOrganization(account, management=MANAGEMENT)
        for each in (account.client("sts").get_caller_identity()["Account"], MEMBER):
            organization.join(each)
        client(account, "iam", MEMBER).create_role(
            RoleName="Open", AssumeRolePolicyDocument=json.dumps(TRUST)
        )
        folder = tmp_path_factory.mktemp("cdk.out")
        yield deploy_hub(organization, folder, targets=organization.root)


@pytest.fixture(scope="module")
def names(hub: Hub) -> Mapping[str, str]:
    """The names of the resources that the arguments of the calls have in braces."""
    hub.account.create_user("carol")
    return {
        "organization": hub.organization.id,
        "topic": hub.outputs["TopicArn"],
        "other_topic": hub.account.client("sns").create_topic(Name="other")["TopicArn"],
        "key": hub.account.create_key("carol"),
        "machine": hub.outputs["StateMachineArn"],
        "function": hub.outputs["AccountFunctionName"],
        "table": hub.outputs["TableName"],
    }


def _arguments(call: Call, names: Mapping[str, str]) -> dict[str, Any]:
    named = {f"{{{name}}}": value for name, value in names.items()}
    return {
        key: named.get(value, value) if isinstance(value, str) else value
        for key, value in call.arguments.items()
    }


def _session(hub: Hub, step: str) -> boto3.Session:
    return hub.account.role_session(hub.outputs[STEPS[step]])


@pytest.mark.parametrize(
    ("step", "call"),
    [
        pytest.param(step, call, id=f"{step}-{call.what.replace(' ', '-')}")
        for call in CALLS
        for step in call.to
    ],
)
def test_the_role_of_a_step_is_denied(
    hub: Hub, names: Mapping[str, str], step: str, call: Call
) -> None:
    service: Any = call.service
    operation = getattr(_session(hub, step).client(service), call.operation)
    with pytest.raises(ClientError) as refused:
        operation(**_arguments(call, names))
    assert refused.value.response["Error"]["Code"] in REFUSALS


@pytest.mark.parametrize(
    "call",
    [each for each in CALLS if each.what not in SHOWN_BY_RUNS],
    ids=lambda call: call.what.replace(" ", "-"),
)
def test_no_call_is_denied_by_the_emulator_itself(
    hub: Hub, names: Mapping[str, str], call: Call
) -> None:
    """An administrator of the hub may make each call: the roles are denied, not the call."""
    service: Any = call.service
    getattr(hub.account.client(service), call.operation)(**_arguments(call, names))


def test_only_the_role_of_the_account_step_may_become_the_member_role(hub: Hub) -> None:
    sts = _session(hub, "account").client("sts")
    made = sts.assume_role(
        RoleArn=f"arn:aws:iam::{MEMBER}:role/key-rotation/{MEMBER_ROLE}",
        RoleSessionName="session",
        ExternalId=hub.organization.id,
    )
    assert made["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{MEMBER}:assumed-role/")
