"""A deployment in an account of moto, as far as the command line sees it."""

import json

import boto3

from tests.aws.aws_account import REGION, AwsAccount


def deploy(
    account: AwsAccount,
    *,
    stack: str = "KeyRotation",
    region: str = REGION,
    timezone: str = "UTC",
    **outputs: str,
) -> None:
    """Create a stack with the outputs of a deployment, and its function.

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
    session = boto3.Session(region_name=region)
    session.client("cloudformation").create_stack(
        StackName=stack, TemplateBody=json.dumps(template)
    )
    role = session.client("iam").create_role(
        RoleName=f"{stack}-{region}", AssumeRolePolicyDocument="{}"
    )
    session.client("lambda").create_function(
        FunctionName=function,
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="handler.handler",
        Code={"ZipFile": b"x"},
        Environment={"Variables": {"TIMEZONE": timezone, "LONGEST_GAP_HOURS": "24"}},
    )
