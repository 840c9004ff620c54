"""Promises 3 and 8: an error never reads as permission, and one key's error stops no other."""

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
from tests.aws.faults import answered, fault, meanwhile, refusal, refused

LISTED = "iam.ListAccessKeys"
LAST_USED = "iam.GetAccessKeyLastUsed"
CODES = ["Throttling", "AccessDenied", "ServiceFailure", "InternalFailure", "ExpiredToken"]


def due_keys(account: AwsAccount) -> tuple[str, str, str]:
    """Keys that the run of today notices, deactivates and deletes, of anna, ben and cleo."""
    deleted = account.key("cleo", age=83)
    account.run()
    account.after(7)
    account.now += timedelta(days=23)
    deactivated = account.key("ben", age=83)
    account.run()
    account.now += timedelta(days=7)
    return account.key("anna", age=83), deactivated, deleted


def untouched(account: AwsAccount, before: dict[str, Any]) -> bool:
    """Whether IAM and the watches are as they were."""
    return bool(before == remembered(account))


def remembered(account: AwsAccount) -> dict[str, Any]:
    """IAM and the watches."""
    return {"iam": account.iam(), "watches": account.items("WATCH")}


def stopped(
    account: AwsAccount, error: type[RunStoppedError], match: str = "Nothing was changed"
) -> None:
    """Run, and see it stop without a change."""
    before, mails = remembered(account), len(account.mails)
    with pytest.raises(error, match=match):
        account.run()
    assert untouched(account, before)
    assert len(account.mails) == mails


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_setting_that_is_bad_or_missing_stops_the_run_before_any_change(
    account: AwsAccount, name: str
) -> None:
    """And the error names it."""
    due_keys(account)
    account.put(**{name: "not this"})
    stopped(account, InvalidSettingsError, f"/key-rotation/{name} has the (value|line) 'not this'")
    account.clients.ssm.delete_parameter(Name=f"/key-rotation/{name}")
    stopped(account, InvalidSettingsError, f"/key-rotation/{name} is missing")


@pytest.mark.parametrize("code", CODES)
def test_settings_that_cannot_be_read_stop_the_run_before_any_change(
    account: AwsAccount, code: str
) -> None:
    due_keys(account)
    with refused(account, "ssm.GetParameters", code):
        stopped(account, SettingsUnreadableError)


@pytest.mark.parametrize("code", CODES)
def test_a_listing_of_users_that_fails_stops_the_run_before_any_change(
    account: AwsAccount, code: str
) -> None:
    due_keys(account)
    with refused(account, "iam.ListUsers", code):
        stopped(account, ListUsersError)


@pytest.mark.parametrize("call", ["Query", "GetItem", "PutItem"])
def test_a_ledger_that_does_not_answer_stops_the_run_before_any_change(
    account: AwsAccount, call: str
) -> None:
    due_keys(account)
    before = remembered(account)
    with (
        refused(account, f"dynamodb.{call}", "InternalServerError"),
        pytest.raises(LedgerError, match="InternalServerError"),
    ):
        account.run()
    assert untouched(account, before)


def test_a_state_of_the_run_that_cannot_be_understood_stops_the_run(account: AwsAccount) -> None:
    due_keys(account)
    account.clients.table.put_item(Item={"pk": "RUN", "sk": "STATE", "parameters": "all good"})
    stopped(account, LedgerError, "cannot be read")


@pytest.mark.parametrize("code", CODES)
def test_a_user_whose_keys_cannot_be_listed_is_named_and_the_others_go_on(
    account: AwsAccount, code: str
) -> None:
    """The run does not count as complete, and nobody takes the keys for gone."""
    noticed, deactivated, deleted = due_keys(account)
    watch = account.watch(deactivated)
    with refused(account, LISTED, code, of="ben"):
        report = account.report()
    assert [(o.user_name, o.access_key_id) for o in report.outcomes if o.section == "failed"] == [
        ("ben", None)
    ]
    assert run_metrics(report)["RunCompleted"] == 0
    assert run_metrics(report)["KeysFailed"] == 1
    assert account.watch(deactivated) == watch
    assert account.status(deactivated) == "Active"
    assert account.status(deleted) is None
    assert account.history(noticed) == ["notice"]
    assert code in account.mails[-1]["text"]
    assert [entry["access_key_id"] for entry in account.run()["deactivated"]] == [deactivated]


@pytest.mark.parametrize("code", CODES)
def test_a_key_whose_last_use_cannot_be_read_is_left_alone_and_the_others_go_on(
    account: AwsAccount, code: str
) -> None:
    noticed, deactivated, deleted = due_keys(account)
    with refused(account, LAST_USED, code, of=deleted):
        report = account.report()
    failed = [o for o in report.outcomes if o.section == "failed"]
    assert [(o.access_key_id, code in o.explanation) for o in failed] == [(deleted, True)]
    assert account.status(deleted) == "Inactive"
    assert account.status(deactivated) == "Inactive"
    assert account.history(noticed) == ["notice"]
    assert account.status(deleted) == "Inactive"


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_an_exempt_key_whose_last_use_cannot_be_read_stays_exempt_and_untouched(
    account: AwsAccount, code: str
) -> None:
    """Unreadable is neither never used nor not exempt."""
    key_id = account.key("alice", age=400)
    account.put(exemptions="alice", notice_days="0")
    with refused(account, LAST_USED, code):
        answer = account.run()
    assert answer["deactivated"] == []
    assert len(answer["failed"]) + len(answer["exempt"]) == 1
    assert account.status(key_id) == "Active"


