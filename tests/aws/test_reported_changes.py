"""Promise 6: the digest reports a change only if it happened and was made by this tool."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from key_rotation.errors import PublishError
from key_rotation.reporting.metrics import run_metrics
from tests.aws.aws_account import AwsAccount
from tests.aws.due_keys import a_key_to_deactivate, a_key_to_delete
from tests.aws.faults import client_error, failing_call, on_event, refused, response_lost

UPDATE_KEY = "iam.UpdateAccessKey"
DELETE_KEY = "iam.DeleteAccessKey"
LIST_KEYS = "iam.ListAccessKeys"
PAUSE_CHANGES = {"max_changes_per_run": "0"}
CHANGES = pytest.mark.parametrize(
    ("create_due_key", "call", "section"),
    [(a_key_to_deactivate, UPDATE_KEY, "deactivated"), (a_key_to_delete, DELETE_KEY, "deleted")],
)


@CHANGES
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


@CHANGES
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


@CHANGES
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
    return run_metrics(account.run_for_part())[f"Keys{section.title()}"]


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
