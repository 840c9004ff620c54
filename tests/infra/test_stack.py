"""The stack as a whole: subscriptions, outputs, partitions and resource types."""

import json

import pytest

from tests.infra.template import Synthesise, Template


def test_each_email_address_of_the_context_is_subscribed(customised: Template) -> None:
    subscribed = [
        found["Properties"] for found in customised.resources("AWS::SNS::Subscription").values()
    ]
    assert {each["Endpoint"] for each in subscribed} == {"a@example.com", "b@example.com"}
    assert {each["Protocol"] for each in subscribed} == {"email"}


def test_a_second_deployment_with_the_same_context_keeps_the_subscriptions(
    synthesise: Synthesise,
) -> None:
    """CloudFormation deletes what a template no longer has, and replaces what has another id."""
    first = synthesise(None, email="a@example.com,b@example.com")
    second = synthesise(None, email="b@example.com, a@example.com")
    kind = "AWS::SNS::Subscription"
    assert len(first.resources(kind)) == 2
    assert second.resources(kind) == first.resources(kind)


def test_with_the_email_none_nobody_is_subscribed_and_synthesis_warns(
    template: Template,
) -> None:
    assert template.resources("AWS::SNS::Subscription") == {}
    (warning,) = template.warnings
    assert "every run fails until the topic has a confirmed subscription" in warning


def test_with_an_email_address_synthesis_does_not_warn(customised: Template) -> None:
    assert customised.warnings == ()


def test_the_outputs_name_the_function_the_topic_the_table_and_the_parameter_path(
    template: Template,
) -> None:
    outputs = {name: output["Value"] for name, output in template.body["Outputs"].items()}
    assert outputs.pop("DashboardUrl")
    assert outputs == {
        "FunctionName": {"Ref": template.logical_id("AWS::Lambda::Function")},
        "TopicArn": {"Ref": template.logical_id("AWS::SNS::Topic")},
        "TableName": {"Ref": template.logical_id("AWS::DynamoDB::Table")},
        "ParameterPath": "/key-rotation",
    }


def _resolve(value: object, template: Template, **pseudo: str) -> str:
    """Resolve a string as CloudFormation does in a partition and a Region."""
    values = {"AWS::Partition": pseudo["partition"], "AWS::Region": pseudo["region"]}
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return values.get(name, f"<{name}>")
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(_resolve(part, template, **pseudo) for part in parts)
        case {"Fn::If": [str(name), yes, no]}:
            left, right = template.body["Conditions"][name]["Fn::Equals"]
            holds = _resolve(left, template, **pseudo) == _resolve(right, template, **pseudo)
            return _resolve(yes if holds else no, template, **pseudo)
        case _:
            raise AssertionError(value)


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-central-1", "console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_the_dashboard_url_is_in_the_console_of_the_partition(
    template: Template, partition: str, region: str, host: str
) -> None:
    url = template.body["Outputs"]["DashboardUrl"]["Value"]
    dashboard = template.logical_id("AWS::CloudWatch::Dashboard")
    assert _resolve(url, template, partition=partition, region=region) == (
        f"https://{host}/cloudwatch/home?region={region}#dashboards/dashboard/<{dashboard}>"
    )


@pytest.mark.parametrize("region", [None, "cn-north-1", "us-gov-west-1"])
def test_no_arn_of_the_commercial_partition_is_hard_coded(
    synthesise: Synthesise, region: str | None
) -> None:
    assert "arn:aws:" not in json.dumps(synthesise(region).body)


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_a_stack_for_one_region_uses_the_arns_of_its_partition(
    synthesise: Synthesise, region: str, partition: str
) -> None:
    template = synthesise(region)
    (users,) = [
        statement["Resource"]
        for statement in template.role_statements("lambda")
        if statement.get("Sid") == "RotateAccessKeys"
    ]
    assert users["Fn::Join"][1][0] == f"arn:{partition}:iam::"


def test_only_parameters_alarms_and_one_policy_have_fixed_physical_names(
    template: Template,
) -> None:
    names = {
        (found["Type"], name)
        for found in template.body["Resources"].values()
        for name in found["Properties"]
        if name in {"Name", "AlarmName", "FunctionName", "QueueName", "RoleName"}
        or name in {"TableName", "TopicName", "LogGroupName", "DashboardName", "GroupName"}
        or name in {"ManagedPolicyName", "PolicyName"}
    }
    # The FunctionName of EventInvokeConfig is a reference.
    assert names == {
        ("AWS::CloudWatch::Alarm", "AlarmName"),
        ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
        ("AWS::SSM::Parameter", "Name"),
        ("AWS::Lambda::EventInvokeConfig", "FunctionName"),
    }


def test_the_stack_contains_only_these_resource_types_and_no_custom_resource(
    template: Template,
) -> None:
    assert {found["Type"] for found in template.body["Resources"].values()} == {
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::DynamoDB::Table",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::KMS::Key",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",
        "AWS::Scheduler::Schedule",
    }
