"""The deployed function, asked by people, at a bad time, twice at once, or killed in between."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.demo.people import People
from local.demo.story import LISTENER
from local.emulator.account import LocalAccount
from local.emulator.records import Mail
from tests.local.conftest import AccountFactory
from tests.local.proxy import proxy_to

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
STALE = timedelta(days=400)
DEFAULTS = {"notice-days": "7", "max-age-days": "90", "grace-days": "30", "mode": "enforce"}


@pytest.fixture(scope="module")
def people(account_factory: AccountFactory, synthesised: Path) -> Iterator[People]:
    """Deploy the stack into an account of its own."""
    with account_factory(START) as account:
        account.deploy(synthesised)
        yield People(account)


@pytest.fixture
def key(people: People, request: pytest.FixtureRequest) -> Iterator[str]:
    """Make a stale key for one test, which removes it afterwards; its label is its user."""
    name = request.node.name.partition("[")[0][5:65]
    people.account.create_user(name)
    people.make_key(name, created=people.account.now - STALE)
    yield name
    if people.ids[name] in people.statuses():
        people.delete(name)
    del people.ids[name]
    people.account.client("iam").delete_user(UserName=name)


@contextmanager
def _edited(people: People, parameter: str, value: str) -> Iterator[None]:
    people.edit(parameter, value)
    yield
    people.edit(parameter, DEFAULTS[parameter])


def _listed(answer: dict[str, Any], key_id: str) -> list[str]:
    return [
        section
        for section, entries in answer.items()
        if isinstance(entries, list)
        and any(isinstance(e, dict) and e["access_key_id"] == key_id for e in entries)
    ]


def _error(account: LocalAccount, event: dict[str, Any]) -> dict[str, Any]:
    invocation = account.invoke(event)
    assert invocation.error is not None, invocation.answer
    return dict(invocation.error)


def _mails_listing(account: LocalAccount, key_id: str, section: str) -> list[Mail]:
    return [
        mail
        for mail in account.outbox()
        if section in _listed(json.loads(mail.bodies["sqs"]), key_id)
    ]


# --- what may be asked


def test_a_person_may_start_a_run_by_hand(people: People, key: str) -> None:
    assert _listed(people.account.invoke({}).answer, people.ids[key]) == ["noticed"]


def test_a_report_run_says_what_would_be_and_changes_nothing(people: People, key: str) -> None:
    with _edited(people, "notice-days", "0"):
        answer = people.account.invoke({"mode": "report"}).answer
        assert answer["mode"] == "report"
        assert _listed(answer, people.ids[key]) == ["deactivated"]
        assert people.statuses()[people.ids[key]] == "Active"
        assert "WOULD BE DEACTIVATED" in people.account.outbox()[-1].text


def test_a_notice_of_report_mode_is_none(people: People, key: str) -> None:
    with _edited(people, "mode", "report"):
        people.account.invoke({})
    people.account.move_clock(to=people.account.now + timedelta(days=8))
    answers = [run.answer for run in people.account.invocations()[-8:]]
    (due,) = [e["due"] for e in answers[0]["noticed"] if e["access_key_id"] == people.ids[key]]
    assert due == (people.account.now.date() + timedelta(days=0)).isoformat()


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
def test_an_event_can_make_a_run_weaker_and_nothing_else(
    people: People, key: str, event: dict[str, Any], named: str
) -> None:
    with _edited(people, "notice-days", "0"):
        error = _error(people.account, event)
    assert error["errorType"] == "InvalidEventError"
    assert named in error["errorMessage"]
    assert people.statuses()[people.ids[key]] == "Active"


# --- what stops a run


@pytest.mark.parametrize(
    ("parameter", "value", "accepted"),
    [
        ("max-age-days", "ninety", "a whole number from 1 to 1095"),
        ("notice-days", "90", "less than max-age-days"),
        ("grace-days", "0", "a whole number from 1 to 365"),
        ("mode", "Enforce", "enforce or report"),
    ],
)
def test_a_bad_parameter_stops_the_run_and_is_told(
    people: People, key: str, parameter: str, value: str, accepted: str
) -> None:
    with _edited(people, parameter, value):
        error = _error(people.account, {})
    assert error["errorType"] == "InvalidSettingsError"
    for part in (f"/key-rotation/{parameter}", repr(value), accepted):
        assert part in error["errorMessage"]
    assert people.statuses()[people.ids[key]] == "Active"
    mail = people.account.outbox()[-1]
    assert "STOPPED" in mail.subject
    assert f"/key-rotation/{parameter}" in mail.text


def test_where_nobody_listens_nothing_is_recorded_and_the_run_raises(
    people: People, key: str
) -> None:
    account = people.account
    account.set_confirmed(LISTENER, confirmed=False)
    error = _error(account, {})
    account.set_confirmed(LISTENER, confirmed=True)
    assert error["errorType"] == "NoSubscriberError"
    assert people.statuses()[people.ids[key]] == "Active"
    assert _listed(account.invoke({}).answer, people.ids[key]) == ["noticed"]


# --- what survives


def test_two_runs_at_once_act_once_and_say_it_once(people: People, key: str) -> None:
    account, key_id = people.account, people.ids[key]
    runs = len(account.invocations())
    with _edited(people, "notice-days", "0"), ThreadPoolExecutor() as two:
        list(two.map(account.invoke, [{}, {"scheduled_time": "now"}]))
    answers = [each.answer for each in account.invocations()[runs:]]
    assert len(answers) == 2
    assert [_listed(a, key_id) for a in answers].count(["deactivated"]) == 1
    assert len(_mails_listing(account, key_id, "deactivated")) == 1


def test_a_run_killed_right_after_a_change_is_finished_by_the_next(
    people: People, key: str
) -> None:
    account, key_id = people.account, people.ids[key]

    def kill(body: bytes) -> None:
        if b"Action=UpdateAccessKey" in body:
            assert account.kill_functions() == 1

    with _edited(people, "notice-days", "0"):
        with proxy_to(account.endpoint, kill) as url:
            account.send_function_through(url)
            error = _error(account, {})
            account.send_function_through(None)
        assert error["errorType"] == "Runtime.ExitError"
        assert people.statuses()[key_id] == "Inactive"
        assert _mails_listing(account, key_id, "deactivated") == []
        answer = account.invoke({}).answer
    (entry,) = [e for e in answer["deactivated"] if e["access_key_id"] == key_id]
    assert entry["due"] == (account.now.date() + timedelta(days=30)).isoformat()
    assert len(_mails_listing(account, key_id, "deactivated")) == 1


# --- who hears it


def test_a_queue_that_subscribes_gets_the_facts_as_json(people: People, key: str) -> None:
    account, topic = people.account, people.account.use()["TopicArn"]
    sqs, url, arn = account.client("sqs"), *_queue_for(account, topic)
    account.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    account.invoke({})
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    noticed = json.loads(message["Body"])["noticed"]
    assert people.ids[key] in {each["access_key_id"] for each in noticed}


def _queue_for(account: LocalAccount, topic: str) -> tuple[str, str]:
    """Make a queue that takes what the topic sends, and tell its URL and ARN."""
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
