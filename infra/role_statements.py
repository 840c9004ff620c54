"""The statements that a single account's role shares with those of an organization."""

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.encryption_key import via_services

ONE_PER_ACCOUNT = "KeyRotation-OneDeploymentPerAccount"
"""The name of the policy that lets the function change keys. IAM is one for all Regions, so a
second stack, in any Region, is refused: a policy with this name exists already."""
_PENDING_MAIL = "PENDING_MAIL"  # key_rotation.adapters.owner_mail_items
_WATCH_AND_RUN = ("WATCH", "RUN", "*#WATCH", "*#RUN")  # key_rotation.adapters.ledger_items


def account_policy(scope: Construct, *, role: iam.Role) -> iam.ManagedPolicy:
    """Create the policy that lets a role change the access keys of its account.

    Its name is ONE_PER_ACCOUNT. The id of `scope` is part of the logical id.
    """
    return iam.ManagedPolicy(
        scope,
        "Account",
        managed_policy_name=ONE_PER_ACCOUNT,
        # Never change this text: CloudFormation replaces a policy whose description changes,
        # and cannot create the new one beside the old one of the same name.
        description="Lets key-rotation change access keys. The name is fixed on purpose:"
        " one deployment per account, whatever the Region.",
        roles=[role],
        statements=_account_statements(Stack.of(scope)),
    )


def _account_statements(stack: Stack) -> list[iam.PolicyStatement]:
    """List the users of the account; read, deactivate and delete their access keys."""
    list_users = allow(
        "ListUsers",
        # None of the four supports resource-level permissions.
        [
            "iam:ListUsers",
            "iam:GenerateCredentialReport",
            "iam:GetCredentialReport",
            "iam:ListAccountAliases",  # the digest gives the account by its alias
        ],
        ["*"],
    )
    users = stack.format_arn(
        service="iam",
        region="",
        resource="user",
        resource_name="*",
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )
    rotate_keys = allow(
        "RotateAccessKeys",
        [
            "iam:ListAccessKeys",
            "iam:GetAccessKeyLastUsed",
            "iam:ListUserTags",
            "iam:UpdateAccessKey",
            "iam:DeleteAccessKey",
        ],
        [users],
    )
    return [list_users, rotate_keys]


def read_write_ledger(table: dynamodb.Table) -> iam.PolicyStatement:
    """Read and write single items of the table, and recognise one restored from a backup."""
    actions = [
        "dynamodb:DescribeTable",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
    ]
    return allow("ReadWriteLedger", actions, [table.table_arn])


def delete_no_history(table: dynamodb.Table, *, mails: bool = False) -> iam.PolicyStatement:
    """Delete watches and what belongs to runs, of any account; no history.

    mails: whether mails to owners are deleted too, once they are no longer pending
    """
    keys = [*_WATCH_AND_RUN, *([_PENDING_MAIL] if mails else [])]
    of_no_history = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}
    return allow("DeleteNoHistory", ["dynamodb:DeleteItem"], [table.table_arn], of_no_history)


def publish_chat(topic: sns.Topic) -> iam.PolicyStatement:
    """Publish to the chat topic; who listens there does not matter."""
    return allow("PublishChat", ["sns:Publish"], [topic.topic_arn])


def write_log(log_group: logs.LogGroup) -> iam.PolicyStatement:
    """Write to a log group that exists."""
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    return allow("WriteLog", actions, [log_group.log_group_arn])


def use_encryption_key(key: kms.Key, *services: str) -> iam.PolicyStatement:
    """Use the KMS key, only through these services.

    The actions are those that the CDK grants for a table, a superset of those for a topic and
    a queue (DynamoDB Developer Guide, "Encryption at rest: authorizing").
    """
    return allow(
        "UseEncryptionKey",
        [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:DescribeKey",
        ],
        [key.key_arn],
        via_services(*services),
    )


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, object] | None = None,
) -> iam.PolicyStatement:
    """Return a statement that allows actions on resources."""
    return iam.PolicyStatement(sid=sid, actions=actions, resources=resources, conditions=conditions)
