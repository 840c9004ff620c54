"""The SNS topic for chat messages and alarms, and the chat channels that show it."""

import aws_cdk as cdk
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.chat_context import Chat, SlackChannel, TeamsChannel
from infra.context_value import ContextError
from infra.notification_topic import let_alarms_publish

WITHOUT_CHANNELS = ("cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1")
"""The Regions whose CloudFormation lacks the resources of Amazon Q in chat applications (resource
schemas in cfn-lint; the Administrator Guide, "Regions and quotas", lists Regions of `aws` only)."""


class ChatTopic(Construct):
    """One encrypted SNS topic that requires TLS, in the format that Amazon Q shows.

    Each channel has a role without permissions and a guardrail that refuses everything, since the
    guardrail is `AdministratorAccess` by default (Chatbot API Reference, GuardrailPolicyArns): a
    person in the channel can read, and do nothing in AWS.
    """

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey, chat: Chat) -> None:
        """Create the topic, its channels, and the output `ChatTopicArn`.

        Raises ContextError for a channel in a Region that has none.
        """
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self, "Topic", display_name="Key rotation chat", master_key=key, enforce_ssl=True
        )
        let_alarms_publish(self.topic)
        if chat.channel_keys:
            self._require_region(chat)
            self._create_channels(chat)
        output = cdk.CfnOutput(self, "Arn", value=self.topic.topic_arn)
        output.override_logical_id("ChatTopicArn")

    def _require_region(self, chat: Chat) -> None:
        """Refuse a Region without Amazon Q: now if it is known, else when it is deployed."""
        region, keys = cdk.Stack.of(self).region, " and ".join(map(repr, chat.channel_keys))
        why = f"Amazon Q in chat applications does not exist in {', '.join(WITHOUT_CHANNELS)}"
        advice = f"omit {keys} there; 'chat-topic' alone works in every Region"
        if region in WITHOUT_CHANNELS:
            raise ContextError(f"context {keys} is given for {region}: {why}: {advice}")
        if not cdk.Token.is_unresolved(region):
            return
        rule = cdk.CfnRule(self, "Region")
        rule.override_logical_id("ChatChannelsRegion")
        rule.add_assertion(
            cdk.Fn.condition_not(cdk.Fn.condition_contains([*WITHOUT_CHANNELS], region)),
            f"{why}: {advice}",
        )

    def _create_channels(self, chat: Chat) -> None:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
            description="Of the chat channels of key-rotation; it has no permissions on purpose",
        )
        guardrail = f"arn:{cdk.Stack.of(self).partition}:iam::aws:policy/AWSDenyAll"
        if chat.slack:
            self._create_slack(chat.slack, role, guardrail)
        if chat.teams:
            self._create_teams(chat.teams, role, guardrail)

    # A configuration whose workspace or team changes is replaced, and its name is unique in the
    # account, so the name has their id. No log (`NONE`): its group would be in us-east-1, without
    # an end of retention.

    def _create_slack(self, slack: SlackChannel, role: iam.Role, guardrail: str) -> None:
        chatbot.CfnSlackChannelConfiguration(
            self,
            "Slack",
            configuration_name=f"KeyRotation-{slack.workspace}",
            slack_workspace_id=slack.workspace,
            slack_channel_id=slack.channel,
            iam_role_arn=role.role_arn,
            guardrail_policies=[guardrail],
            sns_topic_arns=[self.topic.topic_arn],
            logging_level="NONE",
        )

    def _create_teams(self, teams: TeamsChannel, role: iam.Role, guardrail: str) -> None:
        chatbot.CfnMicrosoftTeamsChannelConfiguration(
            self,
            "Teams",
            configuration_name=f"KeyRotation-{teams.team}",
            teams_tenant_id=teams.tenant,
            team_id=teams.team,
            teams_channel_id=teams.channel,
            iam_role_arn=role.role_arn,
            guardrail_policies=[guardrail],
            sns_topic_arns=[self.topic.topic_arn],
            logging_level="NONE",
        )


def create_chat_topic(scope: Construct, *, key: kms.IKey, chat: Chat | None) -> sns.Topic | None:
    """Create the chat topic of a stack; None for a deployment without chat."""
    return None if chat is None else ChatTopic(scope, "Chat", key=key, chat=chat).topic
