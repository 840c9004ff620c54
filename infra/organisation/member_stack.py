"""The stack of one account of the organization: the member role, and nothing else."""

import json
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.organisation.member_role import MemberRole

MEMBER_STACK = "KeyRotationMember"


class MemberStack(cdk.Stack):
    """`KeyRotationMember`: for the management account, and wherever a stack set is not used.

    It needs no bootstrapped account, since it has no assets. It is the same for every Region and
    partition, and the template of the stack set.
    """

    def __init__(self, scope: Construct, *, organization_id: str) -> None:
        """Create the role; the hub's account is a parameter, which nobody knows at synthesis."""
        super().__init__(
            scope,
            MEMBER_STACK,
            synthesizer=cdk.BootstraplessSynthesizer(),
            description="Lets the hub of key-rotation act in this account",
        )
        hub_account = cdk.CfnParameter(
            self,
            "HubAccount",
            description="The id of the account in which the stack KeyRotation is.",
            allowed_pattern="[0-9]{12}",
        )
        organization = cdk.CfnParameter(
            self,
            "OrganizationId",
            description="The id of the organization that the hub must be in.",
            default=organization_id,
            allowed_pattern="o-[a-z0-9]{10,32}",
        )
        external_id = cdk.CfnParameter(
            self,
            "ExternalId",
            description="What the hub gives as the external id: the id of the organization.",
            default=organization_id,
            allowed_pattern=r"[A-Za-z0-9+=,.@:\/-]{2,128}",
        )
        MemberRole(
            self,
            "Permissions",
            hub_account=hub_account.value_as_string,
            organization_id=organization.value_as_string,
            external_id=external_id.value_as_string,
        )


def member_template(scope: Construct, *, organization_id: str) -> str:
    """Return the template of the stack as compact JSON, as the app of `scope` writes it."""
    with TemporaryDirectory(prefix="key-rotation-") as outdir:
        app = cdk.App(
            context=scope.node.get_all_context(),  # it has the feature flags of cdk.json
            outdir=outdir,
            analytics_reporting=False,
            builtin_cloud_formation_validation=False,  # the app validates the same stack
            stack_traces=False,
        )
        MemberStack(app, organization_id=organization_id)
        body: dict[str, Any] = app.synth().get_stack_by_name(MEMBER_STACK).template
    return json.dumps(body, separators=(",", ":"))
