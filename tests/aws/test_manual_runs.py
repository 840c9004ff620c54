"""Promise 11: a manual invocation can make a run weaker, never stronger."""

import threading
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.adapters import lease
from key_rotation.adapters.ledger_items import OWN_ACCOUNT
from key_rotation.domain.model import Scan
from key_rotation.errors import InvalidEventError, RunInProgressError
from key_rotation.reporting.metrics import run_metrics
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import altered_response


def test_a_person_can_ask_for_a_report_while_the_settings_enforce(account: AwsAccount) -> None:
    """It changes nothing, and does not count as an enforcing run."""
    key_id = account.create_key("alice", age=90)
    account.put_parameters(notice_days="0")
    report = account.run_for_report({"mode": "report"})
    assert [outcome.dry_run for outcome in report.outcomes] == [True]
    assert run_metrics(report)["RunCompleted"] == 0
    assert account.status(key_id) == "Active"
    assert len(account.run()["deactivated"]) == 1


def test_a_person_cannot_ask_for_more_than_the_settings_allow(account: AwsAccount) -> None:
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
def test_an_event_that_is_not_understood_runs_nothing(
    account: AwsAccount, event: dict[str, str]
) -> None:
    account.create_key("alice", age=400)
    with pytest.raises(InvalidEventError):
        account.run(event)
    assert (account.messages, account.items("RUN"), account.items("WATCH")) == ([], [], [])


def test_a_report_asked_for_by_hand_hides_nothing_from_the_next_run(account: AwsAccount) -> None:
    """The notice is still given, the reminder still comes."""
    account.create_key("alice", age=83)
    account.run({"mode": "report"})
    assert len(account.run()["noticed"]) == 1
    account.run_after(5)
    account.now += timedelta(days=1)
    messages = len(account.messages)
    account.run({"mode": "report"})
    account.run()
    assert account.messages[messages:]
    assert account.messages[-1]["subject"].endswith(": 1 due tomorrow")


def a_report_run(account: AwsAccount) -> AbstractContextManager[lease.Lease]:
    """The lease of a run in report mode that a person started."""
    holder = lease.Holder("a report", report=True)
    table, options = account.clients.table, account.lease_options
    return lease.acquire(table, OWN_ACCOUNT, holder, account.clock, options)


def test_the_days_run_waits_for_a_report_asked_for_by_hand(
    account: AwsAccount,
) -> None:
    """It does not leave the day's work to a run that does none of it."""
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


def test_a_report_that_goes_on_too_long_is_not_waited_for(
    account: AwsAccount,
) -> None:
    account.in_real_time(
        heartbeat_interval=0.02, timeout=0.04, poll_interval=0.05, report_run_timeout=0.3
    )
    with (
        a_report_run(account),
        pytest.raises(RunInProgressError, match="a report"),
    ):
        account.run()


def test_a_report_asked_for_by_hand_uses_up_no_sweep(account: AwsAccount) -> None:
    """What only a sweep finds gets its notice, though a person looks each day before the run."""
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


def test_report_mode_sweeps_once_a_week_too(account: AwsAccount) -> None:
    account.create_key("alice", age=5)
    account.put_parameters(mode="report")
    scans = []
    for _ in range(9):
        scans.append(account.run_for_report().part.inventory.scan)
        account.now += timedelta(days=1)
    assert [day for day, scan in enumerate(scans) if scan is Scan.FULL] == [0, 7]


def test_a_day_that_a_report_told_holds(account: AwsAccount) -> None:
    """The thresholds were raised, a report told the later day, and they were put back."""
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
