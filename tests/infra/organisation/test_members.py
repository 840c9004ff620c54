"""How the member role gets into the accounts: by a stack set, or by a stack of its own."""

import json
from typing import Any

import pytest

from tests.infra.organisation.conftest import Stacks
from tests.infra.template import Synthesise, Template, render

_KIND = "AWS::CloudFormation::StackSet"


@pytest.fixture(scope="module")
def stack_set(hub: Template) -> dict[str, Any]:
    return hub.properties(_KIND)


def test_the_stack_of_a_member_has_only_a_role_and_its_policy(member: Template) -> None:
    assert sorted(each["Type"] for each in member.body["Resources"].values()) == [
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
    ]


def test_the_stack_of_a_member_needs_neither_assets_nor_a_bootstrapped_account(
    member: Template,
) -> None:
    assert member.body.keys() == {"Description", "Parameters", "Resources"}
    assert member.body["Parameters"].keys() == {"HubAccount", "OrganizationId", "ExternalId"}


def test_whoever_deploys_the_stack_of_a_member_gives_only_the_account_of_the_hub(
    member: Template,
) -> None:
    defaults = {name: each.get("Default") for name, each in member.body["Parameters"].items()}
    assert defaults == {
        "HubAccount": None,
        "OrganizationId": "o-a1b2c3d4e5",
        "ExternalId": "o-a1b2c3d4e5",
    }


def test_the_policy_of_a_member_has_the_name_that_refuses_a_second_deployment(
    member: Template, template: Template
) -> None:
    """So a member's own deployment and its role cannot act on the same keys."""
    policy = member.properties("AWS::IAM::ManagedPolicy")
    own = template.body["Resources"]["PermissionsAccount35985856"]["Properties"]
    assert policy["ManagedPolicyName"] == own["ManagedPolicyName"]
    assert policy["Description"] == own["Description"]


def test_the_stack_set_has_the_template_of_the_members_stack(
    stack_set: dict[str, Any], member: Template
) -> None:
    assert json.loads(stack_set["TemplateBody"]) == member.body
    assert len(stack_set["TemplateBody"].encode()) < 51_200  # what the API takes inline


def test_the_stack_set_gives_each_member_the_hub_and_the_organization(
    stack_set: dict[str, Any],
) -> None:
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack_set["Parameters"]}
    assert {key: render(value) for key, value in given.items()} == {
        "HubAccount": "${AWS::AccountId}",
        "OrganizationId": "o-a1b2c3d4e5",
        "ExternalId": "o-a1b2c3d4e5",
    }


def test_accounts_that_join_get_the_role_and_accounts_that_leave_lose_it(
    stack_set: dict[str, Any],
) -> None:
    assert stack_set["PermissionModel"] == "SERVICE_MANAGED"
    assert stack_set["AutoDeployment"] == {"Enabled": True, "RetainStacksOnAccountRemoval": False}


def test_an_account_that_refuses_the_role_stops_no_other(stack_set: dict[str, Any]) -> None:
    assert stack_set["OperationPreferences"] == {
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
        "FailureTolerancePercentage": 100,
        "MaxConcurrentPercentage": 100,
    }
    assert stack_set["ManagedExecution"] == {"Active": True}


def test_the_stack_set_may_create_roles_with_names(stack_set: dict[str, Any]) -> None:
    assert stack_set["Capabilities"] == ["CAPABILITY_NAMED_IAM"]


def test_the_targets_get_the_role_in_one_region_but_not_the_hub_which_has_its_own(
    stack_set: dict[str, Any],
) -> None:
    """IAM has no Regions: a second one would find that the role exists."""
    (instances,) = stack_set["StackInstancesGroup"]
    assert instances == {
        "Regions": [{"Ref": "AWS::Region"}],
        "DeploymentTargets": {
            "OrganizationalUnitIds": ["ou-ab12-12345678", "r-ab12"],
            "AccountFilterType": "DIFFERENCE",
            "Accounts": [{"Ref": "AWS::AccountId"}],
        },
    }


def test_a_delegated_administrator_calls_as_one(stack_set: dict[str, Any]) -> None:
    assert stack_set["CallAs"] == "DELEGATED_ADMIN"


def test_the_management_account_calls_as_itself_and_needs_no_exception(stacks: Stacks) -> None:
    """StackSets never deploy to the management account."""
    stack_set = stacks(member_roles="management-account")["KeyRotation"].properties(_KIND)
    assert stack_set["CallAs"] == "SELF"
    (instances,) = stack_set["StackInstancesGroup"]
    assert instances["DeploymentTargets"] == {
        "OrganizationalUnitIds": ["ou-ab12-12345678", "r-ab12"]
    }


def test_with_separate_member_roles_there_is_no_stack_set_but_the_stack_of_a_member(
    both: dict[str, Template], stacks: Stacks
) -> None:
    separate = stacks(member_roles="separate")
    assert separate["KeyRotation"].resources(_KIND) == {}
    assert separate["KeyRotation"].resources("AWS::DynamoDB::Table").keys() == {
        "LedgerTable9343E4AA"
    }
    assert separate["KeyRotationMember"] == both["KeyRotationMember"]


def test_in_china_there_is_no_stack_set_since_stacksets_get_no_trusted_access(
    hub: Template,
) -> None:
    condition = hub.resource(_KIND)["Condition"]
    assert hub.body["Conditions"][condition] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]}]
    }


def test_the_table_is_created_after_all_that_may_refuse_a_first_deployment(hub: Template) -> None:
    """Its deletion protection would keep it when the deployment fails at one of them."""
    table = hub.resource("AWS::DynamoDB::Table")
    assert set(table["DependsOn"]) == {
        "AccountRoleC20FF097",
        "PermissionsAccount35985856",
        "PermissionsMember6F304A64",
        *hub.resources("AWS::SSM::Parameter"),
    }
    condition = hub.resource(_KIND)["Condition"]
    after = {"Fn::If": [condition, {"Ref": hub.logical_id(_KIND)}, ""]}
    assert table["Metadata"] == {"CreatedAfter": after}


@pytest.mark.parametrize("region", [None, "cn-north-1", "us-gov-west-1"])
def test_no_arn_of_the_commercial_partition_is_hard_coded(
    synthesise: Synthesise, region: str | None
) -> None:
    hub = synthesise(region, organization="o-a1b2c3d4e5", targets="r-ab12", viewer_policy="true")
    assert "arn:aws:" not in json.dumps(hub.body)
