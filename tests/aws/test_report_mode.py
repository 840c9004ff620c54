"""Promise 6: report mode reports what enforce mode would do, and changes nothing."""

from datetime import timedelta
from typing import Any

import pytest

from key_rotation.errors import PublishError
from key_rotation.reporting.metrics import run_metrics
from tests.aws.aws_account import AwsAccount
from tests.aws.due_keys import a_key_to_deactivate
from tests.aws.faults import refused


def create_keys_for_every_action(account: AwsAccount) -> None:
    """Create keys for which an enforce run of today takes every action."""
    account.put_parameters(exemptions="frank")
    account.create_key("alice", age=83)
    account.create_key("bob", age=83)
    account.run()
    account.run_after(7)
    account.now += timedelta(days=23)
    account.create_key("carol", age=83)
    closed = account.create_key("dave", age=83)
    account.run()
    account.now += timedelta(days=7)
    account.use_key(
        next(k for k, (user, *_) in account.iam_keys().items() if user == "bob"), account.now
    )
    account.delete_key("dave", closed)
    account.create_key("erin", age=400)
    account.create_key("frank", age=400)
    account.create_key("grace", age=400, status="Inactive")
    account.put_parameters(adopt_inactive_keys="true")


SECTIONS = ("noticed", "deactivated", "deleted", "extended", "adopted", "closed", "exempt")


def test_report_mode_reports_dry_runs_and_changes_nothing(account: AwsAccount) -> None:
    """Neither IAM, nor a watch, nor the history of a key; only that the run took place."""
    create_keys_for_every_action(account)
    items_before = items_of_keys(account)
    keys_before = account.iam_keys()
    account.put_parameters(mode="report")
    response = account.run()
    assert [len(response[section]) for section in SECTIONS] == [1] * len(SECTIONS)
    assert response["mode"] == "report"
    assert account.iam_keys() == keys_before
    assert items_of_keys(account) == items_before
    message = account.messages[-1]
    assert "REPORT MODE since Thu 31 Dec 2026: this run changed nothing." in message["text"]
    assert "1 would be deactivated" in message["subject"]
    assert message["attributes"]["mode"]["Value"] == "report"


def test_report_mode_reports_what_enforce_mode_does(account: AwsAccount) -> None:
    create_keys_for_every_action(account)
    predicted = account.run({"mode": "report"})
    actual = account.run()
    for section in SECTIONS:
        assert [entry["access_key_id"] for entry in actual[section]] == [
            entry["access_key_id"] for entry in predicted[section]
        ]


def items_of_keys(account: AwsAccount) -> list[dict[str, Any]]:
    """Return the watches and the history of keys."""
    of_runs = {"RUN", "RUNS", "POPULATION"}
    items = account.clients.table.scan()["Items"]
    of_keys = [item for item in items if item["pk"] not in of_runs]
    return sorted(of_keys, key=lambda item: (item["pk"], item["sk"]))


def test_report_mode_sends_no_digest_until_something_changes(
    account: AwsAccount,
) -> None:
    account.put_parameters(mode="report")
    account.create_key("alice", age=83)
    for _ in range(3):
        assert len(account.run()["noticed"]) == 1
        account.now += timedelta(days=1)
    assert len(account.messages) == 1
    account.create_key("bob", age=83)
    account.run()
    account.run()
    assert [message["subject"].partition(": ")[2] for message in account.messages] == [
        "1 would be noticed",
        "2 would be noticed",
    ]


def test_report_mode_with_nothing_to_report_sends_no_message(account: AwsAccount) -> None:
    account.put_parameters(mode="report")
    account.create_key("alice", age=10)
    account.run()
    assert account.messages == []


def test_report_mode_reports_unreported_events_as_done(account: AwsAccount) -> None:
    """Once, and not as a dry run."""
    key_id = a_key_to_deactivate(account)
    with refused(account, "sns.Publish", "InternalError"), pytest.raises(PublishError):
        account.run()
    account.put_parameters(mode="report")
    account.run()
    message = account.messages[-1]
    assert message["data"]["deactivated"][0]["access_key_id"] == key_id
    assert "would" not in message["data"]["deactivated"][0]
    messages = len(account.messages)
    account.put_parameters(mode="enforce")
    account.run()
    account.run()
    reported = [message["data"].get("deactivated") for message in account.messages[messages:]]
    assert reported == [None] * len(reported)


def test_metrics_do_not_count_dry_runs(account: AwsAccount) -> None:
    create_keys_for_every_action(account)
    metrics = run_metrics(account.run_for_part({"mode": "report"}))
    assert [metrics[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [0] * 3
    assert (metrics["ActiveKeys"], metrics["StaleKeys"]) == (3, 2)  # one is exempt
    metrics = run_metrics(account.run_for_part())
    assert [metrics[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [1] * 3
