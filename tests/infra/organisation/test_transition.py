"""A single account's deployment becomes a hub, and back, by one deployment each."""

from typing import Any

import pytest

from tests.infra.template import Template

_KEPT = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SSM::Parameter",
    "AWS::Scheduler::Schedule",
    "AWS::Lambda::Function",
}
_PARTS = {"DependsOn", "Metadata"}
"""What only says in which order CloudFormation creates a resource."""


def _resources(template: Template) -> dict[str, dict[str, Any]]:
    resources: dict[str, dict[str, Any]] = template.body["Resources"]
    return resources


def test_the_app_has_two_stacks(both: dict[str, Template]) -> None:
    assert both.keys() == {"KeyRotation", "KeyRotationMember"}


def test_the_hub_keeps_the_logical_id_of_every_resource_that_it_still_has(
    hub: Template, customised: Template
) -> None:
    for name, resource in _resources(customised).items():
        if resource["Type"] in _KEPT:
            assert _resources(hub)[name]["Type"] == resource["Type"]


def test_the_hub_leaves_only_the_role_of_the_function_its_policies_and_its_retries_behind(
    hub: Template, customised: Template
) -> None:
    left = _resources(customised).keys() - _resources(hub).keys()
    assert sorted(_resources(customised)[name]["Type"] for name in left) == [
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig",
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
    ],
)
def test_the_transition_changes_no_property_of_what_holds_data(
    hub: Template, customised: Template, kind: str
) -> None:
    """So edited parameters, subscriptions, watches and dead letters stay."""
    for name, before in customised.resources(kind).items():
        after = hub.resources(kind)[name]
        keys = (before.keys() | after.keys()) - _PARTS
        assert {key: after[key] for key in keys} == {key: before[key] for key in keys}


def test_the_policy_that_refuses_a_second_deployment_moves_to_the_hubs_member_role_unrenamed(
    hub: Template, customised: Template
) -> None:
    """CloudFormation changes the roles of a policy in place; a new name would replace it."""
    (before, after) = (
        dict(_resources(each)["PermissionsAccount35985856"]["Properties"])
        for each in (customised, hub)
    )
    assert before.pop("Roles") == [{"Ref": customised.role("lambda")}]
    assert after.pop("Roles") == [{"Ref": "PermissionsMember6F304A64"}]
    assert after == before


def test_no_resource_has_the_fixed_name_of_one_with_another_logical_id(
    hub: Template, customised: Template
) -> None:
    """CloudFormation creates the new one first, and would find that the name exists."""
    names = ("AlarmName", "ManagedPolicyName", "RoleName", "StackSetName")

    def named(template: Template) -> dict[tuple[str, str], str]:
        return {
            (each["Type"], each["Properties"][name]): logical_id
            for logical_id, each in _resources(template).items()
            for name in names
            if name in each["Properties"]
        }

    before, after = named(customised), named(hub)
    shared = before.keys() & after.keys()
    assert len(shared) == 5
    assert {key: after[key] for key in shared} == {key: before[key] for key in shared}
    assert {name for _kind, name in after.keys() - before.keys()} == {
        "KeyRotation-AccountForgotten",
        "KeyRotation-AccountNotLookedAt",
        "KeyRotation-RunAborted",
        "KeyRotation-RunTimedOut",
        "KeyRotation-Viewer",
        "KeyRotationHub",
        "KeyRotationMember",
    }


def test_the_outputs_of_a_single_account_stay_and_name_the_account_step_as_the_function(
    hub: Template, template: Template
) -> None:
    outputs = {name: output["Value"] for name, output in hub.body["Outputs"].items()}
    before = {name: output["Value"] for name, output in template.body["Outputs"].items()}
    more = {name: outputs[name] for name in outputs.keys() - before.keys()}
    assert {name: outputs[name] for name in before} == before
    assert more == {
        "StateMachineArn": {"Ref": hub.logical_id("AWS::StepFunctions::StateMachine")},
        "PrepareFunctionName": {"Ref": "PrepareFunction0E0008CA"},
        "AccountFunctionName": outputs["FunctionName"],
        "DigestFunctionName": {"Ref": "DigestFunction7BDDFF27"},
        "MemberRoleName": "KeyRotationMember",
    }


def test_only_these_resources_are_added(hub: Template, customised: Template) -> None:
    added = _resources(hub).keys() - _resources(customised).keys()
    assert {_resources(hub)[name]["Type"] for name in added} == {
        "AWS::CloudFormation::StackSet",
        "AWS::CloudWatch::Alarm",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SSM::Parameter",
        "AWS::StepFunctions::StateMachine",
    }
