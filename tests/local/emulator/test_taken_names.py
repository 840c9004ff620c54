"""CloudFormation creates no role and no policy whose name is taken."""

import json
from typing import Any

import pytest

from local.emulator.account import LocalAccount
from tests.local.emulator.stacks import failure

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@pytest.fixture(autouse=True)
def taken(account: LocalAccount) -> None:
    """Create a role and a policy, unless another test did."""
    iam = account.client("iam")
    if "taken" not in [each["RoleName"] for each in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName="taken", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.create_policy(PolicyName="taken", PolicyDocument=json.dumps(DOCUMENT))


@pytest.mark.parametrize(
    ("kind", "properties", "reason"),
    [
        (
            "Role",
            {"RoleName": "taken", "AssumeRolePolicyDocument": TRUST},
            "Role with name taken already exists.",
        ),
        (
            "ManagedPolicy",
            {"ManagedPolicyName": "taken", "PolicyDocument": DOCUMENT},
            "A policy called taken already exists.",
        ),
    ],
    ids=["role", "policy"],
)
def test_a_taken_name_is_refused(
    account: LocalAccount, kind: str, properties: dict[str, Any], reason: str
) -> None:
    resource = {"Type": f"AWS::IAM::{kind}", "Properties": properties}
    body = json.dumps({"Resources": {"Resource": resource}})
    assert reason in failure(account.client("cloudformation"), body)
