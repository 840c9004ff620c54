"""Promise 10: each alarm's condition is made true, and made false, by what really happened.

The emulator evaluates no alarms. Their definitions are taken from the deployed stack and held, by
CloudWatch's documented rules (tests/local/alarms.py), against the metrics that the function wrote
into its log, the errors of its invocations and the depth of the dead-letter queue.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.demo.people import People
from local.demo.story import LISTENER
from local.emulator.account import LocalAccount
from tests.local.alarms import Alarm, Datum, depth, emitted, errors
from tests.local.conftest import AccountFactory
from tests.local.microburst import FaultProxy, faults_before

START = datetime(2026, 6, 1, 6, tzinfo=UTC)
"""Some hours before the schedule's first run: the clock runs while the stack is deployed."""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALARMS = ("Errors", "KeysFailed", "ApproximateNumberOfMessagesVisible", "RunCompleted")


@pytest.fixture(scope="module")
def people(account_factory: AccountFactory, synthesised: Path) -> Iterator[People]:
    """Deploy the stack into an account of its own, where somebody has a stale key."""
    with account_factory(START) as account:
        account.deploy(synthesised)
        account.hasten_function(20)
        people = People(account)
        account.create_user("carol")
        people.make_key("carol", created=START - timedelta(days=400))
        yield people


@pytest.fixture
def account(people: People) -> LocalAccount:
    """The account alone, some minutes before the schedule's run."""
    now = people.account.now
    early = now.replace(hour=8, minute=50, second=0, microsecond=0)
    people.account.move_clock(to=early if now <= early else early + timedelta(days=1))
    return people.account


@pytest.fixture(scope="module")
def wire(people: People) -> Iterator[FaultProxy]:
    """Put microburst in front of the account."""
    with faults_before(people.account.endpoint) as proxy:
        yield proxy


def _alarm(account: LocalAccount, metric: str) -> Alarm:
    found: list[Any] = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert sorted(each["MetricName"] for each in found) == sorted(ALARMS)
    return next(Alarm(each) for each in found if each["MetricName"] == metric)


def _dead_letters(account: LocalAccount) -> tuple[str, str, int]:
    """Tell the URL of the dead-letter queue, its name, and how many messages wait in it."""
    sqs = account.client("sqs")
    (url,) = (url for url in sqs.list_queues()["QueueUrls"] if "DeadLetters" in url)
    wanted: Any = ["ApproximateNumberOfMessages"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    return url, url.rsplit("/", 1)[-1], int(found["ApproximateNumberOfMessages"])


def _data(account: LocalAccount) -> list[Datum]:
    """Everything that CloudWatch would know by now."""
    _, queue, messages = _dead_letters(account)
    runs = account.invocations()
    return [*emitted(runs), *errors(runs), depth(queue, messages, account.now)]


def _ringing(account: LocalAccount) -> set[str]:
    data, now = _data(account), account.now
    return {name for name in ALARMS if _alarm(account, name).rings(data, at=now)}


def _to_nine(account: LocalAccount) -> None:
    account.move_clock(to=account.now.replace(hour=9, minute=0, second=1))


def test_before_the_first_run_silence_rings_and_after_it_none_does(account: LocalAccount) -> None:
    assert _ringing(account) == {"RunCompleted"}
    _to_nine(account)
    assert [run.error for run in account.invocations()] == [None]
    assert _ringing(account) == set()


def test_silence_rings_when_no_run_finished_for_26_hours_and_not_before(
    account: LocalAccount,
) -> None:
    _to_nine(account)
    alarm, data = _alarm(account, "RunCompleted"), emitted(account.invocations())
    last = max(datum.at for datum in data)
    assert not alarm.rings(data, at=last + 26 * HOUR - MINUTE)
    assert alarm.rings(data, at=last + 26 * HOUR)


def test_silence_rings_though_runs_end_that_could_not_read_a_user(
    account: LocalAccount, wire: FaultProxy
) -> None:
    """Such a run is not one that looked at everybody; its failed keys ring as well."""
    wire.set([_refused("ListAccessKeys")])
    account.send_function_through(wire.url)
    _to_nine(account)
    account.send_function_through(None)
    (run,) = (each for each in account.invocations() if account.now - each.at < HOUR)
    assert run.error is None
    assert [each["user"] for each in run.answer["failed"]] == ["carol"]
    completed = [datum.value for datum in emitted([run]) if datum.name == "RunCompleted"]
    assert completed == [0]
    assert _ringing(account) == {"KeysFailed"}
    account.move_clock(to=account.now + 3 * HOUR)  # 27 hours after the last good run
    assert _ringing(account) == {"RunCompleted"}


def _refused(operation: str) -> dict[str, Any]:
    return {
        "service": "iam",
        "operation": operation,
        "error": {"code": "AccessDenied", "status": 403},
    }


def test_a_report_run_by_hand_does_not_silence_the_alarm(account: LocalAccount) -> None:
    answer = account.invoke({"mode": "report"})
    completed = [each.value for each in emitted([answer]) if each.name == "RunCompleted"]
    assert completed == [0]


def test_failed_keys_ring_until_a_run_has_none(account: LocalAccount, wire: FaultProxy) -> None:
    wire.set([_refused("ListAccessKeys")])
    account.send_function_through(wire.url)
    account.invoke({})
    account.send_function_through(None)
    assert "KeysFailed" in _ringing(account)
    account.move_clock(to=account.now + timedelta(minutes=6))
    assert "KeysFailed" not in _ringing(account)


def test_an_event_that_is_given_up_rings_twice_and_lands_in_the_dead_letter_queue(
    account: LocalAccount,
) -> None:
    """Nobody listens: the schedule's event fails three times, and then waits for a person."""
    account.set_confirmed(LISTENER, confirmed=False)
    _to_nine(account)
    account.set_confirmed(LISTENER, confirmed=True)
    failed = [each for each in account.invocations() if account.now - each.at < HOUR]
    tries = [each.error["errorType"] for each in failed if each.error]
    assert tries == ["NoSubscriberError"] * 3
    assert emitted([each for each in failed if each.error]) == []
    assert {"Errors", "ApproximateNumberOfMessagesVisible"} <= _ringing(account)

    url, _, messages = _dead_letters(account)
    assert messages == 1
    (letter,) = account.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert "NoSubscriberError" in letter["Body"]
    account.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
    account.move_clock(to=account.now + timedelta(minutes=6))
    assert _ringing(account) & {"Errors", "ApproximateNumberOfMessagesVisible"} == set()


def test_a_good_run_ends_every_alarm(account: LocalAccount) -> None:
    _to_nine(account)
    assert _ringing(account) == set()
