"""The mail to owners: how SES sends it, where it reports what came of it, and to whom it may go."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from infra.app import build_app
from key_rotation.adapters.owner_mail_items import PENDING
from tests.infra.conftest import OWNER_MAIL
from tests.infra.template import Synthesise, Template, as_list, render

_SET, _QUEUE = "OwnerMailMailsF4311523", "OwnerMailEventsB9570EEC"
_RULE = "OwnerMailRule0DE577A5"
_PLACE = "${AWS::Region}:${AWS::AccountId}"
_SES = f"arn:${{AWS::Partition}}:ses:{_PLACE}"
_PARAMETER = f"arn:${{AWS::Partition}}:ssm:{_PLACE}:parameter${{%s}}"
_POLICY = "PermissionsOwnerMail1CD41D98"


def test_these_are_all_resources_that_mail_to_owners_adds(
    mailing: Template, template: Template
) -> None:
    before = template.body["Resources"]
    added = {
        name: each["Type"] for name, each in mailing.body["Resources"].items() if name not in before
    }
    assert sorted(added.values()) == [
        "AWS::CloudWatch::Alarm",
        "AWS::Events::Rule",
        "AWS::IAM::ManagedPolicy",
        "AWS::SES::ConfigurationSet",
        "AWS::SES::ConfigurationSetEventDestination",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",
        "AWS::SSM::Parameter",
    ]
    assert before.keys() <= mailing.body["Resources"].keys()


def test_mail_goes_over_tls_only_and_not_to_addresses_that_bounced_or_complained(
    mailing: Template,
) -> None:
    assert mailing.properties("AWS::SES::ConfigurationSet") == {
        "DeliveryOptions": {"TlsPolicy": "REQUIRE"},
        "ReputationOptions": {"ReputationMetricsEnabled": True},
        "SendingOptions": {"SendingEnabled": True},
        "SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def test_ses_reports_what_came_of_a_mail_but_not_whether_it_was_read(mailing: Template) -> None:
    properties = mailing.properties("AWS::SES::ConfigurationSetEventDestination")
    assert properties["ConfigurationSetName"] == {"Ref": _SET}
    destination = properties["EventDestination"]
    assert destination.keys() == {"Enabled", "EventBridgeDestination", "MatchingEventTypes"}
    assert destination["Enabled"] is True
    assert destination["MatchingEventTypes"] == ["delivery", "bounce", "complaint", "reject"]


def test_ses_reports_to_the_default_event_bus_of_the_account(mailing: Template) -> None:
    properties = mailing.properties("AWS::SES::ConfigurationSetEventDestination")
    destination = properties["EventDestination"]["EventBridgeDestination"]
    assert destination.keys() == {"EventBusArn"}
    assert (
        render(destination["EventBusArn"])
        == f"arn:${{AWS::Partition}}:events:{_PLACE}:event-bus/default"
    )


def test_a_rule_sends_the_reports_on_mail_of_this_configuration_set_to_the_queue(
    mailing: Template,
) -> None:
    rule = mailing.properties("AWS::Events::Rule")
    assert rule["State"] == "ENABLED"
    assert "EventBusName" not in rule  # so the default event bus
    assert rule["EventPattern"] == {
        "source": ["aws.ses"],
        "detail-type": [
            "Email Delivered",
            "Email Bounced",
            "Email Complaint Received",
            "Email Rejected",
        ],
        "detail": {"mail": {"tags": {"ses:configuration-set": [{"Ref": _SET}]}}},
    }
    assert rule["Targets"] == [{"Arn": {"Fn::GetAtt": [_QUEUE, "Arn"]}, "Id": "Queue"}]


def _queue_statements(mailing: Template) -> dict[str, dict[str, Any]]:
    (policy,) = [
        each["Properties"]
        for each in mailing.resources("AWS::SQS::QueuePolicy").values()
        if each["Properties"]["Queues"] == [{"Ref": _QUEUE}]
    ]
    return {each["Effect"]: each for each in policy["PolicyDocument"]["Statement"]}


def test_only_that_rule_may_send_to_the_queue_and_only_over_tls(mailing: Template) -> None:
    statements = _queue_statements(mailing)
    allowed, denied = statements.pop("Allow"), statements.pop("Deny")
    assert statements == {}
    assert allowed["Action"] == "sqs:SendMessage"
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [_RULE, "Arn"]}}}
    assert denied["Action"] == "sqs:*"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_queue_is_encrypted_with_the_key_of_the_deployment_and_keeps_reports_for_14_days(
    mailing: Template,
) -> None:
    assert mailing.resources("AWS::SQS::Queue")[_QUEUE]["Properties"] == {
        "KmsMasterKeyId": {"Fn::GetAtt": ["EncryptionKey3A692D6E", "Arn"]},
        "MessageRetentionPeriod": 14 * 24 * 3600,
    }


def test_only_rules_of_this_account_are_granted_the_kms_key_besides(
    mailing: Template, template: Template
) -> None:
    kind = "AWS::KMS::Key"
    before = template.properties(kind)["KeyPolicy"]["Statement"]
    *same, added = mailing.properties(kind)["KeyPolicy"]["Statement"]
    assert same == before
    assert added["Principal"] == {"Service": "events.amazonaws.com"}
    assert added["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert added["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_role_may_do_this_besides_and_nothing_else(
    mailing: Template, template: Template
) -> None:
    before = template.allowed(template.role("lambda"))
    parameters = ["OwnerMailownertags3FEF703D", "OwnerMailownernotice14D46994"]
    read = [*before["ssm:GetParameters"], *(_PARAMETER % name for name in parameters)]
    assert mailing.allowed(mailing.role("lambda")) == before | {
        "ssm:GetParameters": sorted(read),
        "ses:SendEmail": [
            f"{_SES}:configuration-set/${{{_SET}}}",
            f"{_SES}:identity/key-rotation@mail.example.com",
            f"{_SES}:identity/mail.example.com",
        ],
        "ses:GetAccount": ["*"],
        "sqs:ReceiveMessage": [f"${{{_QUEUE}.Arn}}"],
        "sqs:DeleteMessage": [f"${{{_QUEUE}.Arn}}"],
    }
    assert {each["Effect"] for each in mailing.role_statements("lambda")} == {"Allow"}


def test_the_role_deletes_mails_that_are_no_longer_pending(
    mailing: Template, template: Template
) -> None:
    def keys(found: Template) -> list[str]:
        statements = found.role_statements("lambda")
        (deletes,) = [s for s in statements if s["Action"] == "dynamodb:DeleteItem"]
        leading: list[str] = deletes["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        return leading

    assert keys(mailing) == [*keys(template), PENDING]


def _conditions(mailing: Template) -> dict[str, Any]:
    statements = mailing.role_statements("lambda")
    (found,) = [each for each in statements if "ses:SendEmail" in as_list(each["Action"])]
    return dict(found["Condition"])


def test_the_role_sends_from_one_address_to_at_least_one_and_only_to_allowed_domains(
    mailing: Template,
) -> None:
    assert _conditions(mailing) == {
        "StringEquals": {"ses:FromAddress": "key-rotation@mail.example.com"},
        "ForAllValues:StringLike": {"ses:Recipients": ["*@example.com", "*@*.example.org"]},
        "Null": {"ses:Recipients": "false"},
    }


@pytest.mark.parametrize(
    ("recipient", "allowed"),
    [
        ("bob@example.com", True),
        ("bob@eu.example.org", True),
        ("bob@a.b.example.org", True),
        ("bob@example.org", False),
        ("bob@eu.example.com", False),
        ("bob@example.com.evil.org", False),
        ("bob@notexample.com", False),
        ("bob@notexample.org", False),
        ("bob@example.net", False),
        ("bob@EXAMPLE.com", False),  # so the function writes domains in lower case
    ],
)
def test_iam_compares_each_recipient_with_the_domains(
    mailing: Template, recipient: str, *, allowed: bool
) -> None:
    patterns = _conditions(mailing)["ForAllValues:StringLike"]["ses:Recipients"]
    assert any(fnmatchcase(recipient, pattern) for pattern in patterns) == allowed


def test_the_policy_has_room_for_the_longest_domains(synthesise: Synthesise) -> None:
    """IAM accepts 6,144 characters, and references become longer names."""
    domains = " ".join(f"*.{number:02}{'a' * 33}.example.com" for number in range(20))
    assert len(domains) > 990
    template = synthesise(None, owner_mail_from="k@example.com", owner_domains=domains)
    policy = template.resources("AWS::IAM::ManagedPolicy")[_POLICY]["Properties"]
    document = json.dumps(policy["PolicyDocument"], separators=(",", ":"))
    assert len(document) < 6144 / 2


def _variables(template: Template) -> dict[str, Any]:
    found = template.properties("AWS::Lambda::Function")["Environment"]["Variables"]
    return dict(found)


def test_the_function_is_told_all_of_it(mailing: Template, template: Template) -> None:
    assert _variables(mailing) == _variables(template) | {
        "OWNER_MAIL_FROM": "key-rotation@mail.example.com",
        "OWNER_DOMAINS": "example.com *.example.org",
        "OWNER_FALLBACK": "it@example.com security@eu.example.org",
        "OWNER_REPLY_TO": "security@example.net",
        "CONTACT": "https://wiki.example.com/keys",
        "CONFIGURATION_SET": {"Ref": _SET},
        "MAIL_EVENTS_QUEUE_URL": {"Ref": _QUEUE},
    }


def test_what_is_not_set_is_no_variable(synthesise: Synthesise) -> None:
    required = {key.replace("-", "_"): OWNER_MAIL[key] for key in list(OWNER_MAIL)[:2]}
    variables = _variables(synthesise(None, **required))
    assert variables["OWNER_DOMAINS"] == "example.com *.example.org"
    assert not variables.keys() & {"OWNER_FALLBACK", "OWNER_REPLY_TO", "CONTACT"}


def test_the_variables_have_room_for_the_longest_values(mailing: Template) -> None:
    """Lambda accepts 4 KB for all variables together. A name that AWS makes has 100 characters."""
    variables = _variables(mailing)
    longest = {"OWNER_DOMAINS": 1000, "OWNER_FALLBACK": 3 * 255, "OWNER_MAIL_FROM": 254}
    longest |= {"OWNER_REPLY_TO": 254, "CONTACT": 200}
    sizes = {name: len(str(value)) for name, value in variables.items() if isinstance(value, str)}
    total = sum((dict.fromkeys(variables, 100) | sizes | longest).values())
    assert len("".join(variables)) + total < 4096


def test_the_function_is_created_after_the_permission_to_mail(mailing: Template) -> None:
    assert _POLICY in mailing.resource("AWS::Lambda::Function")["DependsOn"]


def test_the_table_is_created_after_all_of_it_since_its_protection_outlasts_a_failure(
    mailing: Template,
) -> None:
    first = set(mailing.resource("AWS::DynamoDB::Table")["DependsOn"])
    assert {_SET, _QUEUE, _RULE, *mailing.resources("AWS::SSM::Parameter")} < first


def test_only_the_table_its_kms_key_and_the_log_group_are_kept_when_the_stack_is_deleted(
    mailing: Template, template: Template
) -> None:
    def kept(found: Template) -> set[str]:
        resources = found.body["Resources"].items()
        return {
            name for name, each in resources if each.get("DeletionPolicy", "Delete") != "Delete"
        }

    assert kept(mailing) == kept(template)


def test_no_arn_of_the_commercial_partition_is_hard_coded(mailing: Template) -> None:
    assert "arn:aws:" not in json.dumps(mailing.body)


def test_a_second_synthesis_gives_the_same_bytes(
    package: Path, mailing: Template, tmp_path: Path
) -> None:
    context = {"email": "none"} | OWNER_MAIL
    app = build_app(package=package, context=context, outdir=str(tmp_path), validate=False)
    again = app.synth().get_stack_by_name("KeyRotation").template
    assert json.dumps(again) == json.dumps(mailing.body)
