"""The chat topic of a hub: only the digest step publishes to it."""

import json

import pytest
from cdk_nag import AwsSolutionsChecks

from tests.infra.linters import Nag
from tests.infra.organisation.conftest import ORGANISATION, Stacks
from tests.infra.template import Template
from tests.infra.test_chat import CHANNELS


@pytest.fixture(scope="module")
def chat_hub(stacks: Stacks) -> Template:
    """Synthesise the hub with both channels."""
    return stacks(**CHANNELS)["KeyRotation"]


def _topic(template: Template) -> str:
    [name] = [each for each in template.resources("AWS::SNS::Topic") if each.startswith("ChatT")]
    return name


def test_without_a_context_key_nothing_of_chat_is_in_a_hub(hub: Template, member: Template) -> None:
    for template in (hub, member):
        written = json.dumps(template.body)
        assert not [each for each in ("ChatTopic", "chatbot", "CHAT_") if each in written]


def test_only_the_digest_step_gets_the_chat_topic(chat_hub: Template) -> None:
    functions = chat_hub.resources("AWS::Lambda::Function")
    with_topic = [
        name
        for name, function in functions.items()
        if "CHAT_TOPIC_ARN" in function["Properties"]["Environment"]["Variables"]
    ]
    assert [name.startswith("Digest") for name in with_topic] == [True]
    publishing = [
        role
        for role in chat_hub.resources("AWS::IAM::Role")
        for statement in chat_hub.statements(role)
        if {"Ref": _topic(chat_hub)} == statement["Resource"]
    ]
    assert [role.startswith("DigestRole") for role in publishing] == [True]


def test_the_alarms_of_a_hub_go_to_the_chat_topic_as_well(chat_hub: Template) -> None:
    for alarm in chat_hub.resources("AWS::CloudWatch::Alarm").values():
        assert {"Ref": _topic(chat_hub)} in alarm["Properties"]["AlarmActions"]


def test_the_channels_of_a_hub_are_those_of_a_single_account(chat_hub: Template) -> None:
    kinds = [each["Type"] for each in chat_hub.body["Resources"].values()]
    assert sorted(kind for kind in kinds if "Chatbot" in kind) == [
        "AWS::Chatbot::MicrosoftTeamsChannelConfiguration",
        "AWS::Chatbot::SlackChannelConfiguration",
    ]
    assert "ChatTopicArn" in chat_hub.body["Outputs"]


def test_cdk_nag_reports_nothing_of_the_chat_topic_of_a_hub(nag: Nag) -> None:
    context = ORGANISATION | CHANNELS
    found = nag.findings(AwsSolutionsChecks, context)
    assert not [path for path, _ in found if "/Chat/" in path]
