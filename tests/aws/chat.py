"""A chat topic in moto, and what was published to it."""

from dataclasses import dataclass, replace
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from tests.aws.aws_account import REGION, AwsAccount
from tests.unit.chat_schema import assert_means_nothing, shown


@dataclass(frozen=True)
class ChatChannel:
    """A topic whose messages Amazon Q would show."""

    topic_arn: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Return all messages; fails for one that Amazon Q would drop."""
        topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[self.topic_arn]
        documents = [shown(notification[1]) for notification in topic.sent_notifications]
        for document in documents:
            assert_means_nothing(document)
        return documents

    @property
    def titles(self) -> list[str]:
        """Return the titles of all messages."""
        return [document["content"]["title"] for document in self.messages]


def open_chat(account: AwsAccount) -> ChatChannel:
    """Give the deployment of an account a chat topic."""
    arn = account.clients.sns.create_topic(Name="chat")["TopicArn"]
    account.environment = replace(account.environment, chat_topic_arn=arn)
    return ChatChannel(arn)
