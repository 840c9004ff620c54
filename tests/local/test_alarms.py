"""Promise 10: each alarm goes on and off as documented, for metrics of real runs.

The emulator evaluates no alarms. These tests evaluate the alarms of the deployed stack by
CloudWatch's documented rules (tests/local/alarms.py), with the metrics in the function's log, the
errors of its invocations and the depth of the dead-letter queue.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.demo.actors import Actors
from local.demo.scenario import SUBSCRIBER
from local.emulator.account import LocalAccount
from tests.local.alarms import Alarm, MetricDatum, embedded_metrics, error_metrics, queue_depth
from tests.local.conftest import AccountFactory
from tests.local.microburst import FaultProxy, fault_proxy

START = datetime(2026, 6, 1, 6, tzinfo=UTC)
"""Some hours before the first scheduled run, since the clock ticks while the stack is deployed."""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALARMS = ("Errors", "KeysFailed", "ApproximateNumberOfMessagesVisible", "RunCompleted")


@pytest.fixture(scope="module")
def actors(deployed_account: AccountFactory) -> Iterator[Actors]:
    """Deploy the stack into a new account, with a user who has a stale key."""
    with deployed_account(START) as account:
        account.speed_up_sleep(20)
        actors = Actors(account)
        account.create_user("carol")
        actors.create_key("carol", created=START - timedelta(days=400))
        actors.set_parameter("notice-days", "80")  # the key is only noticed in these tests
        yield actors


@pytest.fixture(scope="module")
def alarms_at_first_run(actors: Actors) -> tuple[set[str], set[str]]:
    """Run the schedule for the first time; return the alarms that are on before and after it."""
    before = _in_alarm(actors.account)
    _run_schedule(actors.account)
    assert [run.error for run in actors.account.invocations()] == [None]
    return before, _in_alarm(actors.account)


@pytest.fixture
def account(actors: Actors, alarms_at_first_run: tuple[set[str], set[str]]) -> LocalAccount:
    """The account, some minutes before the scheduled run of the day after a successful run."""
    assert alarms_at_first_run
    account = actors.account
    _run_schedule(account)
    account.move_clock(to=account.now + timedelta(days=1) - 10 * MINUTE)
    return account


@pytest.fixture(scope="module")
def proxy(actors: Actors) -> Iterator[FaultProxy]:
    """Start microburst in front of the account."""
    with fault_proxy(actors.account.endpoint) as proxy:
        yield proxy


def _alarm(account: LocalAccount, metric: str) -> Alarm:
    found: list[Any] = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert sorted(each["MetricName"] for each in found) == sorted(ALARMS)
    return next(Alarm(each) for each in found if each["MetricName"] == metric)


def _dead_letters(account: LocalAccount) -> tuple[str, str, int]:
    """Return the URL and the name of the dead-letter queue, and its number of messages."""
    sqs = account.client("sqs")
    (url,) = (url for url in sqs.list_queues()["QueueUrls"] if "DeadLetters" in url)
    wanted: Any = ["ApproximateNumberOfMessages"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    return url, url.rsplit("/", 1)[-1], int(found["ApproximateNumberOfMessages"])


def _data(account: LocalAccount) -> list[MetricDatum]:
    """Return all metric data so far."""
    _, queue, messages = _dead_letters(account)
    runs = account.invocations()
    return [
        *embedded_metrics(runs),
        *error_metrics(runs),
        queue_depth(queue, messages, account.now),
    ]


def _in_alarm(account: LocalAccount) -> set[str]:
    data, now = _data(account), account.now
    return {name for name in ALARMS if _alarm(account, name).is_in_alarm(data, at=now)}


def _run_schedule(account: LocalAccount) -> None:
    """Move the clock to the next scheduled run."""
    due = account.now.replace(hour=9, minute=0, second=1)
    account.move_clock(to=due if account.now < due else due + timedelta(days=1))


def test_the_no_run_alarm_is_on_before_the_first_run_and_off_after_it(
    alarms_at_first_run: tuple[set[str], set[str]],
) -> None:
    assert alarms_at_first_run == ({"RunCompleted"}, set())


def test_the_no_run_alarm_goes_on_26_hours_after_the_last_finished_run(
    account: LocalAccount,
) -> None:
    _run_schedule(account)
    alarm, data = _alarm(account, "RunCompleted"), embedded_metrics(account.invocations())
    last = max(datum.at for datum in data)
    assert not alarm.is_in_alarm(data, at=last + 26 * HOUR - MINUTE)
    assert alarm.is_in_alarm(data, at=last + 26 * HOUR)


def test_a_user_who_cannot_be_read_sets_off_the_failed_keys_alarm_only(
    account: LocalAccount, proxy: FaultProxy
) -> None:
    """The run came to its end: one unreadable user never masks the alarm on missing runs."""
    proxy.set_rules([_access_denied("ListAccessKeys")])
    account.send_function_through(proxy.url)
    _run_schedule(account)
    account.send_function_through(None)
    (run,) = (each for each in account.invocations() if account.now - each.at < HOUR)
    assert run.error is None
    assert [each["user"] for each in run.answer["failed"]] == ["carol"]
    completed = [datum.value for datum in embedded_metrics([run]) if datum.name == "RunCompleted"]
    assert completed == [1]
    assert _in_alarm(account) == {"KeysFailed"}


def _access_denied(operation: str) -> dict[str, Any]:
    return {
        "service": "iam",
        "operation": operation,
        "error": {"code": "AccessDenied", "status": 403},
    }


def test_a_manual_report_run_does_not_prevent_the_no_run_alarm(account: LocalAccount) -> None:
    answer = account.invoke({"mode": "report"})
    completed = [each.value for each in embedded_metrics([answer]) if each.name == "RunCompleted"]
    assert completed == [0]


def test_the_failed_keys_alarm_is_on_until_a_period_has_no_failed_keys(
    account: LocalAccount, proxy: FaultProxy
) -> None:
    proxy.set_rules([_access_denied("ListAccessKeys")])
    account.send_function_through(proxy.url)
    account.invoke({})
    account.send_function_through(None)
    assert "KeysFailed" in _in_alarm(account)
    account.move_clock(to=account.now + timedelta(minutes=6))
    assert "KeysFailed" not in _in_alarm(account)


def test_an_event_that_fails_three_times_is_in_the_dead_letter_queue_and_two_alarms_are_on(
    account: LocalAccount,
) -> None:
    """Without a subscriber, each of the three attempts fails."""
    account.set_confirmed(SUBSCRIBER, confirmed=False)
    _run_schedule(account)
    account.set_confirmed(SUBSCRIBER, confirmed=True)
    failed = [each for each in account.invocations() if account.now - each.at < HOUR]
    tries = [each.error["errorType"] for each in failed if each.error]
    assert tries == ["NoListenerError"] * 3
    assert embedded_metrics([each for each in failed if each.error]) == []
    assert {"Errors", "ApproximateNumberOfMessagesVisible"} <= _in_alarm(account)

    url, _, messages = _dead_letters(account)
    assert messages == 1
    (letter,) = account.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert "NoListenerError" in letter["Body"]
    account.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
    account.move_clock(to=account.now + timedelta(minutes=6))
    assert _in_alarm(account) & {"Errors", "ApproximateNumberOfMessagesVisible"} == set()


def test_a_successful_run_turns_all_alarms_off(account: LocalAccount) -> None:
    _run_schedule(account)
    assert _in_alarm(account) == set()
