"""What the function may do: every action is listed here, and nothing else is allowed."""

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
    """The function's role. Each `grant_` method is one reason; the stack calls them all."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create a role that may do nothing yet."""
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))

    def grant_iam(self) -> None:
        """See every user of the account; read, deactivate and delete access keys of users."""
        self._allow(
            "ListUsers",
            # None of the three knows resources.
            ["iam:ListUsers", "iam:GenerateCredentialReport", "iam:GetCredentialReport"],
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
        """Read the thresholds, by their names."""
        arns = [parameter.parameter_arn for parameter in parameters]
        self._allow("ReadParameters", ["ssm:GetParameters"], arns)

    def grant_ledger(self, table: dynamodb.Table) -> None:
        """Read and write single items of the ledger; neither scan it nor write in batches."""
        actions = ["GetItem", "Query", "PutItem", "DeleteItem"]
        self._allow(
            "ReadWriteLedger", [f"dynamodb:{action}" for action in actions], [table.table_arn]
        )

    def grant_publish(self, topic: sns.Topic) -> None:
        """Publish, and see whether anybody listens."""
        self._allow(
            "PublishDigest", ["sns:Publish", "sns:ListSubscriptionsByTopic"], [topic.topic_arn]
        )

    def grant_logging(self, log_group: logs.LogGroup) -> None:
        """Write to its own log group."""
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        self._allow("WriteLog", actions, [log_group.log_group_arn])

    def grant_dead_letter_send(self, queue: sqs.Queue) -> None:
        """Leave an event that failed for good, which Lambda does in this role's name."""
        self._allow("SendToDeadLetterQueue", ["sqs:SendMessage"], [queue.queue_arn])

    def grant_key_use(self, key: kms.Key) -> None:
        """Use the key, but only by way of the three services that encrypt with it."""
        self._allow(
            "UseEncryptionKey",
            ["kms:Decrypt", "kms:GenerateDataKey*"],
            [key.key_arn],
            via_services("dynamodb", "sns", "sqs"),
        )

    def grant_self_invoke(self, function: lambda_.Function, *, scope: Construct) -> None:
        """Let the function invoke itself, to continue a run that did not finish in time.

        The policy is created in `scope`, which is part of its logical id.
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
