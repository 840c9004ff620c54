"""The role in each account that the hub assumes to look at access keys and to change them."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.role_statements import account_policy

ROLE_PATH = "/key-rotation/"
HUB_ROLE = "KeyRotationHub"
"""The name of the role of the account step, the only one that may assume a member role."""
MEMBER_ROLE = "KeyRotationMember"
"""The name of the role in each account."""


class MemberRole(Construct):
    """The role `/key-rotation/KeyRotationMember` of one account, with the policy of a deployment.

    Its policy has the name of a single account's: CloudFormation refuses the role where a
    deployment of its own acts on the same keys, and such a deployment where the role is.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        hub_account: str,
        organization_id: str,
        external_id: str,
    ) -> None:
        """Create the role, which only the hub's role of the account step may assume.

        The trust names the hub's account, and its role in a condition. IAM refuses a principal
        that does not exist yet, and turns the ARN of one that is made again into an id that
        matches nothing. For a session, `aws:PrincipalArn` is the ARN of its role (IAM User Guide,
        "AWS global condition context keys").
        """
        super().__init__(scope, construct_id)
        hub_role = f"arn:{Stack.of(self).partition}:iam::{hub_account}:role{ROLE_PATH}{HUB_ROLE}"
        self.role = iam.Role(
            self,
            "Member",
            role_name=MEMBER_ROLE,
            path=ROLE_PATH,
            description="Lets the hub of key-rotation read and change access keys in this account.",
            assumed_by=iam.AccountPrincipal(hub_account).with_conditions(
                {
                    "ArnEquals": {"aws:PrincipalArn": hub_role},
                    "StringEquals": {
                        "aws:PrincipalOrgID": organization_id,
                        "sts:ExternalId": external_id,
                    },
                }
            ),
        )
        self.account_policy = account_policy(self, role=self.role)
