"""What each role of the hub may do: exactly this, each on exactly these resources."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from key_rotation.adapters.ledger_items import Partitions
from tests.infra.template import Template, as_list, render

_ACCOUNT, _PREPARE, _DIGEST = "AccountRoleC20FF097", "PrepareRoleFAAF3DC8", "DigestRoleA1AE4278"
_MACHINE, _SCHEDULE, _MEMBER = (
    "RunRole24349138",
    "TimetableRole3100CAE8",
    "PermissionsMember6F304A64",
)
_PLACE = "${AWS::Region}:${AWS::AccountId}"
_PATH = f"arn:${{AWS::Partition}}:ssm:{_PLACE}:parameter/key-rotation"
_EXECUTIONS = f"arn:${{AWS::Partition}}:states:{_PLACE}:execution:${{RunMachineC1454A91.Name}}"
_MACHINE_ARN = "${RunMachineC1454A91}"
_USERS = "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"
_KEY, _TABLE = "${EncryptionKey3A692D6E.Arn}", "${LedgerTable9343E4AA.Arn}"
_TOPIC, _ACCOUNT_TOPIC = "${NoticesTopic898AF2CD}", "${AccountNoticesTopic36E1DB5F}"
_FUNCTIONS = [
    "${DigestFunction7BDDFF27.Arn}",
    "${EnforcerFunction52B99202.Arn}",
    "${PrepareFunction0E0008CA.Arn}",
]

_LEDGER = {
    "dynamodb:DescribeTable": [_TABLE],
    "dynamodb:GetItem": [_TABLE],
    "dynamodb:Query": [_TABLE],
    "dynamodb:PutItem": [_TABLE],
    "kms:Encrypt": [_KEY],
    "kms:Decrypt": [_KEY],
    "kms:ReEncrypt*": [_KEY],
    "kms:GenerateDataKey*": [_KEY],
    "kms:DescribeKey": [_KEY],
}
_LEDGER_WITH_DELETION = _LEDGER | {"dynamodb:DeleteItem": [_TABLE]}


def _log(log_group: str) -> dict[str, list[str]]:
    arn = [f"${{{log_group}.Arn}}"]
    return {"logs:CreateLogStream": arn, "logs:PutLogEvents": arn}


_ALLOWED = {
    _PREPARE: _LEDGER
    | _log("PrepareLogCDAA714E")
    | {
        "organizations:DescribeOrganization": ["*"],
        "organizations:ListAccounts": ["*"],
        "organizations:ListParents": ["*"],
        "ssm:GetParametersByPath": [_PATH, f"{_PATH}/*"],
        "ssm:GetParameterHistory": [f"{_PATH}/*"],
        "sns:ListSubscriptionsByTopic": [_TOPIC],
        "sns:GetSubscriptionAttributes": ["*"],
        "states:DescribeExecution": [f"{_EXECUTIONS}:*"],
    },
    _ACCOUNT: _LEDGER_WITH_DELETION
    | _log("EnforcerLogB692A62C")
    | {"sts:AssumeRole": ["arn:${AWS::Partition}:iam::*:role/key-rotation/KeyRotationMember"]},
    _DIGEST: _LEDGER_WITH_DELETION
    | _log("DigestLogDE1102DA")
    | {
        "sns:Publish": [_ACCOUNT_TOPIC, _TOPIC],
        "sns:ListSubscriptionsByTopic": [_ACCOUNT_TOPIC, _TOPIC],
        "sns:GetSubscriptionAttributes": ["*"],
    },
    _MACHINE: {
        "lambda:InvokeFunction": _FUNCTIONS,
        "states:StartExecution": [_MACHINE_ARN],
        "states:DescribeExecution": [f"{_EXECUTIONS}:*"],
        "states:StopExecution": [f"{_EXECUTIONS}:*"],
        "states:RedriveExecution": [f"{_EXECUTIONS}/Accounts:*"],
        "logs:CreateLogDelivery": ["*"],
        "logs:DeleteLogDelivery": ["*"],
        "logs:DescribeLogGroups": ["*"],
        "logs:DescribeResourcePolicies": ["*"],
        "logs:GetLogDelivery": ["*"],
        "logs:ListLogDeliveries": ["*"],
        "logs:PutResourcePolicy": ["*"],
        "logs:UpdateLogDelivery": ["*"],
        "xray:GetSamplingRules": ["*"],
        "xray:GetSamplingTargets": ["*"],
        "xray:PutTelemetryRecords": ["*"],
        "xray:PutTraceSegments": ["*"],
    },
    _SCHEDULE: {
        "states:StartExecution": [_MACHINE_ARN],
        "sqs:SendMessage": ["${EnforcerDeadLetters7019007E.Arn}"],
        "kms:Decrypt": [_KEY],
        "kms:GenerateDataKey": [_KEY],
    },
    _MEMBER: {
        "iam:ListAccountAliases": ["*"],
        "iam:ListUsers": ["*"],
        "iam:GenerateCredentialReport": ["*"],
        "iam:GetCredentialReport": ["*"],
        "iam:ListAccessKeys": [_USERS],
        "iam:GetAccessKeyLastUsed": [_USERS],
        "iam:ListUserTags": [_USERS],
        "iam:UpdateAccessKey": [_USERS],
        "iam:DeleteAccessKey": [_USERS],
    },
}


def test_these_are_all_roles_of_the_hub(hub: Template) -> None:
    assert hub.resources("AWS::IAM::Role").keys() == _ALLOWED.keys()


@pytest.mark.parametrize("role", _ALLOWED)
def test_a_role_allows_exactly_the_listed_actions_on_the_listed_resources(
    hub: Template, role: str
) -> None:
    assert hub.allowed(role) == _ALLOWED[role]


_ROOT = Path(__file__).parents[3]
_IN_README = {
    "prepare": _PREPARE,
    "account": _ACCOUNT,
    "digest": _DIGEST,
    "machine": _MACHINE,
    "schedule": _SCHEDULE,
    "member": _MEMBER,
}


def test_the_readme_lists_the_actions_of_each_role_and_no_others() -> None:
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## What the roles of an organization may do")[2]
    rows = re.findall(r"^\| ([a-z, ]+) \| (`.+?) \| ", section.partition("\n## ")[0], re.MULTILINE)
    listed: dict[str, set[str]] = {role: set() for role in _IN_README}
    for roles, actions in rows:
        for role in roles.split(", "):
            listed[role] |= set(re.findall(r"`([a-z]+:\w+\*?)`", actions))
    assert listed == {name: _ALLOWED[role].keys() for name, role in _IN_README.items()}


def test_the_member_role_allows_what_the_function_of_a_single_account_does_in_iam(
    hub: Template, member: Template, template: Template
) -> None:
    single = template.allowed(template.role("lambda"))
    in_iam = {action: on for action, on in single.items() if action.startswith("iam:")}
    assert hub.allowed(_MEMBER) == member.allowed(_MEMBER) == in_iam


def test_the_account_step_is_refused_the_roles_of_other_organizations(hub: Template) -> None:
    """IfExists, because AWS does not say that STS always gives the key: the trust is required."""
    (refused,) = [each for each in hub.statements(_ACCOUNT) if each["Effect"] == "Deny"]
    assert refused == {
        "Sid": "RefuseOtherOrganizations",
        "Effect": "Deny",
        "Action": "sts:AssumeRole",
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:ResourceOrgID": "o-a1b2c3d4e5"}},
    }


@pytest.mark.parametrize("role", [each for each in _ALLOWED if each != _ACCOUNT])
def test_no_other_role_has_a_refusal(hub: Template, role: str) -> None:
    assert {each["Effect"] for each in hub.statements(role)} == {"Allow"}


@pytest.mark.parametrize("role", [_ACCOUNT, _DIGEST])
@pytest.mark.parametrize("account", [None, "123456789012"])
def test_a_step_deletes_watches_and_items_of_runs_but_no_history_and_no_register(
    hub: Template, role: str, account: str | None
) -> None:
    (statement,) = [
        each for each in hub.statements(role) if each["Action"] == "dynamodb:DeleteItem"
    ]
    (operator, condition), *more = statement["Condition"].items()
    assert (operator, more) == ("ForAllValues:StringLike", [])
    patterns = condition["dynamodb:LeadingKeys"]
    partitions = Partitions(account)

    def may_delete(partition: str) -> bool:
        return any(fnmatchcase(partition, pattern) for pattern in patterns)

    assert may_delete(partitions.watches)
    assert may_delete(partitions.run)
    assert not may_delete(partitions.history("AKIAIOSFODNN7EXAMPLE"))
    assert not may_delete(partitions.runs)
    assert not may_delete("ACCOUNT")
    assert not may_delete("ORGANISATION")


@pytest.mark.parametrize(
    ("role", "services"),
    [
        (_PREPARE, ["dynamodb"]),
        (_ACCOUNT, ["dynamodb"]),
        (_DIGEST, ["dynamodb", "sns"]),
        (_SCHEDULE, ["sqs"]),
    ],
)
def test_a_role_uses_the_kms_key_only_through_the_services_it_calls(
    hub: Template, role: str, services: list[str]
) -> None:
    (statement,) = [each for each in hub.statements(role) if "kms:Decrypt" in each["Action"]]
    (operator, condition), *more = statement["Condition"].items()
    assert (operator, more) == ("StringLike", [])
    via = condition["kms:ViaService"]
    found = via if isinstance(via, list) else [via]
    assert [render(each) for each in found] == [f"{name}.${{AWS::Region}}.*" for name in services]


def _trust(template: Template, role: str) -> dict[str, Any]:
    document = template.resources("AWS::IAM::Role")[role]["Properties"]["AssumeRolePolicyDocument"]
    (statement,) = document["Statement"]
    return dict(statement)


@pytest.mark.parametrize(
    ("role", "service"),
    [
        (_PREPARE, "lambda"),
        (_ACCOUNT, "lambda"),
        (_DIGEST, "lambda"),
        (_MACHINE, "states"),
        (_SCHEDULE, "scheduler"),
    ],
)
def test_only_the_service_that_runs_a_step_can_assume_its_role(
    hub: Template, role: str, service: str
) -> None:
    trust = _trust(hub, role)
    assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}
    if service != "lambda":  # Lambda gives no account when it assumes a role
        equals = trust["Condition"]["StringEquals"]
        assert equals["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_only_the_account_step_and_the_member_have_names_since_each_names_the_other(
    hub: Template,
) -> None:
    roles = hub.resources("AWS::IAM::Role")
    names = {
        role: (found["Properties"].get("Path"), found["Properties"].get("RoleName"))
        for role, found in roles.items()
    }
    assert names.pop(_ACCOUNT) == ("/key-rotation/", "KeyRotationHub")
    assert names.pop(_MEMBER) == ("/key-rotation/", "KeyRotationMember")
    assert set(names.values()) == {(None, None)}


def test_a_member_role_trusts_only_the_hubs_role_in_the_same_organization(
    hub: Template, member: Template
) -> None:
    for template, account, organization, external_id in (
        (hub, "${AWS::AccountId}", "o-a1b2c3d4e5", "o-a1b2c3d4e5"),
        (member, "${HubAccount}", "${OrganizationId}", "${ExternalId}"),
    ):
        trust = _trust(template, _MEMBER)
        root = f"arn:${{AWS::Partition}}:iam::{account}"
        assert render(trust["Principal"]["AWS"]) == f"{root}:root"
        assert trust["Action"] == "sts:AssumeRole"
        condition = trust["Condition"]
        assert condition.keys() == {"ArnEquals", "StringEquals"}
        assert {key: render(value) for key, value in condition["ArnEquals"].items()} == {
            "aws:PrincipalArn": f"{root}:role/key-rotation/KeyRotationHub"
        }
        assert {key: render(value) for key, value in condition["StringEquals"].items()} == {
            "aws:PrincipalOrgID": organization,
            "sts:ExternalId": external_id,
        }


def test_no_policy_is_inline_or_of_aws(hub: Template, member: Template) -> None:
    for template in (hub, member):
        assert template.resources("AWS::IAM::Policy") == {}
        for role in template.resources("AWS::IAM::Role").values():
            assert not role["Properties"].keys() & {"Policies", "ManagedPolicyArns"}


def test_a_managed_policy_has_no_more_than_the_6144_characters_that_iam_accepts(
    hub: Template,
) -> None:
    """References become longer names: the template's own text may fill half of it."""
    for policy in hub.resources("AWS::IAM::ManagedPolicy").values():
        document = json.dumps(policy["Properties"]["PolicyDocument"], separators=(",", ":"))
        assert len(document) < 6144 / 2


