"""What the three functions of an organization may do.

Every action is listed here, in infra/role_statements.py or in infra/owner_permissions.py. No
function has the permissions of another: the one that may become any member role can neither publish
nor read a setting.
"""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.organisation.member_role import MEMBER_ROLE, ROLE_PATH
from infra.role_statements import (
    allow,
    delete_no_history,
    publish_chat,
    read_write_ledger,
    use_encryption_key,
)
from infra.thresholds import PARAMETER_PATH


def prepare_statements(
    stack: Stack, *, table: dynamodb.Table, key: kms.Key, topic: sns.Topic
) -> list[iam.PolicyStatement]:
    """List the accounts, read all parameters and who edited them, and see who listens."""
    path = stack.format_arn(
        service="ssm", resource="parameter", resource_name=PARAMETER_PATH.removeprefix("/")
    )
    return [
        allow(
            "ListAccounts",
            # The first two support no resource-level permissions.
            [
                "organizations:DescribeOrganization",
                "organizations:ListAccounts",
                "organizations:ListParents",  # of an account that the list gives without its path
            ],
            ["*"],
        ),
        # IAM authorizes the path of the request, not each parameter that is found below it.
        allow("ReadParameters", ["ssm:GetParametersByPath"], [path, f"{path}/*"]),
        allow("ReadEditors", ["ssm:GetParameterHistory"], [f"{path}/*"]),
        allow("ListSubscriptions", ["sns:ListSubscriptionsByTopic"], [topic.topic_arn]),
        # It supports no resource-level permissions.
        allow("ReadSubscriptions", ["sns:GetSubscriptionAttributes"], ["*"]),
        read_write_ledger(table),
        use_encryption_key(key, "dynamodb"),
    ]


def account_statements(
    stack: Stack, *, table: dynamodb.Table, key: kms.Key, organization_id: str
) -> list[iam.PolicyStatement]:
    """Become the member role of any account of this organization, and nothing else of AWS.

    The organization stands in a refusal with IfExists: if STS gave no `aws:ResourceOrgID`, then an
    allowance would fail everywhere. Each member role requires this organization as well.
    """
    members = f"arn:{stack.partition}:iam::*:role{ROLE_PATH}{MEMBER_ROLE}"
    return [
        allow("AssumeMemberRoles", ["sts:AssumeRole"], [members]),
        iam.PolicyStatement(
            sid="RefuseOtherOrganizations",
            effect=iam.Effect.DENY,
            actions=["sts:AssumeRole"],
            resources=["*"],
            conditions={"StringNotEqualsIfExists": {"aws:ResourceOrgID": organization_id}},
        ),
        read_write_ledger(table),
        delete_no_history(table),
        use_encryption_key(key, "dynamodb"),
    ]


def digest_statements(
    *,
    table: dynamodb.Table,
    key: kms.Key,
    topic: sns.Topic,
    account_topic: sns.Topic,
    owner_mail: Sequence[iam.PolicyStatement] = (),
    chat_topic: sns.Topic | None = None,
) -> list[iam.PolicyStatement]:
    """Publish to all topics, see who listens, record what was reported, and mail owners.

    owner_mail: the statements of `infra.owner_permissions`; empty if owners get no mail
    """
    queue = ["sqs"] if owner_mail else []
    topics = [topic.topic_arn, account_topic.topic_arn]
    return [
        allow("PublishDigest", ["sns:Publish", "sns:ListSubscriptionsByTopic"], topics),
        *([publish_chat(chat_topic)] if chat_topic else []),
        # It supports no resource-level permissions.
        allow("ReadSubscriptions", ["sns:GetSubscriptionAttributes"], ["*"]),
        read_write_ledger(table),
        delete_no_history(table, mails=bool(owner_mail)),
        use_encryption_key(key, "dynamodb", "sns", *queue),
        *owner_mail,
    ]


def let_prepare_see_executions(
    scope: Construct, *, role: iam.Role, machine: stepfunctions.StateMachine
) -> None:
    """See whether the execution that an earlier run belongs to is still running.

    It is a policy of its own in `scope`: the machine needs the function, and the function its
    policy, so a reference to the machine there would be circular.
    """
    executions = execution_arns(machine)
    statement = allow("SeeExecutions", ["states:DescribeExecution"], [executions])
    iam.ManagedPolicy(scope, "SeeExecutions", roles=[role], statements=[statement])


def execution_arns(machine: stepfunctions.StateMachine) -> str:
    """Return the ARN of all executions of a machine, without the children of its map."""
    return Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.state_machine_name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
