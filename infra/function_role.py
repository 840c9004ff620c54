"""The role of the function. Every action that it allows is listed in this module.

The policies are managed policies, because auditors' rules refuse inline ones (NIST 800-53
IAMNoInlinePolicy, and those of PCI DSS and HIPAA).
"""

from collections.abc import Mapping, Sequence

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
from infra.thresholds import PARAMETER_PATH

ONE_PER_ACCOUNT = "KeyRotation-OneDeploymentPerAccount"
"""The name of the policy that lets the function change keys. IAM is one for all Regions, so a
second stack, in any Region, is refused: a policy with this name exists already."""
_WATCH_AND_RUN = ("WATCH", "RUN", "*#WATCH", "*#RUN")  # key_rotation.adapters.ledger_items


class FunctionRole(Construct):
    """The role that the function assumes. Each `grant_` method grants what one purpose needs."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create the role, with the permissions on the users of the account."""
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.account_policy = iam.ManagedPolicy(
            self,
            "Account",
            managed_policy_name=ONE_PER_ACCOUNT,
            # Never change this text: CloudFormation replaces a policy whose description changes,
            # and cannot create the new one beside the old one of the same name.
            description="Lets key-rotation change access keys. The name is fixed on purpose:"
            " one deployment per account, whatever the Region.",
            roles=[self.role],
            statements=self._account_statements(),
        )
        self.policy = iam.ManagedPolicy(self, "Policy", roles=[self.role])
        # A separate policy: a policy has room for 6,144 characters.
        self.exemption_policy = iam.ManagedPolicy(
            self, "Exemptions", roles=[self.role], statements=self._exemption_statements()
        )

    def _account_statements(self) -> list[iam.PolicyStatement]:
        """List the users of the account; read, deactivate and delete their access keys."""
        list_users = _allow(
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
        rotate_keys = _allow(
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

    def _exemption_statements(self) -> list[iam.PolicyStatement]:
        """Read the exemption parameters by their path, and who edited a parameter."""
        # IAM authorizes the path of the request, not each parameter that is found below it.
        paths = [self._parameter_arn("exemption"), self._parameter_arn("exemption/*")]
        return [
            _allow("ReadExemptions", ["ssm:GetParametersByPath"], paths),
            _allow("ReadEditors", ["ssm:GetParameterHistory"], [self._parameter_arn("*")]),
        ]

    def grant_parameter_read(self, parameters: Sequence[ssm.StringParameter]) -> None:
        """Read the parameters by name."""
        arns = [parameter.parameter_arn for parameter in parameters]
        self._add("ReadParameters", ["ssm:GetParameters"], arns)

    def grant_ledger(self, table: dynamodb.Table) -> None:
        """Read and write single items, and delete watches and what belongs to runs, not history."""
        actions = [
            "dynamodb:DescribeTable",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
        ]
        self._add("ReadWriteLedger", actions, [table.table_arn])
        of_no_history = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*_WATCH_AND_RUN]}}
        self._add("DeleteNoHistory", ["dynamodb:DeleteItem"], [table.table_arn], of_no_history)

    def grant_publish(self, topic: sns.Topic) -> None:
        """Publish to the topic, list its subscriptions and read their filter policies."""
        actions = ["sns:Publish", "sns:ListSubscriptionsByTopic"]
        self._add("PublishDigest", actions, [topic.topic_arn])
        # It supports no resource-level permissions.
        self._add("ReadSubscriptions", ["sns:GetSubscriptionAttributes"], ["*"])

    def grant_logging(self, log_group: logs.LogGroup) -> None:
        """Write to the log group of the function."""
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        self._add("WriteLog", actions, [log_group.log_group_arn])

    def grant_dead_letter_send(self, queue: sqs.Queue) -> None:
        """Send events to the queue: Lambda does so with this role after the last retry."""
        self._add("SendToDeadLetterQueue", ["sqs:SendMessage"], [queue.queue_arn])

    def grant_key_use(self, key: kms.Key) -> None:
        """Use the KMS key, only through the three services that encrypt with it.

        The actions are those that the CDK grants for a table, a superset of those for a topic and
        a queue (DynamoDB Developer Guide, "Encryption at rest: authorizing").
        """
        self._add(
            "UseEncryptionKey",
            [
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:DescribeKey",
            ],
            [key.key_arn],
            via_services("dynamodb", "sns", "sqs"),
        )

    def grant_self_invoke(self, function: lambda_.Function, *, scope: Construct) -> None:
        """Invoke the function itself, to continue a run that did not finish in time.

        The policy is created in `scope`, which is part of the logical id.
        """
        # A separate policy: the function depends on the other two, so a reference to the function
        # in one of them would be circular.
        statement = _allow("InvokeSelf", ["lambda:InvokeFunction"], [function.function_arn])
        iam.ManagedPolicy(scope, "Continue", roles=[self.role], statements=[statement])

    def _parameter_arn(self, name: str) -> str:
        path = f"{PARAMETER_PATH}/{name}".removeprefix("/")
        return Stack.of(self).format_arn(service="ssm", resource="parameter", resource_name=path)

    def _add(
        self,
        sid: str,
        actions: Sequence[str],
        resources: Sequence[str],
        conditions: Mapping[str, object] | None = None,
    ) -> None:
        self.policy.add_statements(_allow(sid, actions, resources, conditions))


def _allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, object] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=resources, conditions=conditions)
