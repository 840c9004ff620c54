"""The adapter to the SNS topic: its subscriptions, and publishing to it."""

from typing import TYPE_CHECKING

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.errors import NoSubscriberError, PublishError, SubscriptionsUnreadableError
from key_rotation.reporting.sns_message import Message

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class SnsTopic:
    """The topic to which digests are published."""

    def __init__(self, sns: "SNSClient", topic_arn: str) -> None:
        """Use a client and a topic."""
        self._sns = sns
        self._topic_arn = topic_arn

    def require_confirmed_subscription(self) -> None:
        """Raise NoSubscriberError unless the topic has a confirmed subscription.

        Raises SubscriptionsUnreadableError if the subscriptions cannot be read.
        """
        if not self.has_confirmed_subscription():
            raise NoSubscriberError(
                f"The topic {self._topic_arn} has no confirmed subscription, so nobody would get "
                "the notices. Confirm the subscription from its e-mail, or add one. "
                "Nothing was changed."
            )

    def has_confirmed_subscription(self) -> bool:
        """Return whether the topic has a confirmed subscription, of any protocol.

        A subscription has an ARN once it is confirmed; until then its ARN is `PendingConfirmation`
        (SNS API Reference, ListSubscriptionsByTopic). Raises SubscriptionsUnreadableError if the
        subscriptions cannot be read.
        """
        pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(
            TopicArn=self._topic_arn
        )
        try:
            arns = [found["SubscriptionArn"] for page in pages for found in page["Subscriptions"]]
        except AWS_ERRORS as cause:
            why = error_message(cause)
            text = f"The subscriptions of {self._topic_arn} cannot be read ({why})."
            raise SubscriptionsUnreadableError(f"{text} Nothing was changed.") from cause
        return any(arn.startswith("arn:") for arn in arns)

    def publish(self, message: Message) -> None:
        """Publish a message; raises PublishError if SNS does not accept it."""
        try:
            self._sns.publish(
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
