"""A deployment for one account becomes the hub of an organization, and back, and keeps its data."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.demo.synthesis import STACK
from local.emulator.account import ACCOUNT, LocalAccount
from local.emulator.local_organization import LocalOrganization, client
from tests.local.assembly import synthesise

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
MANAGEMENT = "300000000001"
MEMBER = "arn:aws:iam::{}:role/key-rotation/KeyRotationMember"
POLICY = "KeyRotation-OneDeploymentPerAccount"
WATCH = {"pk": {"S": "WATCH"}, "sk": {"S": "AKIAIOSFODNN7EXAMPLE"}}


@pytest.fixture(scope="module")
def organization() -> Iterator[LocalOrganization]:
    """Start an organization whose administrator for StackSets is the account of the deployment."""
    with LocalAccount.start(now=START) as account:
        organization = LocalOrganization(account, management=MANAGEMENT)
        organization.join(ACCOUNT)
        organization.delegate(ACCOUNT)
        yield organization


def _data(account: LocalAccount, outputs: dict[str, str]) -> dict[str, Any]:
    """Return what somebody entered, confirmed or must not lose."""
    topic, table = outputs["TopicArn"], outputs["TableName"]
    parameters = account.client("ssm").get_parameters_by_path(Path="/key-rotation")["Parameters"]
    return {
        "subscriptions": account.client("sns").list_subscriptions_by_topic(TopicArn=topic)[
            "Subscriptions"
        ],
        "items": account.client("dynamodb").scan(TableName=table)["Items"],
        "parameters": {each["Name"]: (each["Value"], each["Version"]) for each in parameters},
    }


def _roles(account: LocalAccount, of: str) -> list[str]:
    """Return the ARNs of the roles that the policy of a deployment is attached to."""
    iam = client(account, "iam", of)
    arns = [
        role["Arn"]
        for role in iam.list_roles()["Roles"]
        for policy in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        if policy["PolicyName"] == POLICY
    ]
    return sorted(arns)


def test_a_deployment_becomes_a_hub_and_back_and_keeps_its_data(
    organization: LocalOrganization, tmp_path: Path
) -> None:
    account = organization.account
    unit, member = organization.create_unit("production"), organization.create_account()
    for each in (member, ACCOUNT):
        organization.move(each, unit)
    account.wait()
    single = synthesise(tmp_path / "single", {})
    hub = synthesise(tmp_path / "hub", {"organization": organization.id, "targets": unit})

    before = account.deploy(single, STACK)
    account.client("ssm").put_parameter(
        Name="/key-rotation/max-age-days", Value="60", Type="String", Overwrite=True
    )
    account.client("dynamodb").put_item(TableName=before["TableName"], Item=WATCH)
    data = _data(account, before)
    (function_role,) = _roles(account, ACCOUNT)

    as_hub = account.deploy(hub, STACK)
    assert {name: as_hub[name] for name in before} == before
    assert _data(account, as_hub) == data
    assert _roles(account, ACCOUNT) == [MEMBER.format(ACCOUNT)]
    assert _roles(account, member) == [MEMBER.format(member)]
    assert _roles(account, MANAGEMENT) == []
    for each in (ACCOUNT, member):
        assert _assume(account, each, organization.id)

    assert account.deploy(single, STACK) == before
    assert _data(account, before) == data
    assert _roles(account, ACCOUNT) == [function_role]
    assert _roles(account, member) == []


def _assume(account: LocalAccount, member: str, external_id: str) -> str:
    """Assume the member role of an account as the function does, and return the session's ARN."""
    sts = account.role_session().client("sts")
    session = sts.assume_role(
        RoleArn=MEMBER.format(member), RoleSessionName="key-rotation-1", ExternalId=external_id
    )
    return str(session["AssumedRoleUser"]["Arn"])
