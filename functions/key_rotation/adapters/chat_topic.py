"""The adapter to the chat topic, which Amazon Q in chat applications shows."""

from typing import TYPE_CHECKING

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.errors import ChatError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class ChatTopic:
    """The topic of chat messages. Who listens to it is never asked: no notice depends on it."""

    def __init__(self, sns: "SNSClient", topic_arn: str) -> None:
        """Use a client and a topic."""
        self._sns = sns
        self._topic_arn = topic_arn

    def publish(self, body: str) -> None:
        """Publish a message as it is; raises ChatError if SNS does not accept it."""
        try:
            self._sns.publish(TopicArn=self._topic_arn, Message=body)
        except AWS_ERRORS as cause:
            why = error_message(cause)
            raise ChatError(f"SNS did not accept the chat message ({why})") from cause
