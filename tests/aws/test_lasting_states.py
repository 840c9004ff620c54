"""A failure, a deferral or a hold that lasts is news when it is new, and then once a week."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from key_rotation.errors import PublishError
from tests.aws.aws_account import AwsAccount
from tests.aws.due_keys import a_key_to_deactivate
from tests.aws.faults import on_event, refused

LIST_KEYS = "iam.ListAccessKeys"
REQUESTS = count()


def subjects(account: AwsAccount) -> list[str]:
    """Return what the messages so far report."""
    return [message["subject"].partition(": ")[2] for message in account.messages]


def with_request_id(**_: Any) -> None:
    """Deny a call with a text that differs each time."""
    text = f"User: arn:aws:sts::1 is not authorized (request id {next(REQUESTS)})"
    response: Any = {
        "Error": {"Code": "AccessDenied", "Message": text},
        "ResponseMetadata": {"HTTPStatusCode": 403, "RetryAttempts": 0},
    }
    raise ClientError(response, "ListAccessKeys")


@contextmanager
def denied_differently(account: AwsAccount) -> Iterator[None]:
    """Deny the listing of keys, with another text each time."""
    with on_event(account, f"before-call.{LIST_KEYS}", with_request_id):
        yield


def test_a_failure_is_reported_when_it_is_new_and_then_once_a_week(account: AwsAccount) -> None:
    """Whatever the text of its error; the answer of each run lists it."""
    account.create_key("alice", age=10)
    days_with_message = []
    with denied_differently(account):
        for day in range(16):
            before = len(account.messages)
            assert len(account.run()["failed"]) == 1
            days_with_message += [day] if len(account.messages) > before else []
            account.now += timedelta(days=1)
    assert days_with_message == [0, 7, 14]


def test_a_failure_is_reported_once_a_day_by_an_hourly_schedule(account: AwsAccount) -> None:
    """And not in the next days of the week either."""
    account.create_key("alice", age=10)
    with denied_differently(account):
        for _ in range(30):
            account.run()
            account.now += timedelta(hours=1)
    assert subjects(account) == ["1 failed"]


def test_the_failure_of_another_user_is_news(account: AwsAccount) -> None:
    account.create_key("alice", age=10)
    with denied_differently(account):
        account.run()
        account.create_key("bob", age=400)
        account.run_after(1)
        account.run_after(1)
    assert subjects(account) == ["1 failed", "2 failed"]


def test_another_failure_of_the_same_key_is_news(account: AwsAccount) -> None:
    """Its last use could not be read; now IAM refuses its deactivation."""
    a_key_to_deactivate(account)
    messages = len(account.messages)
    with refused(account, "iam.GetAccessKeyLastUsed"):
        account.run()
    with refused(account, "iam.UpdateAccessKey"):
        account.run_after(1)
        account.run_after(1)
    assert subjects(account)[messages:] == ["1 failed", "1 failed"]


def test_a_failure_that_comes_back_is_news(account: AwsAccount) -> None:
    account.create_key("alice", age=83)
    account.run()
    for _ in range(2):
        with denied_differently(account):
            account.run_after(1)
        account.run_after(1)
    assert subjects(account) == ["1 notice", "1 failed", "1 failed"]


def test_a_failure_whose_digest_was_not_delivered_is_reported_again(account: AwsAccount) -> None:
    account.create_key("alice", age=10)
    with denied_differently(account):
        with refused(account, "sns.Publish", "InternalError"), pytest.raises(PublishError):
            account.run()
        account.run()
    assert subjects(account) == ["1 failed"]


def test_a_failure_in_report_mode_is_news_in_enforce_mode(account: AwsAccount) -> None:
    account.create_key("alice", age=10)
    account.put_parameters(mode="report")
    with denied_differently(account):
        account.run()
        account.put_parameters(mode="enforce")
        account.run_after(1)
        account.run_after(1)
    assert subjects(account) == ["1 failed", "1 failed, settings changed"]


def test_a_report_without_a_listener_is_sent_again(account: AwsAccount) -> None:
    """In report mode nobody need listen, but who listens later gets the report."""
    account.put_parameters(mode="report")
    account.create_key("alice", age=83)
    with account.without_listener():
        account.run()
    for _ in range(3):
        account.run_after(1)
    assert subjects(account) == ["1 would be noticed"] * 2


def test_a_refused_change_is_reported_once_a_week_with_what_to_do(account: AwsAccount) -> None:
    a_key_to_deactivate(account)
    messages = len(account.messages)
    with refused(account, "iam.UpdateAccessKey"):
        for _ in range(8):
            account.run()
            account.now += timedelta(days=1)
    assert subjects(account)[messages:] == ["1 failed", "1 failed"]
    assert "or the key is exempt" in account.messages[-1]["text"]
