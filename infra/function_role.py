"""The role of the function.

Every action is listed here, in role_statements.py or in owner_permissions.py.

The policies are managed policies, because auditors' rules refuse inline ones (NIST 800-53
IAMNoInlinePolicy, and those of PCI DSS and HIPAA).
"""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.role_statements import (
    account_policy,
    allow,
    delete_no_history,
    publish_chat,
    read_write_ledger,
    use_encryption_key,
    write_log,
)
from infra.thresholds import PARAMETER_PATH


class FunctionRole(Construct):
    """The role that the function assumes. Each `grant_` method grants what one purpose needs."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create the role, with the permissions on the users of the account."""
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.account_policy = account_policy(self, role=self.role)
        self.policy = iam.ManagedPolicy(self, "Policy", roles=[self.role])
        # A separate policy: a policy has room for 6,144 characters.
        self.exemption_policy = iam.ManagedPolicy(
            self, "Exemptions", roles=[self.role], statements=self._exemption_statements()
        )

    def _exemption_statements(self) -> list[iam.PolicyStatement]:
        """Read the exemption parameters by their path, and who edited a parameter."""
        # IAM authorizes the path of the request, not each parameter that is found below it.
        paths = [self._parameter_arn("exemption"), self._parameter_arn("exemption/*")]
        return [
            allow("ReadExemptions", ["ssm:GetParametersByPath"], paths),
            allow("ReadEditors", ["ssm:GetParameterHistory"], [self._parameter_arn("*")]),
        ]

    def grant_parameter_read(self, parameters: Sequence[ssm.StringParameter]) -> None:
        """Read the parameters by name."""
        arns = [parameter.parameter_arn for parameter in parameters]
        self._add("ReadParameters", ["ssm:GetParameters"], arns)

    def grant_ledger(self, table: dynamodb.Table, *, mails: bool) -> None:
        """Read and write single items, and delete watches and what belongs to runs, not history.

        mails: whether mails to owners are deleted too, once they are no longer pending
        """
        self.policy.add_statements(read_write_ledger(table), delete_no_history(table, mails=mails))

    def grant_publish(self, topic: sns.Topic) -> None:
        """Publish to the topic, list its subscriptions and read their filter policies."""
        actions = ["sns:Publish", "sns:ListSubscriptionsByTopic"]
        self._add("PublishDigest", actions, [topic.topic_arn])
        # It supports no resource-level permissions.
        self._add("ReadSubscriptions", ["sns:GetSubscriptionAttributes"], ["*"])

    def grant_chat(self, topic: sns.Topic) -> None:
        """Publish to the chat topic."""
        self.policy.add_statements(publish_chat(topic))

    def grant_logging(self, log_group: logs.LogGroup) -> None:
        """Write to the log group of the function."""
        self.policy.add_statements(write_log(log_group))

    def grant_dead_letter_send(self, queue: sqs.Queue) -> None:
        """Send events to the queue: Lambda does so with this role after the last retry."""
        self._add("SendToDeadLetterQueue", ["sqs:SendMessage"], [queue.queue_arn])

    def grant_key_use(self, key: kms.Key) -> None:
        """Use the KMS key, only through the three services that encrypt with it."""
        self.policy.add_statements(use_encryption_key(key, "dynamodb", "sns", "sqs"))

    def grant_owner_mail(self, statements: Sequence[iam.PolicyStatement]) -> iam.ManagedPolicy:
        """Mail owners; it is a separate policy, which has room for the allowed domains."""
        return iam.ManagedPolicy(self, "OwnerMail", roles=[self.role], statements=statements)

    def grant_self_invoke(self, function: lambda_.Function, *, scope: Construct) -> None:
        """Invoke the function itself, to continue a run that did not finish in time.

        The policy is created in `scope`, which is part of the logical id.
        """
        # A separate policy: the function depends on the other two, so a reference to the function
        # in one of them would be circular.
        statement = allow("InvokeSelf", ["lambda:InvokeFunction"], [function.function_arn])
        iam.ManagedPolicy(scope, "Continue", roles=[self.role], statements=[statement])

    def _parameter_arn(self, name: str) -> str:
        path = f"{PARAMETER_PATH}/{name}".removeprefix("/")
        return Stack.of(self).format_arn(service="ssm", resource="parameter", resource_name=path)

    def _add(self, sid: str, actions: Sequence[str], resources: Sequence[str]) -> None:
        self.policy.add_statements(allow(sid, actions, resources))
