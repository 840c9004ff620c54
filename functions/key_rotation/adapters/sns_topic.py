"""The adapter to the SNS topic: its listeners, and publishing to it."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.errors import NoListenerError, PublishError, SubscriptionsUnreadableError
from key_rotation.reporting.sns_message import Message

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import SubscriptionTypeDef

CHAT_HOST = "sns-api.chatbot.amazonaws.com"
"""The host of Amazon Q in chat applications (`https://global.sns-api.chatbot.amazonaws.com`): it
drops every message that does not have its own format, such as those of this tool."""
UNCONFIRMED = "not confirmed"
DELETED = "deleted"
FILTERED = "with a filter policy"
CHAT = "of Amazon Q, which does not show these messages"


class SnsTopic:
    """The topic to which digests are published."""

    def __init__(self, sns: "SNSClient", topic_arn: str) -> None:
        """Use a client and a topic."""
        self._sns = sns
        self._topic_arn = topic_arn

    def require_listener(self) -> None:
        """Raise NoListenerError unless the topic has a listener; it gives what was found instead.

        Raises SubscriptionsUnreadableError if the subscriptions cannot be read.
        """
        found = Counter[str]()
        for obstacle in self._obstacles():
            if obstacle is None:
                return
            found[obstacle] += 1
        subscriptions = ", ".join(f"{number} {what}" for what, number in found.items()) or "none"
        raise NoListenerError(
            f"The topic {self._topic_arn} has no listener, so nobody would get the notices. "
            f"Its subscriptions: {subscriptions}. "
            "Confirm a subscription without a filter policy from its e-mail, or add one. "
            "Nothing was changed."
        )

    def has_listener(self) -> bool:
        """Return whether the topic has a listener.

        A listener is a confirmed subscription without a filter policy whose endpoint shows what it
        receives. Subscriptions are read until the first listener. Raises
        SubscriptionsUnreadableError if they cannot be read.
        """
        return any(obstacle is None for obstacle in self._obstacles())

    def has_subscription(self) -> bool:
        """Return whether the topic has a confirmed subscription, with a filter policy or without.

        Raises SubscriptionsUnreadableError if the subscriptions cannot be read.
        """
        return any(obstacle in {None, FILTERED} for obstacle in self._obstacles())

    def _obstacles(self) -> Iterator[str | None]:
        """Say of each subscription why it is no listener; None for one that is."""
        pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(
            TopicArn=self._topic_arn
        )
        try:
            for page in pages:
                yield from map(self._obstacle, page["Subscriptions"])
        except AWS_ERRORS as cause:
            why = error_message(cause)
            text = f"The subscriptions of {self._topic_arn} cannot be read ({why})."
            raise SubscriptionsUnreadableError(f"{text} Nothing was changed.") from cause

    def _obstacle(self, subscription: "SubscriptionTypeDef") -> str | None:
        """Say why a subscription is no listener; None if it is one.

        Instead of an ARN, one that is not confirmed has `PendingConfirmation`, and one that was
        deleted has `Deleted` (SNS API Reference, ListSubscriptionsByTopic). The list lacks the
        filter policies, so the attributes are read; of those that cannot be read nothing is known.
        """
        arn = subscription["SubscriptionArn"]
        if not arn.startswith("arn:"):
            return DELETED if arn == "Deleted" else UNCONFIRMED
        if CHAT_HOST in subscription.get("Endpoint", "").casefold():
            return CHAT
        try:
            attributes = self._sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        except AWS_ERRORS as cause:
            return f"that cannot be read ({error_message(cause)})"
        if attributes.get("PendingConfirmation") == "true":
            return UNCONFIRMED
        return FILTERED if _filters(attributes.get("FilterPolicy", "")) else None

    def publish(self, message: Message) -> str:
        """Publish a message; returns its id. Raises PublishError if SNS does not accept it."""
        try:
            answer = self._sns.publish(
                TopicArn=self._topic_arn,
                Subject=message.subject,
                Message=message.body,
                MessageStructure="json",
                MessageAttributes={
                    name: {"DataType": kind, "StringValue": value}
                    for name, (kind, value) in message.typed_attributes.items()
                },
            )
        except AWS_ERRORS as cause:
            raise PublishError(
                f"SNS did not accept the message {message.subject!r} ({error_message(cause)}). "
                "What was done is recorded; the next run reports it."
            ) from cause
        return str(answer.get("MessageId", ""))


def _filters(policy: str) -> bool:
    """Return whether a filter policy has a condition; `{}` has none and lets each message pass.

    It does not matter whether it filters by attributes or by the body (`FilterPolicyScope`).
    """
    if not policy.strip():
        return False
    try:
        return bool(json.loads(policy) != {})
    except ValueError:
        return True
