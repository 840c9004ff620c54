"""The validated context values of chat: a second topic, and the channels that show it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.context_value import ContextError, boolean, refusal

SLACK, TEAMS, TOPIC = "slack", "teams", "chat-topic"
KEYS = (SLACK, TEAMS, TOPIC)
"""Every key of chat."""

# AWS::Chatbot::SlackChannelConfiguration takes any letters and digits; Slack's own ids begin with
# these letters, and a name in place of an id is the likeliest mistake.
_SLACK = re.compile("(?P<workspace>T[0-9A-Z]{5,30})/(?P<channel>[CG][0-9A-Z]{5,30})")
_UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_TEAMS = re.compile(
    f"(?P<tenant>{_UUID})/(?P<team>{_UUID})/"
    "19(?::|%3[aA])(?P<name>[A-Za-z0-9_=.,+-]{1,150})(?:@|%40)(?P<kind>thread[.][a-z0-9]{1,20})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackChannel:
    """A channel of Slack, by its ids."""

    workspace: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsChannel:
    """A channel of Microsoft Teams, by its ids; that of the channel is URL-encoded."""

    tenant: str
    team: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The context values of a deployment with a chat topic; without channels, others subscribe."""

    slack: SlackChannel | None = None
    teams: TeamsChannel | None = None

    @classmethod
    def read(cls, values: Mapping[str, object]) -> "Chat | None":
        """Read and validate the context; None for a deployment without a chat topic.

        Raises ContextError for the first value that is not valid.
        """
        slack, teams = _slack(values.get(SLACK)), _teams(values.get(TEAMS))
        wanted = _topic(values.get(TOPIC))
        if wanted is False and (slack or teams):
            given = SLACK if slack else TEAMS
            raise ContextError(
                f"context {TOPIC!r} is {values[TOPIC]!r} together with {given!r}, which needs the"
                f" topic: omit {TOPIC!r}, or omit {given!r}"
            )
        return cls(slack=slack, teams=teams) if wanted or slack or teams else None

    @property
    def channel_keys(self) -> tuple[str, ...]:
        """The keys of the channels that are given."""
        given = ((SLACK, self.slack), (TEAMS, self.teams))
        return tuple(key for key, channel in given if channel)


def _slack(value: object) -> SlackChannel | None:
    if value is None:
        return None
    if isinstance(value, str) and (found := _SLACK.fullmatch(value)):
        return SlackChannel(workspace=found["workspace"], channel=found["channel"])
    accepts = (
        "WORKSPACE/CHANNEL, the ids of a Slack workspace (T...) that Amazon Q in chat applications"
        " is authorized for and of a channel in it (C...), for example T012ABCDEF/C012ABCDEF"
    )
    raise refusal(SLACK, value, accepts)


def _teams(value: object) -> TeamsChannel | None:
    if value is None:
        return None
    if isinstance(value, str) and (found := _TEAMS.fullmatch(value)):
        channel = f"19%3a{found['name']}%40{found['kind']}"
        return TeamsChannel(tenant=found["tenant"], team=found["team"], channel=channel)
    accepts = (
        "TENANT/TEAM/CHANNEL, the ids of a Microsoft Teams tenant and team (each a UUID) that"
        " Amazon Q in chat applications is authorized for and of a channel (19:...@thread.tacv2)"
    )
    raise refusal(TEAMS, value, accepts)


def _topic(value: object) -> bool | None:
    """Return whether the topic is wanted; None if that is not said."""
    found = boolean(value)
    if value is not None and found is None:
        raise refusal(TOPIC, value, "true or false")
    return found
