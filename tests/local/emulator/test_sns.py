"""SNS rejects and delivers messages as on AWS."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from local.emulator.records import PublishedMessage
from tests.local.emulator.conftest import received

SUBSCRIBER = "you@example.com"


def test_a_message_is_recorded_with_the_body_for_each_protocol(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    _publish(account, outputs, {"default": "short", "email": "long", "sqs": '{"n": 1}'})
    message = account.outbox()[-1]
    assert (message.subject, message.text, dict(message.attributes)) == (
        "news",
        "long",
        {"mode": "report"},
    )
    assert message.bodies["sqs"] == '{"n": 1}'
    assert {each.protocol for each in message.recipients} == {"email", "sqs"}
    assert json.loads(received(account, outputs)[-1])["Message"] == '{"n": 1}'


def test_a_pending_subscription_has_no_arn_and_receives_nothing(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    account.set_confirmed(SUBSCRIBER, confirmed=False)
    assert _subscription_arn(account, outputs) == "PendingConfirmation"
    assert SUBSCRIBER not in _recipients(_publish(account, outputs, {"default": "unread"}))
    account.set_confirmed(SUBSCRIBER, confirmed=True)
    assert _subscription_arn(account, outputs).startswith(outputs["TopicArn"])
    assert SUBSCRIBER in _recipients(_publish(account, outputs, {"default": "read"}))


@pytest.mark.parametrize(
    "publication",
    [
        {"Message": "m", "Subject": "x" * 100},
        {"Message": "m", "Subject": "two\nlines"},
        {"Message": "m", "Subject": "na\u00efve"},
        {"Message": '{"email": "m"}', "MessageStructure": "json"},
        {
            "Message": "m",
            "MessageAttributes": {"mode": {"DataType": "String", "StringValue": ""}},
        },
    ],
)
def test_sns_rejects_what_it_rejects_on_aws(
    account: LocalAccount, outputs: dict[str, str], publication: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=r"\(InvalidParameter\)"):
        account.client("sns").publish(TopicArn=outputs["TopicArn"], **publication)


def _publish(
    account: LocalAccount, outputs: dict[str, str], bodies: dict[str, str]
) -> PublishedMessage:
    """Publish a message with a body for each of these protocols, and return its record."""
    account.client("sns").publish(
        TopicArn=outputs["TopicArn"],
        Subject="news",
        Message=json.dumps(bodies),
        MessageStructure="json",
        MessageAttributes={"mode": {"DataType": "String", "StringValue": "report"}},
    )
    return account.outbox()[-1]


def _recipients(message: PublishedMessage) -> set[str]:
    return {each.endpoint for each in message.recipients}


def _subscription_arn(account: LocalAccount, outputs: dict[str, str]) -> str:
    listed = account.client("sns").list_subscriptions_by_topic(TopicArn=outputs["TopicArn"])
    (found,) = [each for each in listed["Subscriptions"] if each.get("Endpoint") == SUBSCRIBER]
    return found.get("SubscriptionArn", "")
