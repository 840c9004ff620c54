"""The Lambda function that runs key rotation, with its log group and dead-letter queue."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Aws, CfnCondition, CfnResource, Duration, Fn, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class RotationFunction(Construct):
    """One function on arm64, its log group and its dead-letter queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        package: Path,
        role: iam.Role,
        key: kms.IKey,
        environment: Mapping[str, str],
        reserved_concurrency: int | None,
    ) -> None:
        """Create the function from the folder `package`; `key` encrypts the queue."""
        super().__init__(scope, construct_id)
        self.dead_letter_queue = dead_letter_queue(self, key)
        self.log_group = log_group(self)
        self.function = lambda_.Function(
            self,
            "Function",
            description="Enforces the rotation of IAM users' access keys",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="key_rotation.handler.handler",
            code=lambda_.Code.from_asset(str(package)),
            # The CDK must not add permissions: function_role.py lists every action.
            role=role.without_policy_updates(),
            log_group=self.log_group,
            environment=dict(environment),
            memory_size=256,
            timeout=Duration.minutes(15),
            reserved_concurrent_executions=reserved_concurrency,
            # Lambda retries a failed run, which then continues where it stopped.
            retry_attempts=2,
            max_event_age=Duration.hours(6),
            on_failure=destinations.SqsDestination(self.dead_letter_queue),
        )
        _allow_recursion(self.function)


def _allow_recursion(function: lambda_.Function) -> None:
    """Let a long run continue by invoking the function itself, each time with less work left.

    By default Lambda stops that (Developer Guide, "Recursive loop detection"). CloudFormation
    refuses a property that a partition does not know, and AWS announced this one for the commercial
    partition only.
    """
    commercial = CfnCondition(
        function, "Commercial", expression=Fn.condition_equals(Aws.PARTITION, "aws")
    )
    allow = Fn.condition_if(commercial.logical_id, "Allow", Aws.NO_VALUE)
    resource = function.node.default_child
    assert isinstance(resource, CfnResource)  # noqa: S101  # of a function that is created here
    resource.add_property_override("RecursiveLoop", allow)


def dead_letter_queue(scope: Construct, key: kms.IKey) -> sqs.Queue:
    """Create the queue for events that nobody could process; `key` encrypts it."""
    return sqs.Queue(
        scope,
        "DeadLetters",
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )


def log_group(scope: Construct) -> logs.LogGroup:
    """Create a log group that is kept for a year."""
    # The log is evidence, so it is kept for a year, even after the stack is deleted. CloudWatch
    # encrypts it with a key of its own, so that it stays readable when our KMS key is the problem.
    # No secret is ever logged.
    return logs.LogGroup(
        scope,
        "Log",
        retention=logs.RetentionDays.ONE_YEAR,
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
