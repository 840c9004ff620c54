"""A stack with a stack set, whose stacks have one role."""

import json
from typing import Any

ROLE = "FromStackSet"


def template(unit: str, *, role: str = ROLE, **changed: Any) -> str:
    """Return a template; `targets` and properties of the stack set can be changed."""
    targets = {"OrganizationalUnitIds": [unit], **changed.pop("targets", {})}
    declared = {
        "StackSetName": "Members",
        "PermissionModel": "SERVICE_MANAGED",
        "CallAs": "DELEGATED_ADMIN",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "TemplateBody": json.dumps({"Resources": {"Role": _role(role)}}),
        "StackInstancesGroup": [{"Regions": ["eu-west-1"], "DeploymentTargets": targets}],
        **changed,
    }
    stack_set = {"Type": "AWS::CloudFormation::StackSet", "Properties": declared}
    return json.dumps({"Resources": {"Members": stack_set}})


def _role(name: str) -> dict[str, Any]:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = {"Version": "2012-10-17", "Statement": [trust]}
    properties = {"RoleName": name, "AssumeRolePolicyDocument": document}
    return {"Type": "AWS::IAM::Role", "Properties": properties}
