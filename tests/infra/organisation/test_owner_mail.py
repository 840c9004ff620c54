"""Mail to owners in an organization: the hub sends, with one identity, one quota and one queue."""

from typing import Any

import pytest
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks

from tests.infra.conftest import OWNER_MAIL
from tests.infra.linters import Nag, cfn_lint
from tests.infra.organisation.conftest import ORGANISATION, Stacks
from tests.infra.template import Template, render

_SET, _QUEUE = "OwnerMailMailsF4311523", "OwnerMailEventsB9570EEC"
_DIGEST = "DigestRoleA1AE4278"
_FUNCTIONS = {
    "prepare": "PrepareFunction0E0008CA",
    "account": "EnforcerFunction52B99202",
    "digest": "DigestFunction7BDDFF27",
}
_SES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}"


def _added(of: Template, before: Template) -> dict[str, dict[str, Any]]:
    resources = before.body["Resources"]
    assert resources.keys() <= of.body["Resources"].keys()
    return {name: each for name, each in of.body["Resources"].items() if name not in resources}


def test_the_hub_adds_what_a_single_account_adds_but_a_policy(
    mailing_hub: Template, hub: Template, mailing: Template, template: Template
) -> None:
    """So a deployment that becomes a hub keeps its parameters and the reports in its queue."""
    of_hub, of_single = _added(mailing_hub, hub), _added(mailing, template)
    assert of_single.pop("PermissionsOwnerMail1CD41D98")["Type"] == "AWS::IAM::ManagedPolicy"
    assert of_hub.keys() == of_single.keys()
    for name, each in of_hub.items():
        if each["Type"] != "AWS::CloudWatch::Alarm":
            assert each == of_single[name]


def test_only_the_digest_step_may_mail_owners_and_read_what_came_of_it(
    mailing_hub: Template, hub: Template
) -> None:
    roles = hub.resources("AWS::IAM::Role")
    allowed = {role: hub.allowed(role) for role in roles}
    allowed[_DIGEST] |= {
        "ses:SendEmail": [
            f"{_SES}:configuration-set/${{{_SET}}}",
            f"{_SES}:identity/key-rotation@mail.example.com",
            f"{_SES}:identity/mail.example.com",
        ],
        "ses:GetAccount": ["*"],
        "sqs:ReceiveMessage": [f"${{{_QUEUE}.Arn}}"],
        "sqs:DeleteMessage": [f"${{{_QUEUE}.Arn}}"],
    }
    assert {role: mailing_hub.allowed(role) for role in roles} == allowed


def test_the_digest_step_sends_under_the_conditions_of_a_single_account(
    mailing_hub: Template, mailing: Template
) -> None:
    def conditions(template: Template, role: str) -> list[object]:
        statements = template.statements(role)
        return [each["Condition"] for each in statements if each["Action"] == "ses:SendEmail"]

    assert conditions(mailing_hub, _DIGEST) == conditions(mailing, mailing.role("lambda"))


def test_the_digest_step_uses_the_kms_key_through_sqs_too(mailing_hub: Template) -> None:
    statements = mailing_hub.statements(_DIGEST)
    (key_use,) = [each for each in statements if "kms:Decrypt" in each["Action"]]
    via = key_use["Condition"]["StringLike"]["kms:ViaService"]
    services = [f"{name}.${{AWS::Region}}.*" for name in ("dynamodb", "sns", "sqs")]
    assert [render(each) for each in via] == services


_FINDS_OWNERS = {
    "OWNER_MAIL_FROM": "key-rotation@mail.example.com",
    "OWNER_DOMAINS": "example.com *.example.org",
    "OWNER_FALLBACK": "it@example.com security@eu.example.org",
}
_SENDS = _FINDS_OWNERS | {
    "OWNER_REPLY_TO": "security@example.net",
    "CONTACT": "https://wiki.example.com/keys",
    "CONFIGURATION_SET": {"Ref": _SET},
    "MAIL_EVENTS_QUEUE_URL": {"Ref": _QUEUE},
}


@pytest.mark.parametrize(
    ("step", "more"), [("prepare", {}), ("account", _FINDS_OWNERS), ("digest", _SENDS)]
)
def test_the_account_step_is_told_how_to_find_owners_and_the_digest_step_all_of_it(
    mailing_hub: Template, hub: Template, step: str, more: dict[str, object]
) -> None:
    def variables(template: Template) -> dict[str, object]:
        function = template.resources("AWS::Lambda::Function")[_FUNCTIONS[step]]
        return dict(function["Properties"]["Environment"]["Variables"])

    assert variables(mailing_hub) == variables(hub) | more


def test_mail_to_owners_changes_nothing_in_the_member_accounts(
    stacks: Stacks, member: Template
) -> None:
    assert stacks(**OWNER_MAIL)["KeyRotationMember"] == member


def test_the_table_is_created_after_all_of_it(mailing_hub: Template) -> None:
    first = set(mailing_hub.resource("AWS::DynamoDB::Table")["DependsOn"])
    assert {_SET, _QUEUE, *mailing_hub.resources("AWS::SSM::Parameter")} < first


def test_an_alarm_watches_keys_that_wait_for_an_owner(mailing_hub: Template) -> None:
    alarm = mailing_hub.alarm("WaitingForOwner")
    assert alarm["AlarmName"] == "KeyRotation-WaitingForOwner"
    assert alarm["AlarmActions"] == [
        {"Ref": "NoticesTopic898AF2CD"},
        "arn:aws:sns:eu-central-1:123456789012:on-call",
    ]


@pytest.mark.parametrize("metric", ["OwnersUnreachable", "WaitingForOwner"])
def test_the_dashboard_shows_the_metrics_of_mail_to_owners(
    mailing_hub: Template, metric: str
) -> None:
    body = render(mailing_hub.properties("AWS::CloudWatch::Dashboard")["DashboardBody"])
    assert f'["KeyRotation","{metric}","service","key-rotation"' in body


@pytest.mark.parametrize(
    "checks",
    [AwsSolutionsChecks, NIST80053R5Checks, PCIDSS321Checks, HIPAASecurityChecks],
    ids=lambda checks: checks.__name__,
)
def test_cdk_nag_finds_no_more_than_that_the_queue_has_no_dead_letter_queue(
    checks: type[Any], nag: Nag
) -> None:
    """A run reports and deletes a message that it cannot read."""

    def findings(context: dict[str, object]) -> set[tuple[str, str]]:
        return nag.findings(checks, context)

    queue = {("KeyRotation/OwnerMail/Events/Resource", "AwsSolutions-SQS3")}
    more = findings(ORGANISATION | OWNER_MAIL) - findings(ORGANISATION)
    assert more == (queue if checks is AwsSolutionsChecks else set())


@pytest.mark.no_cover
def test_cfn_lint_reports_nothing_in_the_partitions_with_ses(mailing_hub: Template) -> None:
    assert cfn_lint(mailing_hub, ("us-east-1", "us-gov-west-1")) == []
