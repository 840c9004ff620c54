"""Promises 3 and 8: an error never permits a change; one failed key does not stop the others."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from key_rotation.errors import (
    InvalidSettingsError,
    LedgerError,
    ListUsersError,
    RunStoppedError,
    SettingsUnreadableError,
)
from key_rotation.reporting.metrics import run_metrics
from tests.aws.aws_account import DEFAULTS, AwsAccount
from tests.aws.faults import altered_response, client_error, failing_call, interleaved, refused
from tests.aws.kept_accounts import kept

LIST_KEYS = "iam.ListAccessKeys"
GET_LAST_USED = "iam.GetAccessKeyLastUsed"
ERROR_CODES = ["Throttling", "AccessDenied", "ServiceFailure", "InternalFailure", "ExpiredToken"]


@kept
def keys_with_due_actions(account: AwsAccount) -> tuple[str, str, str]:
    """Return keys of anna, ben and cleo, to be noticed, deactivated and deleted today."""
    deleted = account.create_key("cleo", age=83)
    account.run()
    account.run_after(7)
    account.now += timedelta(days=23)
    deactivated = account.create_key("ben", age=83)
    account.run()
    account.now += timedelta(days=7)
    return account.create_key("anna", age=83), deactivated, deleted


def is_unchanged(account: AwsAccount, before: dict[str, Any]) -> bool:
    """Return whether IAM and the watches are as they were."""
    return bool(before == keys_and_watches(account))


def keys_and_watches(account: AwsAccount) -> dict[str, Any]:
    """Return the keys in IAM and the watches."""
    return {"iam": account.iam_keys(), "watches": account.items("WATCH")}


def assert_run_stops(
    account: AwsAccount, error: type[RunStoppedError], match: str = "Nothing was changed"
) -> None:
    """Run once, and check that the run stops without a change."""
    before, messages = keys_and_watches(account), len(account.messages)
    with pytest.raises(error, match=match):
        account.run()
    assert is_unchanged(account, before)
    assert len(account.messages) == messages


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_invalid_or_missing_setting_stops_the_run_before_any_change(
    account: AwsAccount, name: str
) -> None:
    """The error names the parameter."""
    keys_with_due_actions(account)
    account.put_parameters(**{name: "not this"})
    assert_run_stops(
        account, InvalidSettingsError, f"/key-rotation/{name} has the (value|line) 'not this'"
    )
    account.clients.ssm.delete_parameter(Name=f"/key-rotation/{name}")
    assert_run_stops(account, InvalidSettingsError, f"/key-rotation/{name} is missing")


@pytest.mark.parametrize("code", ERROR_CODES)
def test_unreadable_settings_stop_the_run_before_any_change(account: AwsAccount, code: str) -> None:
    keys_with_due_actions(account)
    with refused(account, "ssm.GetParameters", code):
        assert_run_stops(account, SettingsUnreadableError)


@pytest.mark.parametrize("code", ERROR_CODES)
def test_a_failed_listing_of_users_stops_the_run_before_any_change(
    account: AwsAccount, code: str
) -> None:
    keys_with_due_actions(account)
    with refused(account, "iam.ListUsers", code):
        assert_run_stops(account, ListUsersError)


@pytest.mark.parametrize("call", ["Query", "GetItem", "PutItem"])
def test_a_ledger_error_stops_the_run_before_any_change(account: AwsAccount, call: str) -> None:
    keys_with_due_actions(account)
    before = keys_and_watches(account)
    with (
        refused(account, f"dynamodb.{call}", "InternalServerError"),
        pytest.raises(LedgerError, match="InternalServerError"),
    ):
        account.run()
    assert is_unchanged(account, before)


def test_a_malformed_run_state_stops_the_run(account: AwsAccount) -> None:
    keys_with_due_actions(account)
    account.clients.table.put_item(Item={"pk": "RUN", "sk": "STATE", "parameters": "all good"})
    assert_run_stops(account, LedgerError, "cannot be read")


@pytest.mark.parametrize("code", ERROR_CODES)
def test_a_user_whose_keys_cannot_be_listed_fails_and_the_others_continue(
    account: AwsAccount, code: str
) -> None:
    """The run is not complete, and the keys of the user are not closed."""
    noticed, deactivated, deleted = keys_with_due_actions(account)
    watch = account.watch(deactivated)
    with refused(account, LIST_KEYS, code, only_for="ben"):
        finished = account.run_for_part()
    assert [
        (o.user_name, o.access_key_id) for o in finished.report.outcomes if o.section == "failed"
    ] == [("ben", None)]
    assert run_metrics(finished)["RunCompleted"] == 1
    assert run_metrics(finished)["KeysFailed"] == 1
    assert account.watch(deactivated) == watch
    assert account.status(deactivated) == "Active"
    assert account.status(deleted) is None
    assert account.history(noticed) == ["notice"]
    assert code in account.messages[-1]["text"]
    assert [entry["access_key_id"] for entry in account.run()["deactivated"]] == [deactivated]


@pytest.mark.parametrize("code", ERROR_CODES)
def test_a_key_whose_last_use_cannot_be_read_fails_and_the_others_continue(
    account: AwsAccount, code: str
) -> None:
    noticed, deactivated, deleted = keys_with_due_actions(account)
    with refused(account, GET_LAST_USED, code, only_for=deleted):
        report = account.run_for_report()
    failed = [o for o in report.outcomes if o.section == "failed"]
    assert [(o.access_key_id, code in o.explanation) for o in failed] == [(deleted, True)]
    assert account.status(deleted) == "Inactive"
    assert account.status(deactivated) == "Inactive"
    assert account.history(noticed) == ["notice"]
    assert account.status(deleted) == "Inactive"


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_an_exempt_key_whose_last_use_cannot_be_read_is_not_changed(
    account: AwsAccount, code: str
) -> None:
    """Unreadable means neither never used nor not exempt."""
    key_id = account.create_key("alice", age=400)
    account.put_parameters(exemptions="alice", notice_days="0")
    with refused(account, GET_LAST_USED, code):
        response = account.run()
    assert response["deactivated"] == []
    assert len(response["failed"]) + len(response["exempt"]) == 1
    assert account.status(key_id) == "Active"


UNREADABLE_WATCHES = {
    "an older schema": {"schema": 0},
    "a newer schema": {"schema": 4},
    "no schema": {"schema": None},
    "an unknown state": {"state": {"kind": "deletable"}},
    "no state": {"state": None},
    "an instant without a time zone": {"created": "2026-09-01T00:00:00"},
    "an unknown field": {"force": True},
    "a field of an older version": {"deactivated_at": "2026-09-01"},
}


@pytest.mark.parametrize("change", UNREADABLE_WATCHES.values(), ids=UNREADABLE_WATCHES)
def test_a_key_with_an_unreadable_watch_fails_and_the_others_continue(
    account: AwsAccount, change: dict[str, Any]
) -> None:
    """It is neither new, nor missing, nor due."""
    noticed, deactivated, deleted = keys_with_due_actions(account)
    item = (account.watch(deleted) or {}) | change
    account.clients.table.put_item(Item=item)
    response = account.run()
    assert [(entry["user"], entry["access_key_id"]) for entry in response["failed"]] == [
        ("cleo", deleted)
    ]
    assert (account.status(deleted), account.status(deactivated)) == ("Inactive", "Inactive")
    assert account.watch(deleted) == item
    assert account.history(noticed) == ["notice"]
    account.delete_key("cleo", deleted)
    assert account.run()["closed"] == []


@pytest.mark.parametrize("code", ERROR_CODES)
def test_a_refused_change_fails_and_the_others_continue(account: AwsAccount, code: str) -> None:
    """The next run makes it."""
    noticed, deactivated, deleted = keys_with_due_actions(account)
    with (
        refused(account, "iam.UpdateAccessKey", code),
        refused(account, "iam.DeleteAccessKey", code),
    ):
        response = account.run()
    assert (response["deactivated"], response["deleted"]) == ([], [])
    assert {entry["access_key_id"] for entry in response["failed"]} == {deactivated, deleted}
    assert all(code in entry["reason"] for entry in response["failed"])
    assert (account.status(deactivated), account.status(deleted)) == ("Active", "Inactive")
    assert account.history(noticed) == ["notice"]
    assert "deactivate" not in account.history(deactivated)
    next_response = account.run()
    assert [entry["access_key_id"] for entry in next_response["deactivated"]] == [deactivated]
    assert [entry["access_key_id"] for entry in next_response["deleted"]] == [deleted]


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "AccessDeniedException"]
)
def test_if_the_intent_cannot_be_recorded_iam_is_not_called(account: AwsAccount, code: str) -> None:
    _, deactivated, deleted = keys_with_due_actions(account)
    with (
        refused(account, "dynamodb.TransactWriteItems", code),
        failing_call(account, "iam.UpdateAccessKey", AssertionError("called")),
        failing_call(account, "iam.DeleteAccessKey", AssertionError("called")),
    ):
        response = account.run()
    failed = {entry["access_key_id"] for entry in response["failed"]}
    assert {deactivated, deleted} <= failed
    assert (response["deactivated"], response["deleted"]) == ([], [])
    assert (account.status(deactivated), account.status(deleted)) == ("Active", "Inactive")


def test_a_key_whose_watch_changed_during_the_run_is_not_changed(account: AwsAccount) -> None:
    """Each write is conditional on the version that was read."""
    _, deactivated, _ = keys_with_due_actions(account)
    item = account.watch(deactivated) or {}

    def change() -> None:
        account.clients.table.put_item(Item=item | {"version": item["version"] + 5})

    with interleaved(account, "iam.ListUsers", change):
        response = account.run()
    assert account.status(deactivated) == "Active"
    assert [entry["access_key_id"] for entry in response["failed"]] == [deactivated]


def test_a_missing_connection_stops_the_run_before_any_change(account: AwsAccount) -> None:
    keys_with_due_actions(account)
    with failing_call(
        account, "iam.ListUsers", EndpointConnectionError(endpoint_url="https://iam")
    ):
        assert_run_stops(account, ListUsersError)


def test_a_response_without_a_required_field_is_an_error(account: AwsAccount) -> None:
    """IAM does not send one; a proxy might."""
    noticed, deactivated, deleted = keys_with_due_actions(account)

    with altered_response(account, LIST_KEYS, dict.clear):
        response = account.run()
    assert {entry["user"] for entry in response["failed"]} == {"anna", "ben", "cleo"}
    assert response["closed"] == []
    assert (account.status(deactivated), account.status(deleted)) == ("Active", "Inactive")
    assert account.history(noticed) == []


def test_errors_of_single_keys_are_counted_every_day_and_reported_once(account: AwsAccount) -> None:
    account.create_key("alice", age=83)
    error = client_error("ListAccessKeys", "AccessDenied")
    with failing_call(account, LIST_KEYS, error):
        assert run_metrics(account.run_for_part())["KeysFailed"] == 1
        account.now += timedelta(days=1)
        assert run_metrics(account.run_for_part())["KeysFailed"] == 1
    severities = [message["attributes"]["severity"]["Value"] for message in account.messages]
    assert severities == ["error"]
