"""The function as Lambda calls it: its response, errors, metrics, log and continuations."""

import importlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from key_rotation.adapters import lease
from key_rotation.adapters.ledger_items import OWN_ACCOUNT
from key_rotation.errors import (
    ContinuationError,
    InvalidEventError,
    InvalidSettingsError,
    LedgerError,
    NoListenerError,
)
from key_rotation.invocation import read_optional
from key_rotation.service_layer import inventory
from tests.aws.aws_account import AwsAccount
from tests.aws.chat import open_chat
from tests.aws.faults import client_error, refused
from tests.unit.builders import METRIC_NAMES

Handler = Callable[..., dict[str, Any]]


@dataclass
class Context:
    """The context of an invocation; `minutes` are left of 15."""

    minutes: list[float] = field(default_factory=lambda: [15])
    function_name: str = "enforcer"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:enforcer"
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))

    def get_remaining_time_in_millis(self) -> int:
        """Return the next of `minutes`, and the last one again and again."""
        left = self.minutes.pop(0) if len(self.minutes) > 1 else self.minutes[0]
        return int(left * 60_000)


@pytest.fixture
def handler_module(
    account: AwsAccount,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[ModuleType]:
    """Import the handler again, as a cold start does, with the clients of the account."""
    capsys.readouterr()  # opens the stream first: the logger keeps the one that it finds
    for name, value in {
        "ACCOUNT_ID": account.environment.account_id,
        "TOPIC_ARN": account.environment.topic_arn,
        "PARAMETER_PATH": account.environment.parameter_path,
        "TABLE_NAME": account.clients.table.name,
        "LONGEST_GAP_HOURS": "24",
        "TIMEZONE": "UTC",
        "POWERTOOLS_SERVICE_NAME": request.node.name,  # one logger each
        "POWERTOOLS_METRICS_NAMESPACE": "KeyRotation",
    }.items():
        monkeypatch.setenv(name, value)
    sys.modules.pop("key_rotation.handler", None)
    handler = importlib.import_module("key_rotation.handler")
    monkeypatch.setattr(handler, "_member", account.clients.member)
    monkeypatch.setattr(handler, "_deployment", account.clients.deployment)
    yield handler
    sys.modules.pop("key_rotation.handler", None)


@pytest.fixture
def handler(handler_module: ModuleType, account: AwsAccount) -> Handler:
    """Return a function that invokes the handler at the account's time."""

    def call(event: object = None, context: Context | None = None) -> dict[str, Any]:
        with time_machine.travel(account.now, tick=False):
            response: dict[str, Any] = handler_module.handler(
                {} if event is None else event, context or Context()
            )
            return response

    return call


@pytest.fixture
def continuations(account: AwsAccount) -> Iterator[list[dict[str, Any]]]:
    """Record the events that the function sends itself, instead of sending them."""
    payloads: list[dict[str, Any]] = []

    def record_invocation(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        assert "/functions/enforcer/" in params["url"]
        assert params["headers"]["X-Amz-Invocation-Type"] == "Event"
        payloads.append(json.loads(params["body"]))
        return AWSResponse(params["url"], 202, HTTPHeaders(), None), {"StatusCode": 202}

    events: Any = account.clients.functions.meta.events
    events.register_first("before-call.lambda.Invoke", record_invocation)
    yield payloads
    events.unregister("before-call.lambda.Invoke", record_invocation)


def emitted_metrics(output: str) -> dict[str, float]:
    """Return the metrics of the last run in the log."""
    documents = [json.loads(line) for line in output.splitlines() if '"_aws"' in line]
    names = [metric["Name"] for metric in documents[-1]["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
    assert documents[-1]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "KeyRotation"
    return {name: documents[-1][name][0] for name in names}


def test_a_run_returns_its_summary_and_emits_every_metric(
    handler: Handler, account: AwsAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    account.create_key("alice", age=84)
    account.create_key("bob", age=10)
    response = handler({"scheduled_time": "2026-11-24T09:00:00Z"})
    assert [entry["user"] for entry in response["noticed"]] == ["alice"]
    assert emitted_metrics(capsys.readouterr().out) == dict.fromkeys(METRIC_NAMES, 0) | {
        "ActiveKeys": 2,
        "KeysNoticed": 1,
        "OldestActiveKeyAge": 84,
        "RunCompleted": 1,
    }


@pytest.mark.parametrize(
    "event", [{"mode": "enforce"}, {"force": True}, {"mode": None}, [], "report", 7]
)
def test_an_event_with_anything_else_is_an_error_and_changes_nothing(
    handler: Handler, account: AwsAccount, event: object
) -> None:
    """Promise 11: an invocation can make a run weaker, never stronger."""
    account.create_key("alice", age=400)
    with pytest.raises(InvalidEventError, match="The event"):
        handler(event)
    assert account.items("RUN") == []


def test_a_stopped_run_is_reported_once_a_day_for_each_cause(
    handler: Handler, account: AwsAccount
) -> None:
    """Lambda retries twice; one message is published."""
    account.put_parameters(grace_days="soon")
    for _ in range(3):
        with pytest.raises(InvalidSettingsError, match=r"/key-rotation/grace-days .*'soon'"):
            handler()
    assert [message["subject"] for message in account.messages] == [
        "[key-rotation] 123456789012: STOPPED: InvalidSettings"
    ]
    assert "/key-rotation/grace-days" in account.messages[0]["text"]
    assert "Nothing was changed." in " ".join(account.messages[0]["text"].split())
    account.put_parameters(grace_days="30")
    handler()
    account.put_parameters(grace_days="soon")
    with pytest.raises(InvalidSettingsError):
        handler()
    assert len(account.messages) == 2


def test_the_error_that_stops_a_run_is_raised_even_if_it_cannot_be_published(
    handler: Handler, account: AwsAccount
) -> None:
    account.put_parameters(grace_days="soon")
    with refused(account, "sns.Publish"), pytest.raises(InvalidSettingsError):
        handler()
    with refused(account, "dynamodb.GetItem"), pytest.raises(LedgerError, match="ledger"):
        handler()


def test_a_run_without_a_subscriber_is_an_error(handler: Handler, account: AwsAccount) -> None:
    """Promise 1: without a subscriber no key is noticed or deactivated."""
    account.create_key("alice", age=400)
    arn = account.clients.sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"]
    account.clients.sns.unsubscribe(SubscriptionArn=arn)
    with pytest.raises(NoListenerError):
        handler()


def test_a_run_beside_another_run_does_nothing_and_names_it(
    handler: Handler, account: AwsAccount
) -> None:
    """Promise 5: of two concurrent runs one acts."""
    account.in_real_time(heartbeat_interval=0.005)
    account.create_key("alice", age=400)
    holder, options = lease.Holder("the other run"), account.lease_options
    with lease.acquire(account.clients.table, OWN_ACCOUNT, holder, account.clock, options):
        response = handler()
    assert response["left_to"] == "the other run"
    assert all(response[name] == [] for name in ("noticed", "deactivated", "deleted", "failed"))


def test_a_manual_report_run_emits_run_completed_zero(
    handler: Handler, capsys: pytest.CaptureFixture[str]
) -> None:
    """Promise 10: the alarm on missing runs must not be masked by a report run."""
    handler({"mode": "report"})
    assert emitted_metrics(capsys.readouterr().out)["RunCompleted"] == 0


def test_a_skipped_or_stopped_run_emits_no_metrics(
    handler: Handler, account: AwsAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    """Promise 10: neither shows that rotation is enforced."""
    account.in_real_time(heartbeat_interval=0.005)
    holder, options = lease.Holder("the other run"), account.lease_options
    with lease.acquire(account.clients.table, OWN_ACCOUNT, holder, account.clock, options):
        handler()
    account.put_parameters(grace_days="soon")
    with pytest.raises(InvalidSettingsError):
        handler()
    assert '"_aws"' not in capsys.readouterr().out


def test_a_run_short_of_time_invokes_its_next_part(
    handler: Handler,
    account: AwsAccount,
    continuations: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(inventory, "BATCH_SIZE", 2)
    keys = {account.create_key(f"user{n}", age=400) for n in range(5)}
    noticed = [handler({}, Context([15, 7]))["noticed"]]
    assert "RunCompleted" not in emitted_metrics(capsys.readouterr().out)
    while continuations:
        noticed.append(handler(continuations.pop(), Context([15, 7]))["noticed"])
    key_ids = [entry["access_key_id"] for part in noticed for entry in part]
    assert len(noticed) == 3
    assert sorted(key_ids) == sorted(keys)
    assert emitted_metrics(capsys.readouterr().out)["RunCompleted"] == 1
    assert len(account.messages) == 3


def test_the_parts_of_a_run_share_one_limit_of_changes(
    handler: Handler,
    account: AwsAccount,
    continuations: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Promise 4: at most max-changes-per-run, oldest first."""
    monkeypatch.setattr(inventory, "BATCH_SIZE", 2)
    keys = [account.create_key(f"user{n}", age=400 - n) for n in range(5)]
    handler()
    account.put_parameters(max_changes_per_run="3")
    account.now = account.now.replace(month=12, day=1)
    handler({}, Context([15, 7]))
    while continuations:
        handler(continuations.pop(), Context([15, 7]))
    assert [account.status(key_id) for key_id in keys] == ["Inactive"] * 3 + ["Active"] * 2


@pytest.mark.parametrize("seconds", [[15, 15], [15, 7]])
def test_a_report_run_between_two_parts_does_not_end_the_run(
    handler: Handler,
    account: AwsAccount,
    continuations: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    seconds: list[float],
) -> None:
    """Nor does a report run of several parts; each part is run once."""
    monkeypatch.setattr(inventory, "BATCH_SIZE", 2)
    keys = {account.create_key(f"user{n}", age=400) for n in range(5)}
    noticed = handler({}, Context([15, 7]))["noticed"]
    part = continuations.pop()
    handler({"mode": "report"}, Context([*seconds]))
    while continuations:
        handler(continuations.pop(), Context([15, 15]))
    noticed += handler(part, Context([15, 15]))["noticed"]
    assert sorted(entry["access_key_id"] for entry in noticed) == sorted(keys)
    assert handler(part)["mode"] is None


def test_a_part_that_died_before_it_invoked_the_next_one_runs_again_and_invokes_it(
    handler: Handler,
    account: AwsAccount,
    continuations: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Promise 5: Lambda retries it, with the same event and the same id."""
    monkeypatch.setattr(inventory, "BATCH_SIZE", 2)
    keys = {account.create_key(f"user{n}", age=400) for n in range(7)}
    noticed = handler({}, Context([15, 7]))["noticed"]
    second = continuations.pop()

    handler(second, Context([15, 7]))
    continuations.clear()
    handler(second, Context([15, 7]))
    while continuations:
        noticed += handler(continuations.pop(), Context([15, 15]))["noticed"]
    listed = {entry["access_key_id"] for entry in noticed}
    listed |= {e["access_key_id"] for m in account.messages for e in m["data"].get("noticed", [])}
    assert listed == keys
    assert sum(len(m["data"].get("noticed", [])) for m in account.messages) == len(keys)
    assert handler(second)["mode"] is None


def test_a_run_that_cannot_continue_raises_an_error_with_the_number_of_unread_users(
    handler: Handler, account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "BATCH_SIZE", 2)
    for n in range(5):
        account.create_key(f"user{n}", age=400)
    events = account.clients.functions.meta.events

    def fail(**_: Any) -> None:
        raise client_error("Invoke", "TooManyRequestsException")

    events.register_first("before-call.lambda.Invoke", fail)
    try:
        with pytest.raises(ContinuationError, match="users left for the next run: 3"):
            handler({}, Context([15, 7]))
    finally:
        events.unregister("before-call.lambda.Invoke", fail)


def test_the_log_contains_no_secret_and_no_text_can_forge_a_line(
    handler: Handler, handler_module: ModuleType, account: AwsAccount
) -> None:
    """Promise 9: of people it contains only user names, key ids and tags."""
    log = io.StringIO()
    handler_module.log.registered_handler.stream = log
    account.put_parameters(exemptions="alice # line\tone")
    key_id = account.create_key("alice", age=400)
    handler()
    lines = log.getvalue().splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert any(key_id in line for line in lines)
    assert not any("SecretAccessKey" in line for line in lines)


@pytest.mark.parametrize("bad_setting", ["90", "soon"], ids=["digest", "stopped"])
def test_a_chat_message_that_fails_is_in_the_log_with_its_reason(
    handler: Handler,
    handler_module: ModuleType,
    account: AwsAccount,
    monkeypatch: pytest.MonkeyPatch,
    bad_setting: str,
) -> None:
    log = io.StringIO()
    handler_module.log.registered_handler.stream = log
    chat = open_chat(account)
    monkeypatch.setattr(handler_module, "_chat_topic_arn", chat.topic_arn)
    account.put_parameters(max_age_days=bad_setting)
    account.create_key("alice", age=400)
    with (
        refused(account, "sns.Publish", only_for=chat.topic_arn),
        nullcontext() if bad_setting == "90" else pytest.raises(InvalidSettingsError),
    ):
        handler()
    events = [json.loads(line) for line in log.getvalue().splitlines()]
    [failed] = [event for event in events if event["message"] == "chat_failed"]
    assert failed["level"] == "ERROR"
    assert "SNS did not accept the chat message" in failed["why"]


@pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
def test_a_deployment_without_chat_has_no_variable_for_it(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("CHAT_TOPIC_ARN", raising=False)
    else:
        monkeypatch.setenv("CHAT_TOPIC_ARN", value)
    assert read_optional(("CHAT_TOPIC_ARN",)) == {}
    monkeypatch.setenv("CHAT_TOPIC_ARN", "arn:chat")
    assert read_optional(("CHAT_TOPIC_ARN",)) == {"CHAT_TOPIC_ARN": "arn:chat"}
