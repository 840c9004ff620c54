"""Promise 6: what the digest reports happened, and in report mode it is a dry run."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from key_rotation.errors import PublishError
from key_rotation.reporting.metrics import run_metrics
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import client_error, failing_call, on_event, refused, response_lost

UPDATE_KEY = "iam.UpdateAccessKey"
DELETE_KEY = "iam.DeleteAccessKey"
LIST_KEYS = "iam.ListAccessKeys"
PAUSE_CHANGES = {"max_changes_per_run": "0"}


def a_key_to_deactivate(account: AwsAccount) -> str:
    """Return a key that the run of today deactivates."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    return key_id


def a_key_to_delete(account: AwsAccount) -> str:
    """Return a key that the run of today deletes."""
    key_id = a_key_to_deactivate(account)
    account.run()
    account.now += timedelta(days=30)
    return key_id


@pytest.mark.parametrize(
    ("create_due_key", "call", "section"),
    [(a_key_to_deactivate, UPDATE_KEY, "deactivated"), (a_key_to_delete, DELETE_KEY, "deleted")],
)
def test_a_change_whose_response_was_lost_is_read_back_and_reported(
    account: AwsAccount, create_due_key: Callable[[AwsAccount], str], call: str, section: str
) -> None:
    """IAM shows that it took effect."""
    key_id = create_due_key(account)
    with response_lost(account, call):
        response = account.run()
    assert [entry["access_key_id"] for entry in response[section]] == [key_id]
    assert response["failed"] == []
    assert account.messages[-1]["data"][section][0]["access_key_id"] == key_id
    assert account.run()[section] == []


@pytest.mark.parametrize(
    ("create_due_key", "call", "section"),
    [(a_key_to_deactivate, UPDATE_KEY, "deactivated"), (a_key_to_delete, DELETE_KEY, "deleted")],
)
def test_a_change_that_cannot_be_read_back_is_reported_by_the_next_run(
    account: AwsAccount, create_due_key: Callable[[AwsAccount], str], call: str, section: str
) -> None:
    """Until then it is not known whether it took effect."""
    key_id = create_due_key(account)
    throttled = client_error("ListAccessKeys", "Throttling")
    first_read_back = 1 if call == UPDATE_KEY else 2
    with (
        response_lost(account, call),
        failing_call(account, LIST_KEYS, throttled, only_for="alice", since=first_read_back),
    ):
        response = account.run()
    assert response[section] == []
    assert [entry["access_key_id"] for entry in response["failed"]] == [key_id]
    assert section not in account.messages[-1]["data"]
    assert [entry["access_key_id"] for entry in account.run_after(1)[section]] == [key_id]


@pytest.mark.parametrize(
    ("create_due_key", "call", "section"),
    [(a_key_to_deactivate, UPDATE_KEY, "deactivated"), (a_key_to_delete, DELETE_KEY, "deleted")],
)
def test_a_change_that_iam_refused_is_not_reported_as_done(
    account: AwsAccount, create_due_key: Callable[[AwsAccount], str], call: str, section: str
) -> None:
    create_due_key(account)
    with refused(account, call):
        response = account.run()
    assert (response[section], len(response["failed"])) == ([], 1)
    assert section not in account.messages[-1]["data"]
    assert metric_of(account, section) == 1


def owner_deactivates(account: AwsAccount, key_id: str) -> None:
    account.set_status("alice", key_id, "Inactive")


def owner_deletes(account: AwsAccount, key_id: str) -> None:
    account.clients.iam.delete_access_key(UserName="alice", AccessKeyId=key_id)


OWNER_ACTIONS = pytest.mark.parametrize(
    ("create_due_key", "call", "section", "owner_action"),
    [
        (a_key_to_deactivate, UPDATE_KEY, "deactivated", owner_deactivates),
        (a_key_to_delete, DELETE_KEY, "deleted", owner_deletes),
    ],
)


@OWNER_ACTIONS
def test_what_the_owner_does_after_a_refused_change_is_not_reported_as_ours(
    account: AwsAccount,
    create_due_key: Callable[[AwsAccount], str],
    call: str,
    section: str,
    owner_action: Callable[[AwsAccount, str], None],
) -> None:
    """IAM refused the only try, so the intent is cancelled."""
    key_id = create_due_key(account)
    with refused(account, call):
        account.run()
    owner_action(account, key_id)
    for _ in range(40):
        assert account.run()[section] == []
        account.now += timedelta(days=1)


@OWNER_ACTIONS
def test_a_refused_change_that_cannot_be_read_back_is_not_reported_as_ours(
    account: AwsAccount,
    create_due_key: Callable[[AwsAccount], str],
    call: str,
    section: str,
    owner_action: Callable[[AwsAccount, str], None],
) -> None:
    key_id = create_due_key(account)
    throttled = client_error("ListAccessKeys", "Throttling")
    first_read_back = 1 if call == UPDATE_KEY else 2
    with (
        refused(account, call),
        failing_call(account, LIST_KEYS, throttled, only_for="alice", since=first_read_back),
    ):
        account.run()
    owner_action(account, key_id)
    assert account.run()[section] == []


