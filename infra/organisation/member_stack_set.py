"""The stack set that brings the member role into the accounts of the organization."""

from collections.abc import Sequence

from aws_cdk import Aws, CfnCondition, CfnResource, Fn
from aws_cdk import aws_cloudformation as cloudformation
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.organisation.context import MemberRoles
from infra.organisation.member_stack import MEMBER_STACK, member_template

_StackSet = cloudformation.CfnStackSet
# By default the first account that refuses the role would stop all others.
_PREFERENCES = _StackSet.OperationPreferencesProperty(
    concurrency_mode="SOFT_FAILURE_TOLERANCE",
    failure_tolerance_percentage=100,
    max_concurrent_percentage=100,
)


class MemberStackSet(Construct):
    """One service-managed stack set: the role in each account of the targets, now and later.

    The management account never gets a stack of it, "even if the organization management account
    is in your organization or in an OU in your organization" (CloudFormation API Reference,
    DeploymentTargets). In China StackSets cannot get trusted access (CloudFormation User Guide,
    "Prerequisites for using CloudFormation StackSets"), so a condition leaves the stack set out
    there. In both, somebody deploys the stack KeyRotationMember.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        organization_id: str,
        targets: Sequence[str],
        member_roles: MemberRoles,
    ) -> None:
        """Create the stack set; `member_roles` says which account this stack is in.

        One account that refuses the role stops no other: the digest names it. Accounts that join
        later get the role without these preferences, and without the filter of accounts
        (CloudFormation User Guide, "Manage automatic deployments").
        """
        super().__init__(scope, construct_id)
        self._stack_set = _StackSet(
            self,
            "StackSet",
            stack_set_name=MEMBER_STACK,
            description="Lets the hub of key-rotation act in the accounts of the organization",
            permission_model="SERVICE_MANAGED",
            call_as=_call_as(member_roles),
            auto_deployment=_StackSet.AutoDeploymentProperty(
                enabled=True, retain_stacks_on_account_removal=False
            ),
            capabilities=["CAPABILITY_NAMED_IAM"],
            managed_execution={"Active": True},
            operation_preferences=_PREFERENCES,
            parameters=_parameters(organization_id),
            stack_instances_group=[_instances(targets, member_roles)],
            template_body=member_template(self, organization_id=organization_id),
        )
        self._condition = CfnCondition(
            self,
            "TrustedAccess",
            expression=Fn.condition_not(Fn.condition_equals(Aws.PARTITION, "aws-cn")),
        )
        self._stack_set.cfn_options.condition = self._condition

    def create_first(self, table: dynamodb.Table) -> None:
        """Let CloudFormation create the table after the stack set, where there is one.

        A DependsOn cannot have a condition, but the metadata can refer to the stack set with one.
        """
        resource = table.node.default_child
        assert isinstance(resource, CfnResource)  # noqa: S101  # of a table that the CDK creates
        after = Fn.condition_if(self._condition.logical_id, self._stack_set.ref, "")
        resource.add_metadata("CreatedAfter", after)


def _parameters(organization_id: str) -> list[cloudformation.CfnStackSet.ParameterProperty]:
    return [
        _StackSet.ParameterProperty(parameter_key=key, parameter_value=value)
        for key, value in {
            "HubAccount": Aws.ACCOUNT_ID,
            "OrganizationId": organization_id,
            "ExternalId": organization_id,
        }.items()
    ]


def _call_as(member_roles: MemberRoles) -> str:
    """CloudFormation refuses the value of the other kind of account."""
    return "SELF" if member_roles is MemberRoles.MANAGEMENT_ACCOUNT else "DELEGATED_ADMIN"


def _instances(
    targets: Sequence[str], member_roles: MemberRoles
) -> cloudformation.CfnStackSet.StackInstancesProperty:
    """Return the accounts of the targets, in one Region since IAM has none, without the hub.

    The hub's own stack makes its role. The management account needs no exception, see above.
    """
    in_management_account = member_roles is MemberRoles.MANAGEMENT_ACCOUNT
    return _StackSet.StackInstancesProperty(
        regions=[Aws.REGION],
        deployment_targets=_StackSet.DeploymentTargetsProperty(
            organizational_unit_ids=list(targets),
            accounts=None if in_management_account else [Aws.ACCOUNT_ID],
            account_filter_type=None if in_management_account else "DIFFERENCE",
        ),
    )
