"""Promise 1: a notice counts only if somebody sees it, so the topic needs a listener."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from key_rotation.adapters.clients import build_deployment_clients
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.errors import NoListenerError
from tests.aws.aws_account import REGION, AwsAccount
from tests.aws.faults import on_event, refused

READ_ATTRIBUTES = "sns.GetSubscriptionAttributes"
CHAT = "https://global.sns-api.chatbot.amazonaws.com"


def subscriptions() -> list[Any]:
    """Return the subscriptions of the topic, as moto keeps them."""
    return list(sns_backends[DEFAULT_ACCOUNT_ID][REGION].subscriptions.values())


def subscribe(account: AwsAccount, number: int) -> None:
    """Add confirmed subscriptions."""
    for n in range(number):
        account.clients.sns.subscribe(
            TopicArn=account.environment.topic_arn,
            Protocol="email",
            Endpoint=f"person-{n}@example.com",
        )


def unconfirmed(subscription: Any) -> None:
    subscription.arn = "PendingConfirmation"


def confirmation_pending(subscription: Any) -> None:
    subscription.attributes["PendingConfirmation"] = "true"


def deleted(subscription: Any) -> None:
    subscription.arn = "Deleted"


def in_chat(subscription: Any) -> None:
    subscription.endpoint = CHAT


def filtered(policy: str, scope: str = "MessageAttributes") -> Callable[[Any], None]:
    def set_policy(subscription: Any) -> None:
        subscription.attributes |= {"FilterPolicy": policy, "FilterPolicyScope": scope}

    return set_policy


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (unconfirmed, "1 not confirmed"),
        (confirmation_pending, "1 not confirmed"),
        (deleted, "1 deleted"),
        (in_chat, "1 of Amazon Q, which does not show these messages"),
        (filtered('{"severity": ["error"]}'), "1 with a filter policy"),
        (filtered('{"mode": ["enforce"]}', "MessageBody"), "1 with a filter policy"),
        (filtered("not JSON"), "1 with a filter policy"),
    ],
)
def test_a_subscription_that_shows_not_every_message_is_no_listener(
    account: AwsAccount, change: Callable[[Any], None], found: str
) -> None:
    """No notice is given, no key is cut, and the error says what was found and what to do."""
    key_id = account.create_key("alice", age=400)
    account.run()
    account.now = account.now.replace(month=12, day=1)
    change(*subscriptions())
    with pytest.raises(NoListenerError) as raised:
        account.run()
    assert f"Its subscriptions: {found}. Confirm a subscription" in str(raised.value)
    assert account.status(key_id) == "Active"


@pytest.mark.parametrize("policy", ["", "{}"])
def test_a_subscription_whose_filter_policy_is_empty_is_a_listener(
    account: AwsAccount, policy: str
) -> None:
    """An empty policy lets each message pass."""
    filtered(policy)(*subscriptions())
    account.create_key("alice", age=400)
    assert len(account.run()["noticed"]) == 1


def test_a_topic_without_subscriptions_has_no_listener(account: AwsAccount) -> None:
    account.clients.sns.unsubscribe(SubscriptionArn=subscriptions()[0].arn)
    with pytest.raises(NoListenerError, match="Its subscriptions: none"):
        account.run()


@pytest.mark.parametrize("code", ["AuthorizationError", "NotFound", "InternalError"])
def test_a_subscription_whose_attributes_cannot_be_read_is_no_listener(
    account: AwsAccount, code: str
) -> None:
    """An error never counts as permission."""
    with refused(account, READ_ATTRIBUTES, code), pytest.raises(NoListenerError, match=code):
        account.run()


def test_one_listener_among_other_subscriptions_is_enough(account: AwsAccount) -> None:
    """On any page of the list."""
    subscribe(account, 120)
    for subscription in subscriptions()[:-1]:
        filtered('{"severity": ["error"]}')(subscription)
    assert account.run()["failed"] == []


def test_the_error_counts_each_kind_of_subscription(account: AwsAccount) -> None:
    subscribe(account, 3)
    first, second, third, fourth = subscriptions()
    unconfirmed(first)
    in_chat(second)
    for subscription in (third, fourth):
        filtered('{"event": ["failed"]}')(subscription)
    with pytest.raises(NoListenerError) as raised:
        account.run()
    found = "1 not confirmed, 1 of Amazon Q, which does not show these messages, 2 with a filter"
    assert found in str(raised.value)


@contextmanager
def counted_calls(account: AwsAccount) -> Iterator[list[str]]:
    """Record the names of the calls of SNS."""
    calls: list[str] = []

    def record(model: Any, **_: Any) -> None:
        calls.append(model.name)

    with on_event(account, "before-call.sns", record):
        yield calls


def test_no_attributes_are_read_behind_the_first_listener(account: AwsAccount) -> None:
    """A topic with many subscriptions costs two calls."""
    subscribe(account, 120)
    topic = SnsTopic(account.clients.sns, account.environment.topic_arn)
    with counted_calls(account) as calls:
        assert topic.has_listener()
    assert calls == ["ListSubscriptionsByTopic", "GetSubscriptionAttributes"]


def test_throttled_reads_of_attributes_are_tried_again(account: AwsAccount) -> None:
    """A throttled call is not taken for a missing listener."""
    throttled = b"""<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>
        <Message>Rate exceeded</Message></Error><RequestId>1</RequestId></ErrorResponse>"""
    tries: list[str] = []

    def throttle_once(request: Any, **_: Any) -> AWSResponse | None:
        tries.append(request.url)
        if len(tries) > 1:
            return None
        raw: Any = type("Raw", (), {"stream": lambda *_: iter([throttled])})()
        return AWSResponse(request.url, 400, HTTPHeaders(), raw)

    # The rate limiter of the client that all tests share may have been used at a later time.
    account.clients = replace(account.clients, sns=build_deployment_clients("ledger").sns)
    event = f"before-send.{READ_ATTRIBUTES}"
    with on_event(account, event, throttle_once):  # type: ignore[arg-type]  # it answers
        assert account.run()["failed"] == []
    assert len(tries) == 2
