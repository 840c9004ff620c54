"""How data is encrypted, how long it is kept, and what a deleted stack leaves."""

from typing import Any

import pytest

from tests.infra.template import Template

_KEY = {"Fn::GetAtt": ["EncryptionKey3A692D6E", "Arn"]}


def test_the_table_has_point_in_time_recovery(template: Template) -> None:
    table = template.properties("AWS::DynamoDB::Table")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_has_deletion_protection(template: Template) -> None:
    assert template.properties("AWS::DynamoDB::Table")["DeletionProtectionEnabled"] is True


def test_the_table_is_billed_on_demand(template: Template) -> None:
    assert template.properties("AWS::DynamoDB::Table")["BillingMode"] == "PAY_PER_REQUEST"


def test_the_table_is_keyed_by_pk_and_sk_and_has_no_index(template: Template) -> None:
    table = template.properties("AWS::DynamoDB::Table")
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert {kind["AttributeType"] for kind in table["AttributeDefinitions"]} == {"S"}
    assert "GlobalSecondaryIndexes" not in table


def test_the_table_expires_only_items_with_expires_at(template: Template) -> None:
    table = template.properties("AWS::DynamoDB::Table")
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_one_rotated_kms_key_encrypts_the_table_the_topic_and_the_queue(template: Template) -> None:
    assert template.properties("AWS::KMS::Key")["EnableKeyRotation"] is True
    table = template.properties("AWS::DynamoDB::Table")
    assert table["SSESpecification"] == {
        "KMSMasterKeyId": _KEY,
        "SSEEnabled": True,
        "SSEType": "KMS",
    }
    assert template.properties("AWS::SNS::Topic")["KmsMasterKeyId"] == _KEY
    assert template.properties("AWS::SQS::Queue")["KmsMasterKeyId"] == _KEY


def test_only_alarms_and_schedules_of_this_account_are_granted_the_kms_key(
    template: Template,
) -> None:
    policy = template.properties("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    owner, services = policy
    assert owner["Action"] == "kms:*"  # lets the IAM policies of the account decide
    assert str(owner["Principal"]).endswith("':root']]}}")
    assert services["Principal"] == {
        "Service": ["cloudwatch.amazonaws.com", "scheduler.amazonaws.com"]
    }
    assert services["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert services["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def _denied_in_plain_text(policy: dict[str, Any]) -> set[str]:
    return {
        statement["Action"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        and statement["Principal"] in ("*", {"AWS": "*"})
    }


def test_the_topic_and_the_queue_deny_requests_without_tls(template: Template) -> None:
    topic = template.properties("AWS::SNS::TopicPolicy")
    queue = template.properties("AWS::SQS::QueuePolicy")
    assert topic["Topics"] == [{"Ref": template.logical_id("AWS::SNS::Topic")}]
    assert queue["Queues"] == [{"Ref": template.logical_id("AWS::SQS::Queue")}]
    assert _denied_in_plain_text(topic) == {"sns:Publish"}
    assert _denied_in_plain_text(queue) == {"sqs:*"}


def test_the_topic_policy_allows_only_alarms_of_this_account_to_publish(
    template: Template,
) -> None:
    policy = template.properties("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    (allowed,) = [statement for statement in policy if statement["Effect"] == "Allow"]
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_dead_letters_are_kept_for_14_days(template: Template) -> None:
    assert template.properties("AWS::SQS::Queue")["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_logs_are_kept_for_a_year(template: Template) -> None:
    assert template.properties("AWS::Logs::LogGroup")["RetentionInDays"] == 365


_RETAINED = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup"}


def test_only_the_table_its_kms_key_and_the_log_group_are_kept_when_the_stack_is_deleted(
    template: Template,
) -> None:
    resources = template.body["Resources"].values()
    kept = {each["Type"] for each in resources if each.get("DeletionPolicy", "Delete") != "Delete"}
    assert kept == _RETAINED


@pytest.mark.parametrize("kind", sorted(_RETAINED))
def test_a_failed_first_deployment_deletes_what_is_otherwise_kept(
    template: Template, kind: str
) -> None:
    assert template.resource(kind)["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_table_is_created_after_the_names_that_may_exist_already(template: Template) -> None:
    """Its deletion protection would keep it when the deployment fails at one of them."""
    first = set(template.resource("AWS::DynamoDB::Table")["DependsOn"])
    assert first == {"PermissionsAccount35985856", *template.resources("AWS::SSM::Parameter")}


@pytest.mark.parametrize("kind", sorted(_RETAINED))
def test_a_retained_resource_is_not_deleted_when_it_is_replaced(
    template: Template, kind: str
) -> None:
    assert template.resource(kind)["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("kind", "logical_id"),
    [
        ("AWS::DynamoDB::Table", "LedgerTable9343E4AA"),
        ("AWS::KMS::Key", "EncryptionKey3A692D6E"),
        ("AWS::Logs::LogGroup", "EnforcerLogB692A62C"),
        ("AWS::SNS::Topic", "NoticesTopic898AF2CD"),
        ("AWS::SQS::Queue", "EnforcerDeadLetters7019007E"),
    ],
)
def test_a_stateful_resource_keeps_its_logical_id_because_a_new_id_replaces_it(
    template: Template, kind: str, logical_id: str
) -> None:
    assert template.logical_id(kind) == logical_id
