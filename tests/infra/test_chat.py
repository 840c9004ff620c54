"""The chat topic: what it creates with each context value, and nothing without one."""

import json
from typing import Any

import pytest

from infra.chat import WITHOUT_CHANNELS
from infra.context_value import ContextError
from tests.infra.template import Synthesise, Template, render

_SLACK = "AWS::Chatbot::SlackChannelConfiguration"
_TEAMS = "AWS::Chatbot::MicrosoftTeamsChannelConfiguration"
_TENANT = "1a2b3c4d-0000-4000-8000-0123456789ab"
_TEAM = "99999999-aaaa-4bbb-8ccc-dddddddddddd"
CHANNELS: dict[str, object] = {
    "slack": "T012ABCDEF/C012ABCDEF",
    "teams": f"{_TENANT}/{_TEAM}/19:b6ef35dc342d56ba5654e6fc6d25a071@thread.tacv2",
}


@pytest.fixture(scope="module")
def channels(synthesise: Synthesise) -> Template:
    """Synthesise the stack with both channels, for any Region."""
    return synthesise(None, **CHANNELS)


@pytest.fixture(scope="module")
def topic_alone(synthesise: Synthesise) -> Template:
    """Synthesise the stack with the topic alone."""
    return synthesise(None, chat_topic="true")


def _topic(template: Template) -> str:
    [name] = [each for each in template.resources("AWS::SNS::Topic") if each.startswith("Chat")]
    return name


def _publish_statements(template: Template) -> dict[str, dict[str, Any]]:
    statements = template.role_statements("lambda")
    return {each["Sid"]: each for each in statements if "sns:Publish" in each["Action"]}


def test_without_a_context_key_nothing_of_chat_is_in_the_template(template: Template) -> None:
    assert not [each for each in ("Chat", "chatbot", "CHAT") if each in json.dumps(template.body)]


def test_the_chat_topic_is_encrypted_as_the_other_one_is_and_requires_tls(
    topic_alone: Template,
) -> None:
    topics = topic_alone.resources("AWS::SNS::Topic")
    keys = [topic["Properties"]["KmsMasterKeyId"] for topic in topics.values()]
    assert len(topics) == 2
    assert keys[0] == keys[1]
    [policy] = [
        each["Properties"]
        for each in topic_alone.resources("AWS::SNS::TopicPolicy").values()
        if each["Properties"]["Topics"] == [{"Ref": _topic(topic_alone)}]
    ]
    sids = {each["Sid"] for each in policy["PolicyDocument"]["Statement"]}
    assert sids == {"AllowPublishThroughSSLOnly", "AlarmsPublish"}


def test_the_topic_alone_has_no_channel_no_role_and_no_subscription(
    topic_alone: Template, template: Template
) -> None:
    more = set(topic_alone.body["Resources"]) - set(template.body["Resources"])
    kinds = sorted(topic_alone.body["Resources"][each]["Type"] for each in more)
    assert kinds == ["AWS::SNS::Topic", "AWS::SNS::TopicPolicy"]
    assert "ChatChannelsRegion" not in topic_alone.body.get("Rules", {})


@pytest.mark.parametrize("kind", [_SLACK, _TEAMS])
def test_a_channel_can_read_the_chat_topic_and_do_nothing_in_aws(
    channels: Template, kind: str
) -> None:
    found = channels.properties(kind)
    assert found["SnsTopicArns"] == [{"Ref": _topic(channels)}]
    guardrails = [render(each) for each in found["GuardrailPolicies"]]
    assert guardrails == ["arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"]
    [role_id, _] = found["IamRoleArn"]["Fn::GetAtt"]
    role = channels.resources("AWS::IAM::Role")[role_id]["Properties"]
    assert {"Policies", "ManagedPolicyArns", "PermissionsBoundary"}.isdisjoint(role)
    assert channels.statements(role_id) == []
    assert channels.role("chatbot") == role_id
    assert found["LoggingLevel"] == "NONE"


