"""The Step Functions state machine that runs key rotation in an organization, and its role."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.organisation.run_definition import MAP_LABEL, RunDefinition
from infra.organisation.step_permissions import execution_arns
from infra.role_statements import allow
from infra.rotation_function import log_group


class RunMachine(Construct):
    """One Standard state machine, with a log of all its states."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        definition: RunDefinition,
        functions: Sequence[lambda_.Function],
    ) -> None:
        """Create the machine, which may invoke only `functions`."""
        super().__init__(scope, construct_id)
        log = log_group(self)
        role = _role(self)
        statements = _statements([each.function_arn for each in functions])
        policy = iam.ManagedPolicy(self, "Policy", roles=[role], statements=statements)
        self.machine = stepfunctions.StateMachine(
            self,
            "Machine",
            comment="Runs key-rotation in the accounts of an organization",
            definition_body=stepfunctions.DefinitionBody.from_chainable(definition.start),
            # The CDK must not add permissions: this module lists every action.
            role=role.without_policy_updates(),
            timeout=Duration.hours(6),
            tracing_enabled=True,
            logs=stepfunctions.LogOptions(
                destination=log,
                level=stepfunctions.LogLevel.ALL,
                # Step Functions keeps the inputs and outputs; the log costs by its bytes.
                include_execution_data=False,
            ),
        )
        # The CDK makes an inline policy for the map, and attaches it to no role.
        self.machine.node.try_remove_child("DistributedMapPolicy")
        # Step Functions refuses a machine whose role may not write the log.
        self.machine.node.add_dependency(policy)
        # A separate policy: the machine depends on the other one, so that a reference to the
        # machine there would be circular.
        children = _child_statements(self.machine)
        iam.ManagedPolicy(self, "Children", roles=[role], statements=children)


def _role(scope: Construct) -> iam.Role:
    """Create a role that only state machines of this account can assume."""
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal(
            "states.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        ),
    )


def _statements(functions: Sequence[str]) -> list[iam.PolicyStatement]:
    """Invoke the three functions, write the log of the states, and trace them."""
    return [
        allow("InvokeSteps", ["lambda:InvokeFunction"], functions),
        allow(
            "WriteLog",
            # CloudWatch Logs delivers the log; none of these supports a log group as the resource
            # (Step Functions Developer Guide, "Logging using CloudWatch Logs").
            [
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            ],
            ["*"],
        ),
        allow(
            "Trace",
            # X-Ray has no resources for these.
            [
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
            ["*"],
        ),
    ]


def _child_statements(machine: stepfunctions.StateMachine) -> list[iam.PolicyStatement]:
    """Start a child for each account, and stop, describe and redrive the children.

    (Step Functions Developer Guide, "IAM policies for using Distributed Map states".)
    """
    children = Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.state_machine_name}/{MAP_LABEL}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return [
        allow("StartChildren", ["states:StartExecution"], [machine.state_machine_arn]),
        allow(
            "WatchChildren",
            ["states:DescribeExecution", "states:StopExecution"],
            [execution_arns(machine)],
        ),
        allow("RedriveChildren", ["states:RedriveExecution"], [children]),
    ]