@OWNER_ACTIONS
def test_what_the_owner_does_during_a_refused_change_is_not_reported_as_ours(
    account: AwsAccount,
    create_due_key: Callable[[AwsAccount], str],
    call: str,
    section: str,
    owner_action: Callable[[AwsAccount, str], None],
) -> None:
    key_id = create_due_key(account)

    def owner_acts_and_call_is_refused(**_: Any) -> None:
        backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
        if owner_action is owner_deactivates:
            backend.update_access_key("alice", key_id, "Inactive")
        else:
            backend.delete_access_key(key_id, "alice")
        raise client_error(call.partition(".")[2], "AccessDenied")

    with on_event(account, f"before-call.{call}", owner_acts_and_call_is_refused):
        response = account.run()
    assert response[section] == []
    assert account.run_after(1)[section] == []


@pytest.mark.parametrize(
    ("create_due_key", "call", "section", "owner_action", "parameters"),
    [
        (a_key_to_deactivate, UPDATE_KEY, "deactivated", owner_deactivates, PAUSE_CHANGES),
        (a_key_to_delete, DELETE_KEY, "deleted", owner_deletes, PAUSE_CHANGES),
        (
            a_key_to_delete,
            DELETE_KEY,
            "deleted",
            owner_deletes,
            {"delete_unused_keys": "false"},
        ),
    ],
)
def test_an_intent_that_a_later_run_saw_without_effect_is_cancelled(
    account: AwsAccount,
    create_due_key: Callable[[AwsAccount], str],
    call: str,
    section: str,
    owner_action: Callable[[AwsAccount, str], None],
    parameters: dict[str, str],
) -> None:
    """All tries were throttled; then changes were paused."""
    key_id = create_due_key(account)
    with refused(account, call, "Throttling"):
        account.run()
    account.put_parameters(**parameters)
    account.run_after(1)
    owner_action(account, key_id)
    account.put_parameters(max_changes_per_run="25", delete_unused_keys="true")
    assert account.run_after(1)[section] == []


@OWNER_ACTIONS
def test_a_change_that_may_have_taken_effect_is_reported_as_ours(
    account: AwsAccount,
    create_due_key: Callable[[AwsAccount], str],
    call: str,
    section: str,
    owner_action: Callable[[AwsAccount, str], None],
) -> None:
    """One of several tries may have succeeded: a key that we deactivated must get its window."""
    key_id = create_due_key(account)
    with refused(account, call, "Throttling"):
        account.run()
    owner_action(account, key_id)
    assert [entry["access_key_id"] for entry in account.run()[section]] == [key_id]


def metric_of(account: AwsAccount, section: str) -> int:
    """Return the metric of a section after a run."""
    return run_metrics(account.run_for_report())[f"Keys{section.title()}"]


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_a_key_that_its_owner_deletes_before_its_deactivation_is_closed(
    account: AwsAccount, code: str
) -> None:
    key_id = a_key_to_deactivate(account)

    def owner_deletes_and_call_is_refused(**_: Any) -> None:
        iam_backends[DEFAULT_ACCOUNT_ID]["aws"].delete_access_key(key_id, "alice")
        raise client_error("UpdateAccessKey", code)

    events = account.clients.iam.meta.events
    events.register_first(f"before-call.{UPDATE_KEY}", owner_deletes_and_call_is_refused)
    response = account.run()
    events.unregister(f"before-call.{UPDATE_KEY}", owner_deletes_and_call_is_refused)
    assert (response["deactivated"], response["failed"]) == ([], [])
    assert [entry["access_key_id"] for entry in response["closed"]] == [key_id]
    assert account.history(key_id) == ["notice", "close"]


def test_a_refused_digest_raises_and_is_reported_by_the_next_run(account: AwsAccount) -> None:
    key_id = a_key_to_deactivate(account)
    messages = len(account.messages)
    with refused(account, "sns.Publish", "KMSAccessDenied"), pytest.raises(PublishError):
        account.run()
    assert len(account.messages) == messages
    account.run()
    assert [message["subject"].partition(": ")[2] for message in account.messages[messages:]] == [
        "1 deactivated, 1 due"
    ]
    account.run()
    assert len(account.messages) == messages + 1
    assert account.messages[-1]["data"]["deactivated"][0]["access_key_id"] == key_id


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
    """Neither IAM, nor a watch, nor the history; only the run state is written."""
    create_keys_for_every_action(account)
    items_before = [item for item in all_ledger_items(account) if item["sk"] != "STATE"]
    keys_before = account.iam_keys()
    account.put_parameters(mode="report")
    response = account.run()
    assert [len(response[section]) for section in SECTIONS] == [1] * len(SECTIONS)
    assert response["mode"] == "report"
    assert account.iam_keys() == keys_before
    assert [item for item in all_ledger_items(account) if item["sk"] != "STATE"] == items_before
    message = account.messages[-1]
    assert "REPORT MODE: this run changed nothing." in message["text"]
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


def all_ledger_items(account: AwsAccount) -> list[dict[str, Any]]:
    """Return all items of the ledger."""
    return sorted(account.clients.table.scan()["Items"], key=lambda item: (item["pk"], item["sk"]))


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
    metrics = run_metrics(account.run_for_report({"mode": "report"}))
    assert [metrics[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [0] * 3
    assert (metrics["ActiveKeys"], metrics["StaleKeys"]) == (3, 3)
    metrics = run_metrics(account.run_for_report())
    assert [metrics[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [1] * 3
