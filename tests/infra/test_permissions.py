"""Promise 9: the role allows only what the README lists."""

import json
from fnmatch import fnmatchcase

import pytest

from key_rotation.adapters.ledger_items import Partitions
from tests.infra.template import Template, render

_USERS = "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"
_PARAMETER = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${%s}"
_THRESHOLDS = [
    "Thresholdsmode0D25F17F",
    "Thresholdsmaxagedays830320D4",
    "ThresholdsnoticedaysF08ECD16",
    "Thresholdsgracedays3DC3CE5A",
    "ThresholdsmaxchangesperrunC305CB9F",
    "Thresholdsdeleteunusedkeys05065127",
    "ThresholdsadoptinactivekeysE929D4DB",
    "Thresholdsexemptions2E0128C9",
]
_PATH = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/key-rotation"
_FUNCTION = "${EnforcerFunction52B99202.Arn}"
_QUEUE = "${EnforcerDeadLetters7019007E.Arn}"
_KEY = "${EncryptionKey3A692D6E.Arn}"
_TABLE = "${LedgerTable9343E4AA.Arn}"
_TOPIC = "${NoticesTopic898AF2CD}"

_ALLOWED = {
    "iam:ListAccountAliases": ["*"],
    "iam:ListUsers": ["*"],
    "iam:GenerateCredentialReport": ["*"],
    "iam:GetCredentialReport": ["*"],
    "iam:ListAccessKeys": [_USERS],
    "iam:GetAccessKeyLastUsed": [_USERS],
    "iam:ListUserTags": [_USERS],
    "iam:UpdateAccessKey": [_USERS],
    "iam:DeleteAccessKey": [_USERS],
    "ssm:GetParameters": sorted(_PARAMETER % name for name in _THRESHOLDS),
    "ssm:GetParametersByPath": [f"{_PATH}/exemption", f"{_PATH}/exemption/*"],
    "ssm:GetParameterHistory": [f"{_PATH}/*"],
    "dynamodb:DescribeTable": [_TABLE],
    "dynamodb:GetItem": [_TABLE],
    "dynamodb:Query": [_TABLE],
    "dynamodb:PutItem": [_TABLE],
    "dynamodb:DeleteItem": [_TABLE],
    "sns:Publish": [_TOPIC],
    "sns:ListSubscriptionsByTopic": [_TOPIC],
    "kms:Encrypt": [_KEY],
    "sns:GetSubscriptionAttributes": ["*"],
    "kms:Decrypt": [_KEY],
    "kms:ReEncrypt*": [_KEY],
    "kms:GenerateDataKey*": [_KEY],
    "kms:DescribeKey": [_KEY],
    "logs:CreateLogStream": ["${EnforcerLogB692A62C.Arn}"],
    "logs:PutLogEvents": ["${EnforcerLogB692A62C.Arn}"],
    "sqs:SendMessage": [_QUEUE],
    "lambda:InvokeFunction": [_FUNCTION],
}


def test_the_function_role_allows_exactly_the_listed_actions_on_the_listed_resources(
    template: Template,
) -> None:
    assert template.allowed(template.role("lambda")) == _ALLOWED
    assert {each["Effect"] for each in template.role_statements("lambda")} == {"Allow"}


def test_the_roles_have_no_inline_policies_and_no_managed_ones_of_aws(template: Template) -> None:
    for role in template.resources("AWS::IAM::Role").values():
        assert role["Properties"].keys() == {"AssumeRolePolicyDocument"}
    assert template.resources("AWS::IAM::Policy") == {}


def test_a_managed_policy_has_no_more_than_the_6144_characters_that_iam_accepts(
    template: Template,
) -> None:
    """References become longer names: the template's own text may fill half of it."""
    for policy in template.resources("AWS::IAM::ManagedPolicy").values():
        document = json.dumps(policy["Properties"]["PolicyDocument"], separators=(",", ":"))
        assert len(document) < 6144 / 2


def test_the_policy_that_lets_the_function_change_keys_has_a_name_that_only_one_stack_can_have(
    template: Template,
) -> None:
    """A change of name or description would replace the policy, beside one of the same name."""
    (named,) = [
        found["Properties"]
        for found in template.resources("AWS::IAM::ManagedPolicy").values()
        if "ManagedPolicyName" in found["Properties"]
    ]
    assert named["ManagedPolicyName"] == "KeyRotation-OneDeploymentPerAccount"
    assert named["Description"] == (
        "Lets key-rotation change access keys. The name is fixed on purpose: one deployment per"
        " account, whatever the Region."
    )
    actions = [action for each in named["PolicyDocument"]["Statement"] for action in each["Action"]]
    assert {"iam:UpdateAccessKey", "iam:DeleteAccessKey"} < set(actions)
    assert {action.partition(":")[0] for action in actions} == {"iam"}


@pytest.mark.parametrize("prefix", ["", "123456789012#"])
def test_the_role_deletes_watches_and_items_of_runs_but_no_history(
    template: Template, prefix: str
) -> None:
    (statement,) = [
        each
        for each in template.role_statements("lambda")
        if each["Action"] == "dynamodb:DeleteItem"
    ]
    (operator, condition), *more = statement["Condition"].items()
    assert (operator, more) == ("ForAllValues:StringLike", [])
    patterns = condition["dynamodb:LeadingKeys"]
    partitions = Partitions(prefix.rstrip("#") or None)
    assert any(fnmatchcase(partitions.watches, pattern) for pattern in patterns)
    assert any(fnmatchcase(partitions.run, pattern) for pattern in patterns)
    history = partitions.history("AKIAIOSFODNN7EXAMPLE")
    assert not any(fnmatchcase(history, pattern) for pattern in patterns)


@pytest.mark.parametrize(
    ("service", "by"),
    [("lambda", ["dynamodb", "sns", "sqs"]), ("scheduler", ["sqs"])],
)
def test_a_role_uses_the_kms_key_only_through_the_services_it_calls(
    template: Template, service: str, by: list[str]
) -> None:
    (statement,) = [
        statement
        for statement in template.role_statements(service)
        if "kms:Decrypt" in statement["Action"]
    ]
    (operator, condition), *more = statement["Condition"].items()
    assert operator == "StringLike"
    assert more == []
    via = condition["kms:ViaService"]
    services = via if isinstance(via, list) else [via]
    assert [render(name) for name in services] == [f"{name}.${{AWS::Region}}.*" for name in by]


def test_only_lambda_and_schedules_of_this_account_can_assume_the_roles(
    template: Template,
) -> None:
    trusts = [
        statement
        for role in template.resources("AWS::IAM::Role").values()
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    ]
    by_service = {trust["Principal"]["Service"]: trust.get("Condition") for trust in trusts}
    assert by_service.keys() == {"lambda.amazonaws.com", "scheduler.amazonaws.com"}
    equals = by_service["scheduler.amazonaws.com"]["StringEquals"]
    assert equals["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert render(equals["aws:SourceArn"]).endswith(":schedule-group/default")


def test_the_schedule_role_allows_only_invoking_the_function_and_sending_dead_letters(
    template: Template,
) -> None:
    assert template.allowed(template.role("scheduler")) == {
        "lambda:InvokeFunction": [_FUNCTION],
        "sqs:SendMessage": [_QUEUE],
        "kms:Decrypt": [_KEY],
        "kms:GenerateDataKey": [_KEY],
    }


def test_no_context_value_changes_the_permissions_of_the_function(
    template: Template, customised: Template
) -> None:
    assert customised.role_statements("lambda") == template.role_statements("lambda")
