"""The deployed function: invoked by people, stopped by errors, twice at once, and killed."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.demo.actors import Actors
from local.demo.scenario import SUBSCRIBER
from local.emulator.account import LocalAccount
from local.emulator.records import PublishedMessage
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import delete_lease
from tests.local.proxy import proxy_to

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
STALE = timedelta(days=400)
DEFAULTS = {"notice-days": "0", "max-age-days": "90", "grace-days": "30", "mode": "enforce"}


@pytest.fixture(scope="module")
def actors(deployed_account: AccountFactory) -> Iterator[Actors]:
    """Deploy the stack into a new account."""
    with deployed_account(START) as account:
        yield Actors(account)


@pytest.fixture
def key(actors: Actors, request: pytest.FixtureRequest) -> Iterator[str]:
    """Create a stale key for one test, and delete it afterwards. Its label is its user.

    Without notice-days, it is due at once: a run before has seen that edit.
    """
    actors.set_parameter("notice-days", "0")
    assert actors.account.invoke({}).error is None
    name = request.node.name.partition("[")[0][5:65]
    actors.account.create_user(name)
    actors.create_key(name, created=actors.account.now - STALE)
    yield name
    if actors.key_ids[name] in actors.statuses():
        actors.delete(name)
    del actors.key_ids[name]
    actors.account.client("iam").delete_user(UserName=name)


@contextmanager
def _parameter_set_to(actors: Actors, parameter: str, value: str) -> Iterator[None]:
    actors.set_parameter(parameter, value)
    yield
    actors.set_parameter(parameter, DEFAULTS[parameter])


def _listed(answer: dict[str, Any], key_id: str) -> list[str]:
    return [
        section
        for section, entries in answer.items()
        if isinstance(entries, list)
        and any(isinstance(e, dict) and e["access_key_id"] == key_id for e in entries)
    ]


def _invoke_with_error(account: LocalAccount, event: dict[str, Any]) -> dict[str, Any]:
    invocation = account.invoke(event)
    assert invocation.error is not None, invocation.answer
    return dict(invocation.error)


def _messages_listing(account: LocalAccount, key_id: str, section: str) -> list[PublishedMessage]:
    return [
        message
        for message in account.outbox()
        if section in _listed(json.loads(message.bodies["sqs"]), key_id)
    ]


# --- events


def test_a_person_can_start_a_run(actors: Actors, key: str) -> None:
    assert _listed(actors.account.invoke({}).answer, actors.key_ids[key]) == ["deactivated"]


def test_a_report_run_reports_what_it_would_do_and_changes_nothing(
    actors: Actors, key: str
) -> None:
    messages = len(actors.account.outbox())
    answer = actors.account.invoke({"mode": "report"}).answer
    assert answer["mode"] == "report"
    assert _listed(answer, actors.key_ids[key]) == ["deactivated"]
    assert actors.statuses()[actors.key_ids[key]] == "Active"
    assert len(actors.account.outbox()) == messages


def test_report_mode_gives_no_notices(actors: Actors, key: str) -> None:
    with _parameter_set_to(actors, "mode", "report"):
        actors.set_parameter("notice-days", "7")
        actors.account.invoke({})
    actors.account.move_clock(to=actors.account.now + timedelta(days=8))
    answers = [run.answer for run in actors.account.invocations()[-8:]]
    (due,) = [e["due"] for e in answers[0]["noticed"] if e["access_key_id"] == actors.key_ids[key]]
    assert due == (actors.account.now.date() + timedelta(days=0)).isoformat()


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({"mode": "enforce"}, "enforce"),
        ({"mode": "off"}, "off"),
        ({"mode": None}, "None"),
        ({"user": "carol"}, "user"),
        ({"mode": "report", "max_age_days": 1}, "max_age_days"),
        ({"scheduled_time": 5}, "5"),
    ],
)
def test_an_event_can_only_make_a_run_weaker(
    actors: Actors, key: str, event: dict[str, Any], named: str
) -> None:
    with _parameter_set_to(actors, "notice-days", "0"):
        error = _invoke_with_error(actors.account, event)
    assert error["errorType"] == "InvalidEventError"
    assert named in error["errorMessage"]
    assert actors.statuses()[actors.key_ids[key]] == "Active"


# --- errors that stop a run


@pytest.mark.parametrize(
    ("parameter", "value", "accepted"),
    [
        ("max-age-days", "ninety", "a whole number from 1 to 1095"),
        ("notice-days", "90", "less than max-age-days"),
        ("grace-days", "0", "a whole number from 1 to 365"),
        ("mode", "Enforce", "enforce or report"),
    ],
)
def test_an_invalid_parameter_stops_the_run_and_is_reported(
    actors: Actors, key: str, parameter: str, value: str, accepted: str
) -> None:
    name = f"/key-rotation/{parameter}"
    ssm = actors.account.client("ssm")
    ssm.delete_parameter(Name=name)  # made again without its pattern, which rejects most values
    ssm.put_parameter(Name=name, Value="none", Type="String")
    with _parameter_set_to(actors, parameter, value):
        error = _invoke_with_error(actors.account, {})
    assert error["errorType"] == "InvalidSettingsError"
    for part in (f"/key-rotation/{parameter}", repr(value), accepted):
        assert part in error["errorMessage"]
    assert actors.statuses()[actors.key_ids[key]] == "Active"
    message = actors.account.outbox()[-1]
    assert "STOPPED" in message.subject
    assert f"/key-rotation/{parameter}" in message.text


def test_without_a_subscriber_nothing_is_recorded_and_the_run_fails(
    actors: Actors, key: str
) -> None:
    account = actors.account
    account.set_confirmed(SUBSCRIBER, confirmed=False)
    error = _invoke_with_error(account, {})
    account.set_confirmed(SUBSCRIBER, confirmed=True)
    assert error["errorType"] == "NoListenerError"
    assert actors.statuses()[actors.key_ids[key]] == "Active"
    assert _listed(account.invoke({}).answer, actors.key_ids[key]) == ["deactivated"]


# --- concurrent and killed runs


def test_two_runs_at_once_act_once_and_report_it_once(actors: Actors, key: str) -> None:
    account, key_id = actors.account, actors.key_ids[key]
    runs = len(account.invocations())
    with ThreadPoolExecutor() as two:
        list(two.map(account.invoke, [{}, {"scheduled_time": "now"}]))
    answers = [each.answer for each in account.invocations()[runs:]]
    assert len(answers) == 2
    assert [_listed(a, key_id) for a in answers].count(["deactivated"]) == 1
    assert len(_messages_listing(account, key_id, "deactivated")) == 1


def test_the_next_run_completes_a_run_killed_after_a_change(actors: Actors, key: str) -> None:
    account, key_id = actors.account, actors.key_ids[key]

    def kill(body: bytes) -> None:
        if b"Action=UpdateAccessKey" in body:
            assert account.kill_functions() == 1

    with proxy_to(account.endpoint, kill) as url:
        account.send_function_through(url)
        error = _invoke_with_error(account, {})
        account.send_function_through(None)
    assert error["errorType"] == "Runtime.ExitError"
    assert actors.statuses()[key_id] == "Inactive"
    assert _messages_listing(account, key_id, "deactivated") == []
    delete_lease(account)
    answer = account.invoke({}).answer
    (entry,) = [e for e in answer["deactivated"] if e["access_key_id"] == key_id]
    assert entry["due"] == (account.now.date() + timedelta(days=30)).isoformat()
    assert len(_messages_listing(account, key_id, "deactivated")) == 1


# --- subscribers


def test_a_subscribed_queue_receives_the_digest_as_json(actors: Actors, key: str) -> None:
    account, topic = actors.account, actors.account.outputs["TopicArn"]
    sqs, url, arn = account.client("sqs"), *_create_subscribed_queue(account, topic)
    sns, attributes = account.client("sns"), {"RawMessageDelivery": "true"}
    subscription = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )
    account.invoke({})
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    deactivated = json.loads(message["Body"])["deactivated"]
    assert actors.key_ids[key] in {each["access_key_id"] for each in deactivated}


def _create_subscribed_queue(account: LocalAccount, topic: str) -> tuple[str, str]:
    """Create a queue that accepts messages from the topic, and return its URL and ARN."""
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="listener")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": found["Attributes"]["QueueArn"],
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, found["Attributes"]["QueueArn"]
