"""Promise 6: what people are told did happen, and in report mode only would."""

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
    """A key that the run of today deactivates."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    return key_id


def a_key_to_delete(account: AwsAccount) -> str:
    """A key that the run of today deletes."""
    key_id = a_key_to_deactivate(account)
    account.run()
    account.now += timedelta(days=30)
    return key_id


@pytest.mark.parametrize(
    ("create_due_key", "call", "section"),
    [(a_key_to_deactivate, UPDATE_KEY, "deactivated"), (a_key_to_delete, DELETE_KEY, "deleted")],
)
def test_a_change_whose_answer_was_lost_is_read_back_and_claimed(
    account: AwsAccount, create_due_key: Callable[[AwsAccount], str], call: str, section: str
) -> None:
    """It happened; IAM shows it."""
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
def test_a_change_that_cannot_be_read_back_is_not_claimed_until_it_is_seen(
    account: AwsAccount, create_due_key: Callable[[AwsAccount], str], call: str, section: str
) -> None:
    """Nobody knows whether it happened: the next run looks."""
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
def test_a_change_that_iam_refused_is_not_claimed(
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
def test_what_the_owner_does_after_a_refused_change_is_not_claimed(
    account: AwsAccount,
    create_due_key: Callable[[AwsAccount], str],
    call: str,
    section: str,
    owner_action: Callable[[AwsAccount, str], None],
) -> None:
    """IAM refused the only try, so the intent is taken back."""
    key_id = create_due_key(account)
    with refused(account, call):
        account.run()
    owner_action(account, key_id)
    for _ in range(40):
        assert account.run()[section] == []
        account.now += timedelta(days=1)


@OWNER_ACTIONS
def test_what_iam_refused_is_not_claimed_though_nobody_could_read_it_back(
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
def test_what_the_owner_did_while_iam_refused_it_is_not_claimed(
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
def test_an_intent_that_a_later_run_saw_come_to_nothing_claims_nothing(
    account: AwsAccount,
    create_due_key: Callable[[AwsAccount], str],
    call: str,
    section: str,
    owner_action: Callable[[AwsAccount, str], None],
    parameters: dict[str, str],
) -> None:
    """Its tries were throttled to the end; then the changes were paused."""
    key_id = create_due_key(account)
    with refused(account, call, "Throttling"):
        account.run()
    account.put_parameters(**parameters)
    account.run_after(1)
    owner_action(account, key_id)
    account.put_parameters(max_changes_per_run="25", delete_unused_keys="true")
    assert account.run_after(1)[section] == []


@OWNER_ACTIONS
def test_a_change_that_may_have_come_after_all_is_taken_for_our_own(
    account: AwsAccount,
    create_due_key: Callable[[AwsAccount], str],
    call: str,
    section: str,
    owner_action: Callable[[AwsAccount, str], None],
) -> None:
    """One of several tries may have worked: a key that we cut must not lack its window."""
    key_id = create_due_key(account)
    with refused(account, call, "Throttling"):
        account.run()
    owner_action(account, key_id)
    assert [entry["access_key_id"] for entry in account.run()[section]] == [key_id]


def metric_of(account: AwsAccount, section: str) -> int:
    """What the metric of a section counts in a run of now."""
    return run_metrics(account.run_for_report())[f"Keys{section.title()}"]


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_a_key_gone_when_it_is_deactivated_is_closed_and_not_claimed(
    account: AwsAccount, code: str
) -> None:
    """Its owner was quicker."""
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


def test_what_sns_did_not_take_raises_and_is_told_by_the_next_run(account: AwsAccount) -> None:
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
    """Keys for which an enforcing run of today would do everything there is."""
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


def test_report_mode_says_what_would_be_and_changes_nothing(account: AwsAccount) -> None:
    """Neither IAM nor a watch nor the history; only what the run itself must know."""
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
    assert "REPORT MODE: nothing was changed." in message["text"]
    assert "1 would be deactivated" in message["subject"]
    assert message["attributes"]["mode"]["Value"] == "report"


def test_what_report_mode_says_is_what_enforce_mode_does(account: AwsAccount) -> None:
    create_keys_for_every_action(account)
    predicted = account.run({"mode": "report"})
    actual = account.run()
    for section in SECTIONS:
        assert [entry["access_key_id"] for entry in actual[section]] == [
            entry["access_key_id"] for entry in predicted[section]
        ]


def all_ledger_items(account: AwsAccount) -> list[dict[str, Any]]:
    """The whole ledger."""
    return sorted(account.clients.table.scan()["Items"], key=lambda item: (item["pk"], item["sk"]))


def test_report_mode_repeats_no_digest_until_there_is_something_else_to_say(
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


def test_report_mode_with_nothing_to_say_sends_nothing(account: AwsAccount) -> None:
    account.put_parameters(mode="report")
    account.create_key("alice", age=10)
    account.run()
    assert account.messages == []


def test_report_mode_tells_what_an_earlier_run_did_as_done(account: AwsAccount) -> None:
    """Once; it is no *would*."""
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


def test_metrics_count_nothing_that_only_would_have_happened(account: AwsAccount) -> None:
    create_keys_for_every_action(account)
    metrics = run_metrics(account.run_for_report({"mode": "report"}))
    assert [metrics[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [0] * 3
    assert (metrics["ActiveKeys"], metrics["StaleKeys"]) == (3, 3)
    metrics = run_metrics(account.run_for_report())
    assert [metrics[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [1] * 3
