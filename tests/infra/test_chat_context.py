"""The context values of chat: accepted ids, and one-line errors that name the value."""

import pytest

from infra.chat_context import KEYS, Chat, SlackChannel, TeamsChannel
from infra.context import Context
from infra.context_value import ContextError

_TENANT = "1a2b3c4d-0000-4000-8000-0123456789ab"
_TEAM = "99999999-aaaa-4bbb-8ccc-dddddddddddd"
_CHANNEL = "19:b6ef35dc342d56ba5654e6fc6d25a071@thread.tacv2"
_ENCODED = "19%3ab6ef35dc342d56ba5654e6fc6d25a071%40thread.tacv2"
_SLACK = "T012ABCDEF/C012ABCDEF"


def _read(**context: object) -> Chat | None:
    values = {key.replace("_", "-"): value for key, value in context.items()}
    return Context.read({"email": "none"} | values).chat


def _refusal(**context: object) -> str:
    with pytest.raises(ContextError) as refused:
        _read(**context)
    message = str(refused.value)
    assert "\n" not in message
    assert message.endswith("; nothing was deployed")
    return message


@pytest.mark.parametrize("value", [None, False, "false"])
def test_without_a_key_there_is_no_chat(value: object) -> None:
    assert _read(chat_topic=value) is None


@pytest.mark.parametrize("value", [True, "true"])
def test_the_topic_alone_has_no_channel(value: object) -> None:
    chat = _read(chat_topic=value)
    assert chat == Chat()
    assert chat.channel_keys == ()


@pytest.mark.parametrize("topic", [None, "true", True])
def test_a_slack_channel_is_given_by_the_ids_of_workspace_and_channel(topic: object) -> None:
    chat = _read(slack=_SLACK, chat_topic=topic)
    assert chat == Chat(slack=SlackChannel(workspace="T012ABCDEF", channel="C012ABCDEF"))
    assert chat.channel_keys == ("slack",)


@pytest.mark.parametrize("channel", [_CHANNEL, _ENCODED, _ENCODED.replace("%3a", "%3A")])
def test_a_teams_channel_is_encoded_as_amazon_q_takes_it(channel: str) -> None:
    teams = TeamsChannel(tenant=_TENANT, team=_TEAM, channel=_ENCODED)
    assert _read(teams=f"{_TENANT}/{_TEAM}/{channel}") == Chat(teams=teams)


def test_both_channels_show_the_same_topic() -> None:
    chat = _read(slack=_SLACK, teams=f"{_TENANT}/{_TEAM}/{_CHANNEL}")
    assert chat
    assert chat.channel_keys == ("slack", "teams")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "#security",
        "T012ABCDEF",
        "T012ABCDEF/",
        "C012ABCDEF/T012ABCDEF",
        "T012ABCDEF/#security",
        "t012abcdef/c012abcdef",
        "T012ABCDEF/C012ABCDEF/C0",
        " T012ABCDEF/C012ABCDEF",
        "T012ABCDEF/C012ABCDEF\n",
        "https://example.slack.com/archives/C012ABCDEF",
        7,
        True,
    ],
)
def test_other_values_of_slack_are_refused_and_told_what_is_accepted(value: object) -> None:
    message = _refusal(slack=value)
    assert message.startswith(f"context 'slack' is {value!r}; it accepts WORKSPACE/CHANNEL")


@pytest.mark.parametrize(
    "value",
    [
        "",
        _CHANNEL,
        f"{_TENANT}/{_TEAM}",
        f"{_TENANT}/{_TEAM}/",
        f"{_TENANT}/{_TEAM}/general",
        f"{_TENANT}/{_TEAM[:-1]}/{_CHANNEL}",
        f"tenant/{_TEAM}/{_CHANNEL}",
        f"{_TENANT}/{_TEAM}/{_CHANNEL}/x",
        f"{_TENANT}/{_TEAM}/{_CHANNEL}\n",
        f"{_TENANT}/{_TEAM}/19:{'b' * 151}@thread.tacv2",
        ["a"],
    ],
)
def test_other_values_of_teams_are_refused_and_told_what_is_accepted(value: object) -> None:
    message = _refusal(teams=value)
    assert message.startswith(f"context 'teams' is {value!r}; it accepts TENANT/TEAM/CHANNEL")


@pytest.mark.parametrize("value", ["yes", "True", "", 1, "arn:aws:sns:eu-west-1:123456789012:chat"])
def test_other_values_of_chat_topic_are_refused(value: object) -> None:
    expected = f"context 'chat-topic' is {value!r}; it accepts true or false"
    assert _refusal(chat_topic=value).startswith(expected)


@pytest.mark.parametrize("value", [False, "false"])
def test_a_channel_without_its_topic_is_a_contradiction(value: object) -> None:
    message = _refusal(slack=_SLACK, chat_topic=value)
    assert message.startswith(f"context 'chat-topic' is {value!r} together with 'slack'")


@pytest.mark.parametrize(
    ("key", "near"), [("Slack", "slack"), ("team", "teams"), ("chat_topic", "chat-topic")]
)
def test_a_similar_key_is_refused_with_the_key_that_was_meant(key: str, near: str) -> None:
    with pytest.raises(ContextError, match=f"context {key!r} is not known: did you mean {near!r}"):
        Context.read({"email": "none", key: "true"})
    assert near in KEYS
