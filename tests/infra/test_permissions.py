"""Promise 9: the role allows only what the README lists."""

import pytest

from tests.infra.template import Template, as_list, render

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
    "dynamodb:GetItem": [_TABLE],
    "dynamodb:Query": [_TABLE],
    "dynamodb:PutItem": [_TABLE],
    "dynamodb:DeleteItem": [_TABLE],
    "sns:Publish": [_TOPIC],
    "sns:ListSubscriptionsByTopic": [_TOPIC],
    "kms:Decrypt": [_KEY],
    "kms:GenerateDataKey*": [_KEY],
    "logs:CreateLogStream": ["${EnforcerLogB692A62C.Arn}"],
    "logs:PutLogEvents": ["${EnforcerLogB692A62C.Arn}"],
    "sqs:SendMessage": [_QUEUE],
    "lambda:InvokeFunction": [_FUNCTION],
}


def _allowed(template: Template, service: str) -> dict[str, list[str]]:
    allowed: dict[str, list[str]] = {}
    for statement in template.role_statements(service):
        assert statement["Effect"] == "Allow"
        resources = statement["Resource"]
        resources = resources if isinstance(resources, list) else [resources]
        for action in as_list(statement["Action"]):
            assert action not in allowed, f"{action} is allowed twice"
            allowed[action] = sorted(render(resource) for resource in resources)
    return allowed


def test_the_function_role_allows_exactly_the_listed_actions_on_the_listed_resources(
    template: Template,
) -> None:
    assert _allowed(template, "lambda") == _ALLOWED


def test_the_roles_have_no_managed_or_inline_policies(template: Template) -> None:
    for role in template.resources("AWS::IAM::Role").values():
        assert role["Properties"].keys() == {"AssumeRolePolicyDocument"}


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
    assert _allowed(template, "scheduler") == {
        "lambda:InvokeFunction": [_FUNCTION],
        "sqs:SendMessage": [_QUEUE],
        "kms:Decrypt": [_KEY],
        "kms:GenerateDataKey": [_KEY],
    }


def test_no_context_value_changes_the_permissions_of_the_function(
    template: Template, customised: Template
) -> None:
    assert customised.role_statements("lambda") == template.role_statements("lambda")
