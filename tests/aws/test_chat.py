"""The chat topic gets one message for each digest, after everything else; nothing rests on it."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.errors import InvalidSettingsError, NoListenerError, PublishError
from tests.aws.aws_account import AwsAccount
from tests.aws.chat import ChatChannel, open_chat
from tests.aws.faults import (
    client_error,
    failing_call,
    interleaved,
    on_event,
    refused,
    response_lost,
)
from tests.aws.stopped_runs import stopped_run
from tests.simulation.fault_injection import KilledError

PUBLISH = "sns.Publish"
FAILED = "CHAT: the last message to the chat topic was not sent"


@pytest.fixture
def chat(account: AwsAccount) -> ChatChannel:
    """Give the deployment a chat topic."""
    return open_chat(account)


def _chat_failure(account: AwsAccount) -> str:
    [state] = [item for item in account.items("RUN") if item["sk"] == "STATE"]
    return str(state["chat_failure"])


def _run_after(account: AwsAccount, days: int) -> dict[str, Any]:
    account.now += timedelta(days=days)
    return account.run()


def test_each_digest_has_one_chat_message_and_a_run_without_a_digest_none(
    account: AwsAccount, chat: ChatChannel
) -> None:
    account.create_key("alice", age=400)
    numbers = []
    for days in (0, 0, 1, 5, 1, 29, 1, 1):
        _run_after(account, days)
        numbers.append((len(account.messages), len(chat.messages)))
    assert numbers == [(n, n) for n in (1, 1, 1, 2, 3, 4, 5, 5)]
    assert chat.titles == [
        "1 notice",
        "1 due tomorrow",
        "1 deactivated",
        "1 due tomorrow",
        "1 deleted",
    ]


def test_the_message_names_the_key_and_its_day_as_the_digest_does(
    account: AwsAccount, chat: ChatChannel
) -> None:
    key_id = account.create_key("alice", age=400)
    account.run()
    [message] = chat.messages
    line = message["content"]["description"].splitlines()[-1]
    assert line == f"- NOTICE: alice {key_id}, 400 days old: stops working on Tue 1 Dec 2026"
    assert account.messages[0]["subject"].endswith(f": {message['content']['title']}")


def test_the_chat_message_comes_after_all_that_is_recorded(
    account: AwsAccount, chat: ChatChannel
) -> None:
    key_id = account.create_key("alice", age=400)
    seen: list[object] = []

    def look() -> None:
        runs = account.items("RUNS")
        seen.extend([account.watch(key_id) is not None, len(runs), len(account.messages)])

    with interleaved(account, PUBLISH, look, nth=1):
        account.run()
    assert seen == [True, 1, 1]
    assert len(chat.messages) == 1


def test_a_deployment_without_a_chat_topic_publishes_the_digest_only(account: AwsAccount) -> None:
    account.create_key("alice", age=400)
    with refused(account, PUBLISH, since=1):
        account.run()
    assert len(account.messages) == 1


def test_a_report_run_that_a_person_starts_publishes_none(
    account: AwsAccount, chat: ChatChannel
) -> None:
    account.create_key("alice", age=400)
    assert account.run({"mode": "report"})["noticed"]
    assert (account.messages, chat.messages) == ([], [])


def test_in_report_mode_the_message_says_what_would_be(
    account: AwsAccount, chat: ChatChannel
) -> None:
    account.put_parameters(mode="report")
    account.create_key("alice", age=400)
    account.run()
    assert chat.titles == ["1 would be noticed"]


def test_a_chat_message_that_fails_undoes_nothing_and_the_next_digest_says_so_once(
    account: AwsAccount, chat: ChatChannel
) -> None:
    key_id = account.create_key("alice", age=400)
    with refused(account, PUBLISH, "AuthorizationError", only_for=chat.topic_arn):
        report = account.run_for_report()
    assert report.chat_failure.startswith("2026-11-24: SNS did not accept the chat message (")
    assert _chat_failure(account) == report.chat_failure
    assert len(account.items("RUNS")) == 1
    _run_after(account, 6)
    _run_after(account, 1)
    assert account.status(key_id) == "Inactive"
    first, second, third = account.messages
    assert FAILED not in first["text"]
    assert FAILED in second["text"]
    assert "2026-11-24: SNS did not accept the chat message" in second["text"]
    assert second["data"]["chat_failed"] == report.chat_failure
    assert FAILED not in third["text"]
    assert "chat_failed" not in first["data"] | third["data"]
    assert _chat_failure(account) == ""
    assert chat.titles == ["1 due tomorrow", "1 deactivated"]


def test_a_chat_message_that_failed_is_no_news_by_itself(
    account: AwsAccount, chat: ChatChannel
) -> None:
    account.create_key("alice", age=400)
    with refused(account, PUBLISH, only_for=chat.topic_arn):
        account.run()
    _run_after(account, 1)
    assert len(account.messages) == 1
    assert _chat_failure(account)


def test_a_failure_that_the_digest_could_not_deliver_is_told_by_the_next_one(
    account: AwsAccount, chat: ChatChannel
) -> None:
    account.create_key("alice", age=400)
    with refused(account, PUBLISH, only_for=chat.topic_arn):
        account.run()
    account.now += timedelta(days=6)
    with (
        refused(account, PUBLISH, only_for=account.environment.topic_arn),
        pytest.raises(PublishError),
    ):
        account.run()
    account.run()
    assert FAILED in account.messages[-1]["text"]


def test_a_failure_that_the_ledger_refuses_to_keep_ends_no_run(
    account: AwsAccount, chat: ChatChannel
) -> None:
    """The log still has it."""
    account.create_key("alice", age=400)
    tried_chat = threading.Event()
    refusals: list[str] = []

    def refuse_after_the_chat(**_: Any) -> None:
        if tried_chat.is_set():
            refusals.append("PutItem")
            raise client_error("PutItem", "AccessDenied")

    with (
        interleaved(account, PUBLISH, tried_chat.set, nth=1),
        refused(account, PUBLISH, only_for=chat.topic_arn),
        on_event(account, "before-call.dynamodb.PutItem", refuse_after_the_chat),
    ):
        report = account.run_for_report()
    assert report.chat_failure
    assert refusals
    assert _chat_failure(account) == ""


def test_a_lost_answer_may_report_a_failure_of_a_message_that_arrived(
    account: AwsAccount, chat: ChatChannel
) -> None:
    account.create_key("alice", age=400)
    with response_lost(account, PUBLISH, nth=1):
        report = account.run_for_report()
    assert (
        "timed out" in report.chat_failure.casefold() or "timeout" in report.chat_failure.casefold()
    )
    assert chat.titles == ["1 notice"]


@pytest.mark.parametrize(
    ("when", "arrived"), [("before", []), ("after", ["1 notice"])], ids=["before", "after"]
)
def test_a_run_killed_at_its_chat_message_never_publishes_it_again(
    account: AwsAccount, chat: ChatChannel, when: str, arrived: list[str]
) -> None:
    """Before the call it is lost; the digest said the same."""
    account.create_key("alice", age=400)
    with (
        failing_call(account, PUBLISH, KilledError(), when=when, only_for=chat.topic_arn),
        pytest.raises(KilledError),
    ):
        account.run()
    account.run()
    assert len(account.messages) == 1
    assert chat.titles == arrived


def test_a_digest_that_comes_twice_because_its_run_died_has_one_chat_message(
    account: AwsAccount, chat: ChatChannel
) -> None:
    account.create_key("alice", age=400)
    with (
        failing_call(account, PUBLISH, KilledError(), when="after", nth=0),
        pytest.raises(KilledError),
    ):
        account.run()
    account.run()
    assert len(account.messages) == 2
    assert chat.titles == ["1 notice"]


def test_somebody_who_listens_to_the_chat_topic_alone_is_no_listener(
    account: AwsAccount, chat: ChatChannel
) -> None:
    """Promise 1: notices need somebody who gets the digest itself."""
    key_id = account.create_key("alice", age=400)
    with account.without_listener():
        account.clients.sns.subscribe(
            TopicArn=chat.topic_arn, Protocol="email", Endpoint="all@example.com"
        )
        with pytest.raises(NoListenerError):
            account.run()
    assert account.watch(key_id) is None
    assert chat.messages == []


def test_a_stopped_run_is_in_the_chat_once_a_day(account: AwsAccount, chat: ChatChannel) -> None:
    account.put_parameters(max_age_days="soon")
    stopped_run(account, InvalidSettingsError)
    stopped_run(account, InvalidSettingsError)
    assert chat.titles == ["STOPPED: InvalidSettings"]
    assert "max-age-days" in chat.messages[0]["content"]["description"]
    assert len(account.messages) == 1


def test_a_stopped_run_whose_chat_message_failed_is_told_by_the_next_digest(
    account: AwsAccount, chat: ChatChannel
) -> None:
    account.put_parameters(max_age_days="soon")
    with refused(account, PUBLISH, only_for=chat.topic_arn):
        stopped_run(account, InvalidSettingsError)
    stopped_run(account, InvalidSettingsError)
    assert len(account.messages) == 1
    account.put_parameters(max_age_days="90")
    account.create_key("alice", age=400)
    account.run()
    assert FAILED in account.messages[-1]["text"]
    assert chat.titles == ["1 notice"]


def test_a_stopped_run_that_nobody_could_be_told_of_publishes_no_chat_message(
    account: AwsAccount, chat: ChatChannel
) -> None:
    """It is tried again with the message; the alarm is in the chat."""
    account.put_parameters(max_age_days="soon")
    with refused(account, PUBLISH, only_for=account.environment.topic_arn):
        stopped_run(account, InvalidSettingsError)
    assert chat.messages == []
    stopped_run(account, InvalidSettingsError)
    assert chat.titles == ["STOPPED: InvalidSettings"]
