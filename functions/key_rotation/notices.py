"""The adapter to SNS: who listens, and what is sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.aws import AWS_ERRORS, why
from key_rotation.errors import NobodyListensError, NotDeliveredError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

MAX_BYTES = 256 * 1024
"""The size of a message and its attributes together (SNS API Reference, Publish)."""
JSON_PROTOCOLS = ("sqs", "lambda", "https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message in its forms.

    subject: under 100 printable ASCII characters
    variants: the text for each protocol, as `MessageStructure: json` takes them
    attributes: one value or several, for the filter policies of subscribers
    """

    subject: str
    variants: Mapping[str, str]
    attributes: Mapping[str, str | tuple[str, ...]]

    @property
    def body(self) -> str:
        """What is published: all variants in one JSON document."""
        return json.dumps(self.variants, ensure_ascii=False, separators=(",", ":"))

    @property
    def size(self) -> int:
        """The bytes that count towards `MAX_BYTES`."""
        attributes = sum(
            len(name) + len(value["DataType"]) + len(value["StringValue"].encode())
            for name, value in _attributes(self.attributes).items()
        )
        return len(self.body.encode()) + attributes


def variants(text: str, data: str) -> dict[str, str]:
    """Give every protocol its form: text for people, JSON for programs."""
    return {"default": text, "email": text, **dict.fromkeys(JSON_PROTOCOLS, data)}


def dense_variants(text: str, data: str) -> dict[str, str]:
    """Say the same without repeating a form; SNS sends `default` where a protocol has none."""
    return {"default": data, "email": text}


class Notices:
    """The topic that tells people."""

    def __init__(self, sns: "SNSClient", topic_arn: str) -> None:
        """Hand in the client and the topic."""
        self._sns = sns
        self._topic_arn = topic_arn

    def require_listener(self) -> None:
        """Raise NobodyListensError unless a confirmed subscription, of any protocol, exists.

        A subscription has an ARN once it is confirmed; until then it says `PendingConfirmation`
        (SNS API Reference, ListSubscriptionsByTopic).
        """
        pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(
            TopicArn=self._topic_arn
        )
        try:
            arns = [found["SubscriptionArn"] for page in pages for found in page["Subscriptions"]]
        except AWS_ERRORS as cause:
            text = f"Whether anybody listens to {self._topic_arn} cannot be read ({why(cause)})."
            raise NobodyListensError(f"{text} Nothing was changed.") from cause
        if not any(arn.startswith("arn:") for arn in arns):
            raise NobodyListensError(
                f"The topic {self._topic_arn} has no confirmed subscription, so nobody would be "
                "told. Confirm the subscription from its e-mail, or add one. Nothing was changed."
            )

    def publish(self, message: Message) -> None:
        """Send a message; raises NotDeliveredError when SNS does not take it."""
        try:
            self._sns.publish(
                TopicArn=self._topic_arn,
                Subject=message.subject,
                Message=message.body,
                MessageStructure="json",
                MessageAttributes=_attributes(message.attributes),
            )
        except AWS_ERRORS as cause:
            raise NotDeliveredError(
                f"SNS did not take the message {message.subject!r} ({why(cause)}). "
                "What was done is recorded, and the next run tells it."
            ) from cause


def _attributes(
    values: Mapping[str, str | tuple[str, ...]],
) -> dict[str, "MessageAttributeValueTypeDef"]:
    return {
        name: {"DataType": "String", "StringValue": value}
        if isinstance(value, str)
        else {"DataType": "String.Array", "StringValue": json.dumps(value)}
        for name, value in values.items()
    }
