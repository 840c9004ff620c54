"""Promises 3 and 8: an error never reads as permission, and one key's error stops no other."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from key_rotation.errors import (
    BadSettingsError,
    LedgerError,
    ListingError,
    RunStoppedError,
    SettingsUnreadableError,
)
from key_rotation.reporting.measures import measure
from tests.aws.faults import answered, fault, meanwhile, refusal, refused
from tests.aws.world import DEFAULTS, World

LISTED = "iam.ListAccessKeys"
LAST_USED = "iam.GetAccessKeyLastUsed"
CODES = ["Throttling", "AccessDenied", "ServiceFailure", "InternalFailure", "ExpiredToken"]


def due_keys(world: World) -> tuple[str, str, str]:
    """Keys that the run of today notices, deactivates and deletes, of anna, ben and cleo."""
    deleted = world.key("cleo", age=83)
    world.run()
    world.after(7)
    world.now += timedelta(days=23)
    deactivated = world.key("ben", age=83)
    world.run()
    world.now += timedelta(days=7)
    return world.key("anna", age=83), deactivated, deleted


def untouched(world: World, before: dict[str, Any]) -> bool:
    """Whether IAM and the watches are as they were."""
    return bool(before == remembered(world))


def remembered(world: World) -> dict[str, Any]:
    """IAM and the watches."""
    return {"iam": world.iam(), "watches": world.items("WATCH")}


def stopped(world: World, error: type[RunStoppedError], match: str = "Nothing was changed") -> None:
    """Run, and see it stop without a change."""
    before, mails = remembered(world), len(world.mails)
    with pytest.raises(error, match=match):
        world.run()
    assert untouched(world, before)
    assert len(world.mails) == mails


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_setting_that_is_bad_or_missing_stops_the_run_before_any_change(
    world: World, name: str
) -> None:
    """And the error names it."""
    due_keys(world)
    world.put(**{name: "not this"})
    stopped(world, BadSettingsError, f"/key-rotation/{name} has the (value|line) 'not this'")
    world.clients.ssm.delete_parameter(Name=f"/key-rotation/{name}")
    stopped(world, BadSettingsError, f"/key-rotation/{name} is missing")


@pytest.mark.parametrize("code", CODES)
def test_settings_that_cannot_be_read_stop_the_run_before_any_change(
    world: World, code: str
) -> None:
    due_keys(world)
    with refused(world, "ssm.GetParameters", code):
        stopped(world, SettingsUnreadableError)


@pytest.mark.parametrize("code", CODES)
def test_a_listing_of_users_that_fails_stops_the_run_before_any_change(
    world: World, code: str
) -> None:
    due_keys(world)
    with refused(world, "iam.ListUsers", code):
        stopped(world, ListingError)


@pytest.mark.parametrize("call", ["Query", "GetItem", "PutItem"])
def test_a_ledger_that_does_not_answer_stops_the_run_before_any_change(
    world: World, call: str
) -> None:
    due_keys(world)
    before = remembered(world)
    with (
        refused(world, f"dynamodb.{call}", "InternalServerError"),
        pytest.raises(LedgerError, match="InternalServerError"),
    ):
        world.run()
    assert untouched(world, before)


def test_a_state_of_the_run_that_cannot_be_understood_stops_the_run(world: World) -> None:
    due_keys(world)
    world.clients.table.put_item(Item={"pk": "RUN", "sk": "STATE", "parameters": "all good"})
    stopped(world, LedgerError, "cannot be read")


@pytest.mark.parametrize("code", CODES)
def test_a_user_whose_keys_cannot_be_listed_is_named_and_the_others_go_on(
    world: World, code: str
) -> None:
    """The run does not count as complete, and nobody takes the keys for gone."""
    noticed, deactivated, deleted = due_keys(world)
    watch = world.watch(deactivated)
    with refused(world, LISTED, code, of="ben"):
        report = world.report()
    assert [(o.user_name, o.access_key_id) for o in report.outcomes if o.section == "failed"] == [
        ("ben", None)
    ]
    assert measure(report)["RunCompleted"] == 0
    assert measure(report)["KeysFailed"] == 1
    assert world.watch(deactivated) == watch
    assert world.status(deactivated) == "Active"
    assert world.status(deleted) is None
    assert world.history(noticed) == ["notice"]
    assert code in world.mails[-1]["text"]
    assert [entry["access_key_id"] for entry in world.run()["deactivated"]] == [deactivated]


@pytest.mark.parametrize("code", CODES)
def test_a_key_whose_last_use_cannot_be_read_is_left_alone_and_the_others_go_on(
    world: World, code: str
) -> None:
    noticed, deactivated, deleted = due_keys(world)
    with refused(world, LAST_USED, code, of=deleted):
        report = world.report()
    failed = [o for o in report.outcomes if o.section == "failed"]
    assert [(o.access_key_id, code in o.reason) for o in failed] == [(deleted, True)]
    assert world.status(deleted) == "Inactive"
    assert world.status(deactivated) == "Inactive"
    assert world.history(noticed) == ["notice"]
    assert world.status(deleted) == "Inactive"


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_an_exempt_key_whose_last_use_cannot_be_read_stays_exempt_and_untouched(
    world: World, code: str
) -> None:
    """Unreadable is neither never used nor not exempt."""
    key_id = world.key("alice", age=400)
    world.put(exemptions="alice", notice_days="0")
    with refused(world, LAST_USED, code):
        answer = world.run()
    assert answer["deactivated"] == []
    assert len(answer["failed"]) + len(answer["exempt"]) == 1
    assert world.status(key_id) == "Active"


BROKEN = {
    "an older schema": {"schema": 0},
    "a newer schema": {"schema": 2},
    "no schema": {"schema": None},
    "a state that nobody knows": {"state": {"kind": "deletable"}},
    "no state": {"state": None},
    "a naive instant": {"created": "2026-09-01T00:00:00"},
    "a field too many": {"force": True},
    "an older shape": {"deactivated_at": "2026-09-01"},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_key_whose_watch_cannot_be_understood_is_left_alone_and_the_others_go_on(
    world: World, change: dict[str, Any]
) -> None:
    """It is neither new, nor gone, nor due."""
    noticed, deactivated, deleted = due_keys(world)
    item = (world.watch(deleted) or {}) | change
    world.clients.table.put_item(Item=item)
    answer = world.run()
    assert [(entry["user"], entry["access_key_id"]) for entry in answer["failed"]] == [
        ("cleo", deleted)
    ]
    assert (world.status(deleted), world.status(deactivated)) == ("Inactive", "Inactive")
    assert world.watch(deleted) == item
    assert world.history(noticed) == ["notice"]
    world.delete("cleo", deleted)
    assert world.run()["closed"] == []


@pytest.mark.parametrize("code", CODES)
def test_a_change_that_iam_refuses_is_no_change_and_the_others_go_on(
    world: World, code: str
) -> None:
    """It is named under failed; the next run does it."""
    noticed, deactivated, deleted = due_keys(world)
    with refused(world, "iam.UpdateAccessKey", code), refused(world, "iam.DeleteAccessKey", code):
        answer = world.run()
    assert (answer["deactivated"], answer["deleted"]) == ([], [])
    assert {entry["access_key_id"] for entry in answer["failed"]} == {deactivated, deleted}
    assert all(code in entry["reason"] for entry in answer["failed"])
    assert (world.status(deactivated), world.status(deleted)) == ("Active", "Inactive")
    assert world.history(noticed) == ["notice"]
    assert "deactivate" not in world.history(deactivated)
    again = world.run()
    assert [entry["access_key_id"] for entry in again["deactivated"]] == [deactivated]
    assert [entry["access_key_id"] for entry in again["deleted"]] == [deleted]


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "AccessDeniedException"]
)
def test_where_the_intent_cannot_be_recorded_iam_is_not_asked(world: World, code: str) -> None:
    _, deactivated, deleted = due_keys(world)
    with (
        refused(world, "dynamodb.TransactWriteItems", code),
        fault(world, "iam.UpdateAccessKey", AssertionError("asked")),
        fault(world, "iam.DeleteAccessKey", AssertionError("asked")),
    ):
        answer = world.run()
    failed = {entry["access_key_id"] for entry in answer["failed"]}
    assert {deactivated, deleted} <= failed
    assert (answer["deactivated"], answer["deleted"]) == ([], [])
    assert (world.status(deactivated), world.status(deleted)) == ("Active", "Inactive")


def test_a_watch_that_somebody_else_changed_meanwhile_is_not_acted_on(world: World) -> None:
    """Each write is conditional on what was read."""
    _, deactivated, _ = due_keys(world)
    item = world.watch(deactivated) or {}

    def change() -> None:
        world.clients.table.put_item(Item=item | {"version": item["version"] + 5})

    with meanwhile(world, "iam.ListUsers", change):
        answer = world.run()
    assert world.status(deactivated) == "Active"
    assert [entry["access_key_id"] for entry in answer["failed"]] == [deactivated]


def test_no_connection_at_all_is_an_error_like_any_other(world: World) -> None:
    due_keys(world)
    with fault(world, "iam.ListUsers", EndpointConnectionError(endpoint_url="https://iam")):
        stopped(world, ListingError)


def test_an_answer_without_what_it_must_have_is_no_answer(world: World) -> None:
    """IAM would never; a proxy might."""
    noticed, deactivated, deleted = due_keys(world)

    with answered(world, LISTED, dict.clear):
        answer = world.run()
    assert {entry["user"] for entry in answer["failed"]} == {"anna", "ben", "cleo"}
    assert answer["closed"] == []
    assert (world.status(deactivated), world.status(deleted)) == ("Active", "Inactive")
    assert world.history(noticed) == []


def test_the_errors_of_single_keys_are_counted_and_told_every_day(world: World) -> None:
    world.key("alice", age=83)
    error = refusal("ListAccessKeys", "AccessDenied")
    with fault(world, LISTED, error):
        assert measure(world.report())["KeysFailed"] == 1
        world.now += timedelta(days=1)
        assert measure(world.report())["KeysFailed"] == 1
    assert [mail["attributes"]["severity"]["Value"] for mail in world.mails] == ["error", "error"]