def test_the_ids_of_the_channels_are_those_of_the_context(channels: Template) -> None:
    slack, teams = channels.properties(_SLACK), channels.properties(_TEAMS)
    assert (slack["SlackWorkspaceId"], slack["SlackChannelId"]) == ("T012ABCDEF", "C012ABCDEF")
    assert (teams["TeamsTenantId"], teams["TeamId"]) == (_TENANT, _TEAM)
    assert teams["TeamsChannelId"] == "19%3ab6ef35dc342d56ba5654e6fc6d25a071%40thread.tacv2"


def test_a_new_workspace_gets_a_new_name_because_it_replaces_the_configuration(
    synthesise: Synthesise, channels: Template
) -> None:
    other = synthesise(None, slack="T999999999/C012ABCDEF")
    names = [each.properties(_SLACK)["ConfigurationName"] for each in (channels, other)]
    assert names == ["KeyRotation-T012ABCDEF", "KeyRotation-T999999999"]
    assert channels.properties(_TEAMS)["ConfigurationName"] == f"KeyRotation-{_TEAM}"


def test_only_publishing_to_the_chat_topic_is_added_to_the_function(
    topic_alone: Template, template: Template
) -> None:
    before, after = _publish_statements(template), _publish_statements(topic_alone)
    chat = after.pop("PublishChat")
    assert after == before
    assert chat == {
        "Sid": "PublishChat",
        "Effect": "Allow",
        "Action": "sns:Publish",
        "Resource": {"Ref": _topic(topic_alone)},
    }
    variables = topic_alone.properties("AWS::Lambda::Function")["Environment"]["Variables"]
    assert variables["CHAT_TOPIC_ARN"] == {"Ref": _topic(topic_alone)}
    known = template.properties("AWS::Lambda::Function")["Environment"]["Variables"]
    assert set(variables) - set(known) == {"CHAT_TOPIC_ARN"}


def test_every_alarm_goes_to_the_chat_topic_as_well(topic_alone: Template) -> None:
    alarms = topic_alone.resources("AWS::CloudWatch::Alarm").values()
    assert alarms
    for alarm in alarms:
        actions = alarm["Properties"]["AlarmActions"]
        assert actions[1:] == [{"Ref": _topic(topic_alone)}]
        assert len(actions) == 2


def test_the_arn_of_the_topic_is_an_output(topic_alone: Template) -> None:
    assert topic_alone.body["Outputs"]["ChatTopicArn"] == {"Value": {"Ref": _topic(topic_alone)}}


@pytest.mark.parametrize("region", WITHOUT_CHANNELS)
@pytest.mark.parametrize("key", CHANNELS)
def test_a_channel_is_refused_where_amazon_q_does_not_exist(
    synthesise: Synthesise, region: str, key: str
) -> None:
    with pytest.raises(ContextError, match=f"context '{key}' is given for {region}: Amazon Q"):
        synthesise(region, **{key: CHANNELS[key]})


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eu-central-1"])
def test_the_topic_alone_works_in_every_region(synthesise: Synthesise, region: str) -> None:
    assert _topic(synthesise(region, chat_topic="true"))


def test_a_template_for_any_region_asserts_that_amazon_q_exists_there(channels: Template) -> None:
    [assertion] = channels.body["Rules"]["ChatChannelsRegion"]["Assertions"]
    contains = {"Fn::Contains": [[*WITHOUT_CHANNELS], {"Ref": "AWS::Region"}]}
    assert assertion["Assert"] == {"Fn::Not": [contains]}
    assert "omit 'slack' and 'teams' there" in assertion["AssertDescription"]


def test_a_template_for_a_region_with_amazon_q_asserts_nothing(synthesise: Synthesise) -> None:
    found = synthesise("eu-central-1", **CHANNELS)
    assert "ChatChannelsRegion" not in found.body.get("Rules", {})
    [guardrail] = found.properties(_SLACK)["GuardrailPolicies"]
    assert guardrail == "arn:aws:iam::aws:policy/AWSDenyAll"
