"""The role of the function. Every action that it allows is listed in this module."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.encryption_key import via_services


class FunctionRole(Construct):
    """The role that the function assumes. Each `grant_` method grants what one purpose needs."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create the role without permissions."""
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))

    def grant_iam(self) -> None:
        """List the users of the account; read, deactivate and delete their access keys."""
        self._allow(
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
        users = Stack.of(self).format_arn(
            service="iam",
            region="",
            resource="user",
            resource_name="*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        self._allow(
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

    def grant_parameter_read(self, parameters: Sequence[ssm.StringParameter]) -> None:
        """Read the parameters by name."""
        arns = [parameter.parameter_arn for parameter in parameters]
        self._allow("ReadParameters", ["ssm:GetParameters"], arns)

    def grant_ledger(self, table: dynamodb.Table) -> None:
        """Read and write single items of the table, without scans and batch writes."""
        actions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"]
        self._allow("ReadWriteLedger", actions, [table.table_arn])

    def grant_publish(self, topic: sns.Topic) -> None:
        """Publish to the topic and list its subscriptions."""
        actions = ["sns:Publish", "sns:ListSubscriptionsByTopic"]
        self._allow("PublishDigest", actions, [topic.topic_arn])

    def grant_logging(self, log_group: logs.LogGroup) -> None:
        """Write to the log group of the function."""
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        self._allow("WriteLog", actions, [log_group.log_group_arn])

    def grant_dead_letter_send(self, queue: sqs.Queue) -> None:
        """Send events to the queue: Lambda does so with this role after the last retry."""
        self._allow("SendToDeadLetterQueue", ["sqs:SendMessage"], [queue.queue_arn])

    def grant_key_use(self, key: kms.Key) -> None:
        """Use the KMS key, only through the three services that encrypt with it."""
        self._allow(
            "UseEncryptionKey",
            ["kms:Decrypt", "kms:GenerateDataKey*"],
            [key.key_arn],
            via_services("dynamodb", "sns", "sqs"),
        )

    def grant_self_invoke(self, function: lambda_.Function, *, scope: Construct) -> None:
        """Invoke the function itself, to continue a run that did not finish in time.

        The policy is created in `scope`, which is part of the logical id.
        """
        # A separate policy: the function depends on the role's default policy, so a reference to
        # the function in that policy would be circular.
        iam.Policy(
            scope,
            "GoOn",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    sid="InvokeSelf",
                    actions=["lambda:InvokeFunction"],
                    resources=[function.function_arn],
                )
            ],
        )

    def _allow(
        self,
        sid: str,
        actions: Sequence[str],
        resources: Sequence[str],
        conditions: dict[str, object] | None = None,
    ) -> None:
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid=sid, actions=actions, resources=resources, conditions=conditions
            )
        )
