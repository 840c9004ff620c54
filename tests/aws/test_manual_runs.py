"""Promise 11: a manual invocation can make a run weaker, never stronger."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.adapters import lease
from key_rotation.adapters.lease import LeaseOptions
from key_rotation.adapters.ledger_items import OWN_ACCOUNT
from key_rotation.domain.inventory import Scan
from key_rotation.errors import InvalidEventError, RunInProgressError
from key_rotation.reporting.metrics import run_metrics
from tests.aws.aws_account import AwsAccount
from tests.aws.due_keys import a_key_to_deactivate
from tests.aws.faults import altered_response, on_event, refused


def test_a_person_can_start_a_report_run_in_enforce_mode(account: AwsAccount) -> None:
    """It changes nothing, and does not count as a completed run."""
    key_id = account.create_key("alice", age=90)
    account.put_parameters(notice_days="0")
    finished = account.run_for_part({"mode": "report"})
    assert [outcome.dry_run for outcome in finished.report.outcomes] == [True]
    assert run_metrics(finished)["RunCompleted"] == 0
    assert account.status(key_id) == "Active"
    assert len(account.run()["deactivated"]) == 1


def test_a_person_cannot_start_an_enforce_run_in_report_mode(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=90)
    account.put_parameters(mode="report", notice_days="0")
    with pytest.raises(InvalidEventError):
        account.run({"mode": "enforce"})
    response = account.run({})
    assert (response["mode"], len(response["deactivated"])) == ("report", 1)
    assert account.status(key_id) == "Active"


@pytest.mark.parametrize(
    "event",
    [{"mode": "enforce"}, {"max-age-days": "1"}, {"users": ["alice"]}, {"mode": "report", "x": 1}],
)
def test_an_invalid_event_runs_nothing(account: AwsAccount, event: dict[str, str]) -> None:
    account.create_key("alice", age=400)
    with pytest.raises(InvalidEventError):
        account.run(event)
    assert (account.messages, account.items("RUN"), account.items("WATCH")) == ([], [], [])


def test_a_manual_report_run_hides_nothing_from_the_next_run(account: AwsAccount) -> None:
    """The notice and the reminder are still sent."""
    account.create_key("alice", age=83)
    account.run({"mode": "report"})
    assert len(account.run()["noticed"]) == 1
    account.run_after(5)
    account.now += timedelta(days=1)
    messages = len(account.messages)
    account.run({"mode": "report"})
    assert len(account.messages) == messages
    account.run()
    assert account.messages[messages:]
    assert account.messages[-1]["subject"].endswith(": 1 due tomorrow")


def test_a_manual_report_run_in_enforce_mode_sends_no_message(account: AwsAccount) -> None:
    """Its answer has everything; subscribers would take its e-mail for the run of the day."""
    a_key_to_deactivate(account)
    messages = len(account.messages)
    account.put_parameters(grace_days="29", exemptions="caroll")
    response = account.run({"mode": "report"})
    assert (len(response["deactivated"]), len(account.messages)) == (1, messages)


def test_a_manual_report_run_leaves_its_news_to_the_next_run(account: AwsAccount) -> None:
    """Edited settings, failures and exemptions that match nothing are still reported."""
    account.run()
    account.put_parameters(grace_days="29", exemptions="caroll")
    account.create_key("alice", age=10)
    with refused(account, "iam.ListAccessKeys"):
        account.run({"mode": "report"})
        account.run({"mode": "report"})
        account.now += timedelta(days=7)
        account.run({"mode": "report"})
        assert account.messages == []
        account.run()
    subjects = [message["subject"].partition(": ")[2] for message in account.messages]
    assert subjects == ["1 failed, settings changed, exemption matches nothing"]


def test_a_manual_report_run_in_report_mode_sends_a_message_if_something_changed(
    account: AwsAccount,
) -> None:
    """As a scheduled run does."""
    account.put_parameters(mode="report")
    account.create_key("alice", age=83)
    for _ in range(2):
        account.run({"mode": "report"})
    assert len(account.messages) == 1


def a_report_run(account: AwsAccount) -> AbstractContextManager[lease.Lease]:
    """Return the lease of a report run that a person started."""
    holder = lease.Holder("a report", report_only=True)
    table, options = account.clients.table, account.lease_options
    return lease.acquire(table, OWN_ACCOUNT, holder, account.clock, options)


class HeartbeatAtPublish:
    """A heartbeat that is written when SNS has accepted a message."""

    def __init__(self, account: AwsAccount) -> None:
        """Watch the messages of an account."""
        self._events = account.clients.sns.meta.events

    def start(self, beat: Callable[[], bool], _interval: float) -> "HeartbeatAtPublish":
        """Write the heartbeat after each message."""
        self._beat = beat
        self._events.register("after-call.sns.Publish", self._after_publish)
        return self

    def stop(self) -> None:
        """Write no further heartbeat."""
        self._events.unregister("after-call.sns.Publish", self._after_publish)

    def _after_publish(self, **_: Any) -> None:
        self._beat()


def test_the_scheduled_run_waits_for_a_manual_report_run(
    account: AwsAccount,
) -> None:
    """A report run must not replace the run of the day."""
    account.in_real_time(heartbeat_interval=0.02, timeout=0.04, poll_interval=0.05)
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    with a_report_run(account):
        thread = threading.Thread(target=account.run)
        thread.start()
        time.sleep(0.5)
        assert account.status(key_id) == "Active"
    thread.join()
    assert account.status(key_id) == "Inactive"


def test_the_scheduled_run_takes_the_place_of_a_long_report_run(
    account: AwsAccount,
) -> None:
    """It is not lost: it takes the lease over, and the report run ends as one that did nothing."""
    account.in_real_time(
        heartbeat_interval=0.02, timeout=0.06, poll_interval=0.05, report_run_timeout=0.3
    )
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    with a_report_run(account) as report_run:
        report_run.check()
        assert len(account.run()["deactivated"]) == 1
        with pytest.raises(RunInProgressError):
            report_run.check()
    assert account.status(key_id) == "Inactive"


def test_a_report_run_that_lost_its_lease_writes_no_run_state(account: AwsAccount) -> None:
    """What the scheduled run wrote meanwhile stays."""
    account.create_key("alice", age=83)
    account.put_parameters(mode="report")
    account.run()
    [before] = [item for item in account.items("RUN") if item["sk"] == "STATE"]
    account.put_parameters(grace_days="31")

    def take_over(**_: Any) -> None:
        account.clients.table.put_item(
            Item={"pk": "RUN", "sk": "LEASE", "run_id": "the day's run", "beats": 1}
        )

    account.lease_options = LeaseOptions(start_heartbeat=HeartbeatAtPublish(account).start)
    with on_event(account, "before-call.sns.Publish", take_over), pytest.raises(RunInProgressError):
        account.run({"mode": "report"})
    assert before in account.items("RUN")


def test_two_scheduled_runs_that_wait_for_a_report_run_act_once(account: AwsAccount) -> None:
    account.in_real_time(
        heartbeat_interval=0.02, timeout=0.06, poll_interval=0.05, report_run_timeout=0.2
    )
    account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    answers: list[int] = []

    def run_or_leave() -> None:
        try:
            answers.append(len(account.run()["deactivated"]))
        except RunInProgressError:
            answers.append(0)

    with a_report_run(account):
        threads = [threading.Thread(target=run_or_leave) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(answers) == 1


def test_a_manual_report_run_does_not_count_as_the_full_scan(account: AwsAccount) -> None:
    """A key that only a full scan finds is noticed, even if a report run precedes each run."""
    account.create_key("alice", age=400)

    def make_every_key_young(parsed: dict[str, Any]) -> None:
        head, *rows = parsed["Content"].decode().strip().split("\n")
        rotated = head.split(",").index("access_key_1_last_rotated")
        cells = [row.split(",") for row in rows]
        for row in cells:
            row[rotated] = f"{account.now:%Y-%m-%dT%H:%M:%S+00:00}"
        parsed["Content"] = "\n".join([head, *map(",".join, cells)]).encode()

    noticed = []
    with altered_response(account, "iam.GetCredentialReport", make_every_key_young):
        for _ in range(9):
            account.run({"mode": "report"})
            noticed += account.run()["noticed"]
            account.now += timedelta(days=1)
    assert len(noticed) == 1


def test_in_report_mode_a_full_scan_takes_place_once_a_week(account: AwsAccount) -> None:
    account.create_key("alice", age=5)
    account.put_parameters(mode="report")
    scans = []
    for _ in range(9):
        scans.append(account.run_for_report().facts.scan)
        account.now += timedelta(days=1)
    assert [day for day, scan in enumerate(scans) if scan is Scan.FULL] == [0, 7]


def test_a_day_that_a_report_run_announced_is_kept(account: AwsAccount) -> None:
    """The thresholds were raised, a report run announced the later day, and they were restored."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=1)
    account.put_parameters(max_age_days="95", notice_days="14")
    [upcoming] = account.run({"mode": "report"})["upcoming"]
    assert upcoming["due"] == "2026-12-08"
    account.put_parameters(max_age_days="90", notice_days="7")
    assert account.run_after(6)["deactivated"] == []
    assert account.run_after(6)["deactivated"] == []
    assert account.status(key_id) == "Active"
    assert f"{account.now + timedelta(days=1):%Y-%m-%d}" == "2026-12-08"
    assert len(account.run_after(1)["deactivated"]) == 1
