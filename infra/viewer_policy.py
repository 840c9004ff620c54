"""A managed policy for people who look: what `key-rotation` reads, and no write."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.encryption_key import via_services
from infra.thresholds import PARAMETER_PATH


class ViewerPolicy(Construct):
    """The policy `KeyRotation-Viewer`; somebody attaches it to the people or roles that look.

    `GenerateCredentialReport` lets IAM write its report, and changes nothing else.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        table: dynamodb.Table,
        key: kms.Key,
        machine: stepfunctions.StateMachine | None = None,
    ) -> None:
        """Create the policy for one deployment; that of an organization has a state machine."""
        super().__init__(scope, construct_id)
        iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name="KeyRotation-Viewer",
            description="Lets people see what key-rotation does, and change nothing.",
            statements=[
                *self._read_account(),
                *_read_deployment(function, table, key),
                *([] if machine is None else _read_executions(machine)),
            ],
        )

    def _read_account(self) -> list[iam.PolicyStatement]:
        stack = Stack.of(self)
        users = f"arn:{stack.partition}:iam::{stack.account}:user/*"
        place = f"{stack.partition}:ssm:{stack.region}:{stack.account}"
        return [
            _allow(
                "ReadAccount",  # none of these supports resource-level permissions
                [
                    "cloudformation:DescribeStacks",
                    "iam:GenerateCredentialReport",
                    "iam:GetAccountSummary",
                    "iam:GetCredentialReport",
                    "iam:ListAccountAliases",
                    "iam:ListUsers",
                    "ssm:DescribeParameters",
                ],
                ["*"],
            ),
            _allow(
                "ReadKeys",
                [
                    "iam:GetAccessKeyLastUsed",
                    "iam:GetUser",
                    "iam:ListAccessKeys",
                    "iam:ListUserTags",
                ],
                [users],
            ),
            _allow(
                "ReadParameters",
                ["ssm:GetParameterHistory", "ssm:GetParameters", "ssm:GetParametersByPath"],
                [f"arn:{place}:parameter{PARAMETER_PATH}/*"],
            ),
        ]


def _read_deployment(
    function: lambda_.Function, table: dynamodb.Table, key: kms.Key
) -> list[iam.PolicyStatement]:
    return [
        _allow(
            "ReadLedger",
            ["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"],
            [table.table_arn],
        ),
        iam.PolicyStatement(
            sid="DecryptLedger",
            actions=["kms:Decrypt"],
            resources=[key.key_arn],
            conditions=via_services("dynamodb"),
        ),
        _allow("ReadFunction", ["lambda:GetFunctionConfiguration"], [function.function_arn]),
    ]


def _read_executions(machine: stepfunctions.StateMachine) -> list[iam.PolicyStatement]:
    """See the executions of the machine, and those of its map: one for each account."""
    name = machine.state_machine_name
    runs, children, maps = (
        Stack.of(machine).format_arn(
            service="states",
            resource=resource,
            resource_name=resource_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for resource, resource_name in (
            ("execution", f"{name}:*"),
            ("execution", f"{name}/*:*"),
            ("mapRun", f"{name}/*:*"),
        )
    )
    return [
        _allow(
            "ReadMachine",
            ["states:DescribeStateMachine", "states:ListExecutions"],
            [machine.state_machine_arn],
        ),
        _allow(
            "ReadExecutions",
            ["states:DescribeExecution", "states:GetExecutionHistory", "states:ListMapRuns"],
            [runs, children],
        ),
        _allow("ReadMapRuns", ["states:DescribeMapRun", "states:ListExecutions"], [maps]),
    ]


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=resources)
