"""The topic for the digests of single accounts, and who is subscribed to which."""

from typing import Any

import pytest

from tests.infra.template import Template

_MAIN, _ACCOUNTS = "NoticesTopic898AF2CD", "AccountNoticesTopic36E1DB5F"


def _subscriptions(hub: Template, topic: str) -> dict[str, Any]:
    found = (each["Properties"] for each in hub.resources("AWS::SNS::Subscription").values())
    return {
        each["Endpoint"]: each.get("FilterPolicy")
        for each in found
        if each["TopicArn"] == {"Ref": topic} and each["Protocol"] == "email"
    }


def test_an_address_has_one_subscription_that_gets_only_its_accounts(hub: Template) -> None:
    assert _subscriptions(hub, _ACCOUNTS) == {
        "blue@example.com": {"account_id": ["111122223333"]},
        "all@example.com": {"account_id": ["111122223333", "222233334444"]},
    }


def test_the_organizations_addresses_get_everything_alarms_included(hub: Template) -> None:
    """An alarm has no attributes: a filter policy would swallow it."""
    assert _subscriptions(hub, _MAIN) == {"a@example.com": None, "b@example.com": None}


def test_there_is_no_other_subscription(hub: Template) -> None:
    assert len(hub.resources("AWS::SNS::Subscription")) == 4


@pytest.mark.parametrize("topic", [_MAIN, _ACCOUNTS])
def test_a_topic_is_encrypted_with_the_kms_key_and_denies_requests_without_tls(
    hub: Template, topic: str
) -> None:
    properties = hub.resources("AWS::SNS::Topic")[topic]["Properties"]
    assert properties["KmsMasterKeyId"] == {"Fn::GetAtt": ["EncryptionKey3A692D6E", "Arn"]}
    (policy,) = [
        each["Properties"]
        for each in hub.resources("AWS::SNS::TopicPolicy").values()
        if each["Properties"]["Topics"] == [{"Ref": topic}]
    ]
    denied = [
        each["Action"]
        for each in policy["PolicyDocument"]["Statement"]
        if each["Effect"] == "Deny"
        and each["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert denied == ["sns:Publish"]


def test_nobody_outside_the_hub_may_publish_to_the_topic_of_the_accounts(hub: Template) -> None:
    (policy,) = [
        each["Properties"]
        for each in hub.resources("AWS::SNS::TopicPolicy").values()
        if each["Properties"]["Topics"] == [{"Ref": _ACCOUNTS}]
    ]
    assert {each["Effect"] for each in policy["PolicyDocument"]["Statement"]} == {"Deny"}
