"""The enforcer: the function, its schedule, and where a run that failed for good ends up."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_MEMORY_MB = 256


class RotationFunction(Construct):
    """One function on arm64 with its log group and dead-letter queue."""

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
        """Create the function; what its role may do is granted by the stack."""
        super().__init__(scope, construct_id)
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        # Evidence: kept for a year, and when the stack goes (it then empties by itself).
        # CloudWatch encrypts it with a key of its own: what went wrong must stay readable when
        # it is our key that is in trouble. No secret is ever logged.
        self.log_group = logs.LogGroup(
            self,
            "Log",
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description="Enforces the rotation of IAM users' access keys",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="key_rotation.handler.handler",
            code=lambda_.Code.from_asset(str(package)),
            # The CDK may not add to the role: its actions are listed in one place.
            role=role.without_policy_updates(),
            log_group=self.log_group,
            environment=dict(environment),
            memory_size=_MEMORY_MB,
            timeout=Duration.minutes(15),
            reserved_concurrent_executions=reserved_concurrency,
            # A run goes on by invoking itself, and each part leaves less to the next. Lambda would
            # take a long one for a loop and stop it (Developer Guide, "Recursive loop detection").
            recursive_loop=lambda_.RecursiveLoop.ALLOW,
            # Lambda tries an event again by itself; a run that was cut short goes on that way.
            retry_attempts=2,
            max_event_age=Duration.hours(6),
            on_failure=destinations.SqsDestination(self.dead_letter_queue),
        )