BROKEN = {
    "an older schema": {"schema": 0},
    "a newer schema": {"schema": 3},
    "no schema": {"schema": None},
    "a state that nobody knows": {"state": {"kind": "deletable"}},
    "no state": {"state": None},
    "a naive instant": {"created": "2026-09-01T00:00:00"},
    "a field too many": {"force": True},
    "an older shape": {"deactivated_at": "2026-09-01"},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_key_whose_watch_cannot_be_understood_is_left_alone_and_the_others_go_on(
    account: AwsAccount, change: dict[str, Any]
) -> None:
    """It is neither new, nor gone, nor due."""
    noticed, deactivated, deleted = due_keys(account)
    item = (account.watch(deleted) or {}) | change
    account.clients.table.put_item(Item=item)
    answer = account.run()
    assert [(entry["user"], entry["access_key_id"]) for entry in answer["failed"]] == [
        ("cleo", deleted)
    ]
    assert (account.status(deleted), account.status(deactivated)) == ("Inactive", "Inactive")
    assert account.watch(deleted) == item
    assert account.history(noticed) == ["notice"]
    account.delete("cleo", deleted)
    assert account.run()["closed"] == []


@pytest.mark.parametrize("code", CODES)
def test_a_change_that_iam_refuses_is_no_change_and_the_others_go_on(
    account: AwsAccount, code: str
) -> None:
    """It is named under failed; the next run does it."""
    noticed, deactivated, deleted = due_keys(account)
    with (
        refused(account, "iam.UpdateAccessKey", code),
        refused(account, "iam.DeleteAccessKey", code),
    ):
        answer = account.run()
    assert (answer["deactivated"], answer["deleted"]) == ([], [])
    assert {entry["access_key_id"] for entry in answer["failed"]} == {deactivated, deleted}
    assert all(code in entry["reason"] for entry in answer["failed"])
    assert (account.status(deactivated), account.status(deleted)) == ("Active", "Inactive")
    assert account.history(noticed) == ["notice"]
    assert "deactivate" not in account.history(deactivated)
    again = account.run()
    assert [entry["access_key_id"] for entry in again["deactivated"]] == [deactivated]
    assert [entry["access_key_id"] for entry in again["deleted"]] == [deleted]


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "AccessDeniedException"]
)
def test_where_the_intent_cannot_be_recorded_iam_is_not_asked(
    account: AwsAccount, code: str
) -> None:
    _, deactivated, deleted = due_keys(account)
    with (
        refused(account, "dynamodb.TransactWriteItems", code),
        fault(account, "iam.UpdateAccessKey", AssertionError("asked")),
        fault(account, "iam.DeleteAccessKey", AssertionError("asked")),
    ):
        answer = account.run()
    failed = {entry["access_key_id"] for entry in answer["failed"]}
    assert {deactivated, deleted} <= failed
    assert (answer["deactivated"], answer["deleted"]) == ([], [])
    assert (account.status(deactivated), account.status(deleted)) == ("Active", "Inactive")


def test_a_watch_that_somebody_else_changed_meanwhile_is_not_acted_on(account: AwsAccount) -> None:
    """Each write is conditional on what was read."""
    _, deactivated, _ = due_keys(account)
    item = account.watch(deactivated) or {}

    def change() -> None:
        account.clients.table.put_item(Item=item | {"version": item["version"] + 5})

    with meanwhile(account, "iam.ListUsers", change):
        answer = account.run()
    assert account.status(deactivated) == "Active"
    assert [entry["access_key_id"] for entry in answer["failed"]] == [deactivated]


def test_no_connection_at_all_is_an_error_like_any_other(account: AwsAccount) -> None:
    due_keys(account)
    with fault(account, "iam.ListUsers", EndpointConnectionError(endpoint_url="https://iam")):
        stopped(account, ListUsersError)


def test_an_answer_without_what_it_must_have_is_no_answer(account: AwsAccount) -> None:
    """IAM would never; a proxy might."""
    noticed, deactivated, deleted = due_keys(account)

    with answered(account, LISTED, dict.clear):
        answer = account.run()
    assert {entry["user"] for entry in answer["failed"]} == {"anna", "ben", "cleo"}
    assert answer["closed"] == []
    assert (account.status(deactivated), account.status(deleted)) == ("Active", "Inactive")
    assert account.history(noticed) == []


def test_the_errors_of_single_keys_are_counted_and_told_every_day(account: AwsAccount) -> None:
    account.key("alice", age=83)
    error = refusal("ListAccessKeys", "AccessDenied")
    with fault(account, LISTED, error):
        assert run_metrics(account.report())["KeysFailed"] == 1
        account.now += timedelta(days=1)
        assert run_metrics(account.report())["KeysFailed"] == 1
    assert [mail["attributes"]["severity"]["Value"] for mail in account.mails] == ["error", "error"]
