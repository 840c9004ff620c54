"""A deployment in an account of moto, as far as the command line sees it."""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import boto3

from tests.aws.aws_account import REGION, AwsAccount

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient


@cache
def _clients(region: str) -> tuple["CloudFormationClient", "IAMClient", "LambdaClient"]:
    """Build the clients once, since botocore is slow; they work with each account of moto."""
    session = boto3.Session(region_name=region)
    return session.client("cloudformation"), session.client("iam"), session.client("lambda")


def deploy(
    account: AwsAccount,
    *,
    stack: str = "KeyRotation",
    region: str = REGION,
    timezone: str = "UTC",
    variables: Mapping[str, str] | None = None,
    **outputs: str,
) -> None:
    """Create a stack with the outputs of a deployment, and its function.

    variables: of the function, besides those of each deployment
    outputs: those that differ
    """
    function = f"{stack}-function"
    values = {
        "FunctionName": function,
        "TopicArn": account.environment.topic_arn,
        "TableName": "ledger",
        "ParameterPath": "/key-rotation",
        "DashboardUrl": "https://example.com",
    } | outputs
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": stack}}
    template = {
        "Resources": {"Topic": topic},
        "Outputs": {name: {"Value": value} for name, value in values.items()},
    }
    cloudformation, iam, functions = _clients(region)
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    role = iam.create_role(RoleName=f"{stack}-{region}", AssumeRolePolicyDocument="{}")
    functions.create_function(
        FunctionName=function,
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="handler.handler",
        Code={"ZipFile": b"x"},
        Environment={
            "Variables": {"TIMEZONE": timezone, "LONGEST_GAP_HOURS": "24", **(variables or {})}
        },
    )
