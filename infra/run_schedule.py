"""The schedule that starts the runs."""

from aws_cdk import Aws, Duration, Stack, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.encryption_key import via_services


class RunSchedule(Construct):
    """One EventBridge Scheduler schedule, and the role that it assumes to start a run."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        starts: lambda_.Function | stepfunctions.StateMachine,
        dead_letter_queue: sqs.Queue,
        key: kms.Key,
        schedule: str,
        timezone: str,
    ) -> None:
        """Create the schedule; events that fail for three hours go to the dead-letter queue."""
        super().__init__(scope, construct_id)
        role = _role(self)
        policy = _policy(self, role, starts=starts, dead_letter_queue=dead_letter_queue, key=key)
        scheduler.Schedule(
            self,
            "Schedule",
            description="Starts a run of key-rotation",
            schedule=scheduler.ScheduleExpression.expression(schedule, TimeZone.of(timezone)),
            target=_target(starts, role, dead_letter_queue),
        ).node.add_dependency(policy)


def _target(
    starts: lambda_.Function | stepfunctions.StateMachine, role: iam.Role, queue: sqs.Queue
) -> targets.LambdaInvoke | targets.StepFunctionsStartExecution:
    # The CDK's own grants would include every version of the function, and not the KMS key of the
    # queue.
    granted = role.without_policy_updates()
    # All deliveries of one event contain the same time, which identifies the run.
    event = scheduler.ScheduleTargetInput.from_object(
        {"scheduled_time": scheduler.ContextAttribute.scheduled_time}
    )
    age = Duration.hours(3)
    if isinstance(starts, lambda_.Function):
        return targets.LambdaInvoke(
            starts, role=granted, input=event, max_event_age=age, dead_letter_queue=queue
        )
    return targets.StepFunctionsStartExecution(
        starts, role=granted, input=event, max_event_age=age, dead_letter_queue=queue
    )


def _role(scope: Construct) -> iam.Role:
    """Create a role that only schedules of this account's default group can assume."""
    group = Stack.of(scope).format_arn(
        service="scheduler", resource="schedule-group", resource_name="default"
    )
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal(
            "scheduler.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group}
            },
        ),
    )


def _policy(
    scope: Construct,
    role: iam.Role,
    *,
    starts: lambda_.Function | stepfunctions.StateMachine,
    dead_letter_queue: sqs.Queue,
    key: kms.Key,
) -> iam.ManagedPolicy:
    """Create the role's policy: start a run, and send what it cannot deliver."""
    if isinstance(starts, lambda_.Function):
        action, resource = "lambda:InvokeFunction", starts.function_arn
    else:
        action, resource = "states:StartExecution", starts.state_machine_arn
    statements = [
        iam.PolicyStatement(actions=[action], resources=[resource]),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letter_queue.queue_arn]),
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[key.key_arn],
            conditions=via_services("sqs"),
        ),
    ]
    return iam.ManagedPolicy(scope, "Policy", roles=[role], statements=statements)