def test_the_viewer_policy_shows_the_executions_and_changes_nothing(hub: Template) -> None:
    (policy,) = [
        each["Properties"]
        for each in hub.resources("AWS::IAM::ManagedPolicy").values()
        if each["Properties"].get("ManagedPolicyName") == "KeyRotation-Viewer"
    ]
    statements = policy["PolicyDocument"]["Statement"]
    of_states = {
        each["Sid"]: (as_list(each["Action"]), each["Resource"])
        for each in statements
        if "states:" in str(each["Action"])
    }
    runs, children, maps = (
        f"arn:${{AWS::Partition}}:states:{_PLACE}:{kind}:${{RunMachineC1454A91.Name}}{which}"
        for kind, which in (("execution", ":*"), ("execution", "/*:*"), ("mapRun", "/*:*"))
    )

    def on(sid: str) -> list[str]:
        resource = of_states[sid][1]
        resources = resource if isinstance(resource, list) else [resource]
        return [render(each) for each in resources]

    assert {sid: sorted(actions) for sid, (actions, _) in of_states.items()} == {
        "ReadMachine": ["states:DescribeStateMachine", "states:ListExecutions"],
        "ReadExecutions": [
            "states:DescribeExecution",
            "states:GetExecutionHistory",
            "states:ListMapRuns",
        ],
        "ReadMapRuns": ["states:DescribeMapRun", "states:ListExecutions"],
    }
    assert on("ReadMachine") == [_MACHINE_ARN]
    assert sorted(on("ReadExecutions")) == sorted([runs, children])
    assert on("ReadMapRuns") == [maps]
