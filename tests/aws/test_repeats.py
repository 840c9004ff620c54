"""Promise 5: a repeated or concurrent run acts once, reports once and forgets nothing.

`test_crashes` shows that a run can die at any call.
"""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.adapters.lease import LeaseOptions
from key_rotation.errors import LeaseLostError, PublishError, RunInProgressError
from tests.aws.aws_account import AwsAccount
from tests.aws.due_keys import a_key_to_deactivate
from tests.aws.faults import interleaved, refused, response_lost

TRANSACT_WRITE = "dynamodb.TransactWriteItems"
LEASE_KEY = {"pk": "RUN", "sk": "LEASE"}


def test_a_run_repeated_immediately_changes_and_reports_nothing(account: AwsAccount) -> None:
    a_key_to_deactivate(account)
    account.run()
    before = (account.iam_keys(), account.items("WATCH"), len(account.messages))
    account.run()
    assert (account.iam_keys(), account.items("WATCH"), len(account.messages)) == before


def test_two_concurrent_runs_act_once_and_report_once(
    account: AwsAccount,
) -> None:
    """The second finds the first in progress, and does nothing."""
    account.in_real_time(heartbeat_interval=0.005, timeout=10, poll_interval=0.01)
    keys = [account.create_key(f"user{n}", age=400 - n) for n in range(3)]
    account.run()
    account.now += timedelta(days=7)
    messages = len(account.messages)
    endings: Counter[str] = Counter()
    start = threading.Barrier(2)

    def a_run() -> None:
        start.wait()
        try:
            account.run()
            endings["through"] += 1
        except RunInProgressError:
            endings["left"] += 1

    threads = [threading.Thread(target=a_run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert endings["through"] >= 1
    assert endings.total() == 2
    assert [account.history(key_id) for key_id in keys] == [["notice", "deactivate"]] * 3
    counts = Counter(
        entry["access_key_id"]
        for message in account.messages[messages:]
        for entry in message["data"].get("deactivated", ())
    )
    assert counts == dict.fromkeys(keys, 1)


def test_a_run_beside_another_run_ends_before_it_reads_anything(
    account: AwsAccount,
) -> None:
    """The heartbeat of the other run changes."""
    key_id = a_key_to_deactivate(account)
    table = account.clients.table
    numbers = iter(range(1000))

    def beat(**_: Any) -> None:
        table.meta.client.meta.events.unregister("before-call.dynamodb.GetItem", beat)
        table.put_item(Item={**LEASE_KEY, "run_id": "run-x", "beats": next(numbers)})
        table.meta.client.meta.events.register_first("before-call.dynamodb.GetItem", beat)

    beat()
    try:
        with (
            refused(account, "ssm.GetParameters"),
            pytest.raises(RunInProgressError, match="run-x"),
        ):
            account.run()
    finally:
        table.meta.client.meta.events.unregister("before-call.dynamodb.GetItem", beat)
    assert account.status(key_id) == "Active"


def test_a_lease_whose_heartbeat_has_stopped_is_taken_over(account: AwsAccount) -> None:
    """A run that was killed blocks the next one for seconds only."""
    key_id = a_key_to_deactivate(account)
    account.clients.table.put_item(Item={**LEASE_KEY, "run_id": "killed run", "beats": 7})
    assert len(account.run()["deactivated"]) == 1
    assert account.status(key_id) == "Inactive"
    assert [item["sk"] for item in account.items("RUN")] == ["STATE"]


@pytest.mark.parametrize(
    ("call", "when", "status"),
    [
        ("iam.ListUsers", "before", "Active"),
        (TRANSACT_WRITE, "after", "Active"),
        ("iam.ListAccountAliases", "after", "Inactive"),
    ],
    ids=["while it reads", "after it recorded its intents", "before it publishes"],
)
def test_a_run_that_lost_its_lease_changes_and_publishes_nothing_more(
    account: AwsAccount, call: str, when: str, status: str
) -> None:
    """It wrote no heartbeat for too long, and another run took over."""
    heartbeats: list[Callable[[], bool]] = []

    class ManualHeartbeat:
        def __init__(self, beat: Callable[[], bool], _: float) -> None:
            heartbeats.append(beat)

        def stop(self) -> None:
            heartbeats.clear()

    account.lease_options = LeaseOptions(start_heartbeat=ManualHeartbeat)
    key_id = a_key_to_deactivate(account)
    messages = len(account.messages)

    def take_over() -> None:
        account.clients.table.put_item(Item={**LEASE_KEY, "run_id": "another run", "beats": 1})
        assert not heartbeats[0]()

    with interleaved(account, call, take_over, when=when), pytest.raises(LeaseLostError):
        account.run()
    assert account.status(key_id) == status
    assert len(account.messages) == messages
    leases = [item["run_id"] for item in account.items("RUN") if item["sk"] == "LEASE"]
    assert leases == ["another run"]


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_a_record_whose_response_was_lost_is_read_back(account: AwsAccount, nth: int) -> None:
    """The intent, the outcome and the report: each counts as written if it was."""
    key_id = a_key_to_deactivate(account)
    with response_lost(account, TRANSACT_WRITE, nth=nth):
        response = account.run()
    assert (len(response["deactivated"]), response["failed"]) == (1, [])
    assert account.history(key_id) == ["notice", "deactivate"]
    assert account.run()["deactivated"] == []


def test_a_notice_whose_record_lost_its_response_is_read_back(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=83)
    with response_lost(account, TRANSACT_WRITE):
        response = account.run()
    assert (len(response["noticed"]), response["failed"]) == (1, [])
    assert account.history(key_id) == ["notice"]


def test_an_unrecorded_deactivation_is_finished_and_reported_by_the_next_run(
    account: AwsAccount,
) -> None:
    """The window starts with the record, so it is no shorter."""
    key_id = a_key_to_deactivate(account)
    with refused(account, TRANSACT_WRITE, "InternalServerError", since=1):
        first = account.run()
    assert (first["deactivated"], len(first["failed"])) == ([], 1)
    assert account.status(key_id) == "Inactive"
    assert "could not deactivate" not in first["failed"][0]["reason"]
    [finished] = account.run_after(1)["deactivated"]
    assert finished["due"] == f"{account.now + timedelta(days=30):%Y-%m-%d}"
    assert account.run_after(29)["deleted"] == []
    assert len(account.run_after(1)["deleted"]) == 1
    assert account.history(key_id) == ["notice", "deactivate", "delete"]


def test_an_unrecorded_deletion_is_finished_and_reported_by_the_next_run(
    account: AwsAccount,
) -> None:
    key_id = a_key_to_deactivate(account)
    account.run()
    account.now += timedelta(days=30)
    with refused(account, TRANSACT_WRITE, "InternalServerError", since=1):
        first = account.run()
    assert (first["deleted"], len(first["failed"])) == ([], 1)
    assert account.status(key_id) is None
    assert "could not delete" not in first["failed"][0]["reason"]
    assert [entry["access_key_id"] for entry in account.run_after(1)["deleted"]] == [key_id]
    assert account.run_after(1)["deleted"] == []
    assert account.history(key_id) == ["notice", "deactivate", "delete"]


def test_an_unreported_deactivation_is_reported_by_the_next_run(account: AwsAccount) -> None:
    """Once, with the time at which it happened."""
    key_id = a_key_to_deactivate(account)
    with (
        refused(account, "sns.Publish", "InternalError"),
        pytest.raises(PublishError, match="SNS did"),
    ):
        account.run()
    assert account.status(key_id) == "Inactive"
    [counts] = account.run_after(1)["deactivated"]
    assert counts["access_key_id"] == key_id
    assert (
        "done 2026-12-01 09:00 UTC by an earlier run whose e-mail was not"
        in account.messages[-1]["text"]
    )
    assert account.run_after(1)["deactivated"] == []


def test_an_unreported_deletion_is_reported_by_the_next_run(account: AwsAccount) -> None:
    key_id = a_key_to_deactivate(account)
    account.run()
    account.now += timedelta(days=30)
    with (
        refused(account, "sns.Publish", "InternalError"),
        pytest.raises(PublishError, match="SNS did"),
    ):
        account.run()
    assert account.status(key_id) is None
    assert [entry["access_key_id"] for entry in account.run_after(1)["deleted"]] == [key_id]
    assert account.watch(key_id) is None
    assert account.run_after(1)["deleted"] == []


def test_the_history_only_grows_and_gives_action_reason_time_and_run(
    account: AwsAccount,
) -> None:
    """The auditor finds the events of a key after the key and its watch were deleted."""
    key_id = account.create_key("alice", age=83)
    history: list[dict[str, Any]] = []
    for days in (0, 7, 10, 30, 1):
        account.run_after(days)
        if days == 10:
            account.use_key(key_id, account.now - timedelta(days=1))
            account.run()
        items = account.items(f"HISTORY#{key_id}")
        assert items[: len(history)] == history
        history = items
    assert [
        (item["action"], item["reason"], item["at"][:10], item["run_id"]) for item in history
    ] == [
        ("notice", "STALE", "2026-11-24", "run-1"),
        ("deactivate", "NOTICE_OVER", "2026-12-01", "run-2"),
        ("extend", "USED_IN_WINDOW", "2026-12-11", "run-4"),
        ("delete", "UNUSED", "2027-01-10", "run-5"),
    ]
    assert account.watch(key_id) is None
    assert all(item["user"] == "alice" for item in history)


def test_every_watch_names_the_run_that_wrote_it(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    watch = account.watch(key_id)
    assert watch is not None
    assert watch["written_by"] == "run-1"
