"""The chat topic of an organization: one message for each digest, once its run has ended."""

import json
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import time_machine

from key_rotation.errors import PublishError
from tests.aws.chat import ChatChannel, open_chat
from tests.aws.faults import client_error, failing_call, interleaved, refused
from tests.aws.organisation.hub import FIRST, ORGANIZATION_ID, OWN, SECOND
from tests.aws.organisation.organisation import FinishedRun, Organisation
from tests.aws.organisation.test_step_handlers import invoke, loaded, set_variables
from tests.simulation.fault_injection import KilledError

PUBLISH = "sns.Publish"
FAILED = "CHAT: the last message to the chat topic was not sent"
STOPPED = {
    "stopped": {"Error": "InvalidSettingsError", "Cause": '{"errorMessage": "mode is <off>."}'},
    "execution_arn": f"arn:aws:states:eu-west-1:{OWN}:execution:machine:1",
}


@pytest.fixture
def chat(organisation: Organisation) -> ChatChannel:
    """Give the hub a chat topic."""
    return open_chat(organisation.account)


@pytest.fixture
def digest(
    organisation: Organisation, chat: ChatChannel, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """Import the handler of the digest step, in a deployment with a chat topic."""
    set_variables(organisation, monkeypatch)
    monkeypatch.setenv("CHAT_TOPIC_ARN", chat.topic_arn)
    for modules in loaded("digest"):
        with time_machine.travel(organisation.account.now, tick=False):
            yield modules["digest"]


def _run_after(organisation: Organisation, days: int) -> FinishedRun:
    organisation.account.now += timedelta(days=days)
    return organisation.run()


def _refuse_chat(digest: ModuleType, chat: ChatChannel) -> None:
    """Let SNS refuse what the handler publishes to the chat topic."""

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if chat.topic_arn in str(params["body"]):
            raise client_error("Publish", "AuthorizationError")

    digest._sns.meta.events.register_first("before-call.sns.Publish", refuse)  # noqa: SLF001


def test_each_digest_has_one_chat_message_and_a_run_without_a_digest_none(
    organisation: Organisation, chat: ChatChannel
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.create_key("bob", age=400, account_id=SECOND)
    runs = [_run_after(organisation, days) for days in (0, 1, 5)]
    assert [len(each.messages) for each in runs] == [1, 0, 1]
    assert len(organisation.account.messages) == 2
    titles = [message["subject"].partition(": ")[2] for message in organisation.account.messages]
    assert chat.titles == titles
    assert titles[0] == "4 of 4 accounts, 2 notices"


def test_the_message_names_the_account_of_each_key(
    organisation: Organisation, chat: ChatChannel
) -> None:
    key_id = organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.run()
    [message] = chat.messages
    line = message["content"]["description"].splitlines()[-1]
    assert line.startswith(f"- NOTICE: alice {key_id}, in account {FIRST}, ")
    assert message["metadata"]["threadId"] == f"key-rotation-{ORGANIZATION_ID}-2026-W48"


def test_the_chat_message_comes_after_the_run_has_ended(
    organisation: Organisation, chat: ChatChannel
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    ended: list[bool] = []

    def look() -> None:
        current = organisation.hub.run
        ended.append(bool(current and current.ended))

    with interleaved(organisation.account, PUBLISH, look, nth=1):
        organisation.run()
    assert ended == [True]
    assert len(chat.messages) == 1


def test_a_digest_step_that_is_tried_again_publishes_no_second_chat_message(
    organisation: Organisation, chat: ChatChannel, digest: ModuleType
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    answer = organisation.run().answer
    assert invoke(digest, {"run_id": answer["run_id"], "mode": "enforce"}) == answer
    assert len(chat.messages) == 1


@pytest.mark.parametrize(("when", "arrived"), [("before", 0), ("after", 1)])
def test_a_digest_step_killed_at_its_chat_message_never_publishes_it_again(
    organisation: Organisation,
    chat: ChatChannel,
    digest: ModuleType,
    when: str,
    arrived: int,
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    account = organisation.account
    with (
        failing_call(account, PUBLISH, KilledError(), when=when, only_for=chat.topic_arn),
        pytest.raises(KilledError),
    ):
        organisation.run()
    current = organisation.hub.run
    assert current
    assert invoke(digest, {"run_id": current.run_id, "mode": "enforce"})["messages"] == 1
    _run_after(organisation, 1)
    assert (len(account.messages), len(chat.messages)) == (1, arrived)


def test_a_chat_message_that_fails_undoes_nothing_and_the_next_digest_says_so_once(
    organisation: Organisation, chat: ChatChannel
) -> None:
    key_id = organisation.create_key("alice", age=400, account_id=FIRST)
    with refused(organisation.account, PUBLISH, only_for=chat.topic_arn):
        failed = organisation.run()
    assert failed.answer["messages"] == 1
    assert failed.chat_failure.startswith("2026-11-24: SNS did not accept the chat message (")
    assert organisation.hub.runs.read_state().chat_failure == failed.chat_failure
    _run_after(organisation, 6)
    _run_after(organisation, 1)
    assert organisation.status(key_id, FIRST) == "Inactive"
    first, second, third = organisation.account.messages
    assert FAILED not in first["text"] + third["text"]
    assert FAILED in second["text"]
    assert second["data"]["chat_failed"] == failed.chat_failure
    assert "chat_failed" not in first["data"] | third["data"]
    assert organisation.hub.runs.read_state().chat_failure == ""
    assert len(chat.messages) == 2


def test_a_failure_stays_to_be_told_where_a_digest_was_refused(
    organisation: Organisation, chat: ChatChannel
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    account = organisation.account
    with refused(account, PUBLISH, only_for=chat.topic_arn):
        organisation.run()
    with (
        refused(account, PUBLISH, only_for=account.environment.topic_arn),
        pytest.raises(PublishError),
    ):
        _run_after(organisation, 6)
    organisation.publish()
    assert FAILED in account.messages[-1]["text"]


def test_a_report_run_that_a_person_starts_publishes_none(
    organisation: Organisation, chat: ChatChannel
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    assert organisation.run({"mode": "report"}).answer["noticed"] == 1
    assert (organisation.account.messages, chat.messages) == ([], [])


def test_a_run_whose_first_step_failed_is_in_the_chat_once_a_day(
    organisation: Organisation, chat: ChatChannel, digest: ModuleType
) -> None:
    assert invoke(digest, STOPPED) == {"published": True}
    assert invoke(digest, STOPPED) == {"published": False}
    assert chat.titles == ["STOPPED: InvalidSettings"]
    assert "mode is \uff1coff\uff1e." in chat.messages[0]["content"]["description"]
    assert len(organisation.account.messages) == 1


def test_a_stopped_run_whose_chat_message_failed_is_told_by_the_next_digest(
    organisation: Organisation, chat: ChatChannel, digest: ModuleType
) -> None:
    _refuse_chat(digest, chat)
    assert invoke(digest, STOPPED) == {"published": True}
    organisation.create_key("alice", age=400, account_id=FIRST)
    [message] = organisation.run().messages
    assert FAILED in message["text"]
    assert json.dumps(message["data"]).count("chat_failed") == 1
    assert len(chat.messages) == 1


def test_the_digest_step_publishes_to_the_chat_topic_and_logs_a_failure(
    organisation: Organisation,
    chat: ChatChannel,
    digest: ModuleType,
    caplog: pytest.LogCaptureFixture,
) -> None:
    users = {FIRST: "alice", SECOND: "bob"}
    for account_id, user in users.items():
        organisation.create_key(user, age=400, account_id=account_id)
        arn = organisation.hub.start()
        prepared = organisation.hub.prepare(arn=arn)
        for row in prepared.rows:
            organisation.run_in_account(row)
        invoke(digest, {"run_id": prepared.run.run_id, "mode": "enforce"})
        organisation.hub.stop(arn)
        _refuse_chat(digest, chat)
    assert len(chat.messages) == 1
    assert caplog.messages.count("chat_failed") == 1
