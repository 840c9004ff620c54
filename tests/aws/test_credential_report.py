"""Promise 7: no user is missed because the credential report does not show a key.

The report only selects the users to read on the days between two full scans.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.aws.aws_account import AwsAccount
from tests.aws.faults import altered_response, on_event

GET_REPORT = "iam.GetCredentialReport"


def users_read(account: AwsAccount) -> list[str]:
    """Run once; returns the users whose keys were listed."""
    names: list[str] = []

    def record(params: dict[str, Any], **_: Any) -> None:
        names.append(params["UserName"])

    with on_event(account, "provide-client-params.iam.ListAccessKeys", record):
        account.run()
    return sorted(set(names))


def start_a_day_with_a_targeted_scan(account: AwsAccount) -> None:
    """Run once, so that the run of the next day is a targeted scan."""
    account.run()
    account.now += timedelta(days=1)


def set_column(name: str, value: str) -> Callable[[dict[str, Any]], None]:
    """Return a function that sets a column of the report for all users."""

    def change(parsed: dict[str, Any]) -> None:
        lines = parsed["Content"].decode().split("\n")
        header, *rows = [line.split(",") for line in lines if line]
        for row in rows:
            row[header.index(name)] = value
        parsed["Content"] = "\n".join(",".join(row) for row in [header, *rows]).encode()

    return change


@pytest.mark.parametrize(
    "change",
    [
        set_column("access_key_1_active", "false"),
        set_column("access_key_1_last_rotated", "2026-11-20T00:00:00+00:00"),
        set_column("access_key_1_last_rotated", "N/A"),
    ],
    ids=["inactive", "young", "no key"],
)
def test_a_key_that_the_report_hides_is_found_by_the_next_full_scan(
    account: AwsAccount, change: Callable[[dict[str, Any]], None]
) -> None:
    """At most a week late, and with a full notice."""
    start_a_day_with_a_targeted_scan(account)
    key_id = account.create_key("alice", age=400)
    noticed = []
    with altered_response(account, GET_REPORT, change):
        for _ in range(7):
            noticed += account.run()["noticed"]
            account.now += timedelta(days=1)
    assert [entry["access_key_id"] for entry in noticed] == [key_id]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"user\nyoung\n", b'"', b"<html></html>"])
def test_if_the_report_is_malformed_all_users_are_read(account: AwsAccount, content: bytes) -> None:
    account.create_key("young", age=400)
    start_a_day_with_a_targeted_scan(account)

    def replace_content(parsed: dict[str, Any]) -> None:
        parsed["Content"] = content

    with altered_response(account, GET_REPORT, replace_content):
        assert users_read(account) == ["young"]


@pytest.mark.parametrize("line", ["alice", "/ci/*", "a*"])
def test_a_key_that_is_exempt_by_its_owner_is_listed_every_day(
    account: AwsAccount, line: str
) -> None:
    """However young the key is."""
    account.create_key("alice", age=5, path="/ci/")
    account.put_parameters(exemptions=line)
    start_a_day_with_a_targeted_scan(account)
    assert len(account.run()["exempt"]) == 1


def test_a_key_that_is_exempt_by_its_id_is_listed_every_day(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=5)
    account.put_parameters(exemptions=key_id)
    start_a_day_with_a_targeted_scan(account)
    assert [entry["access_key_id"] for entry in account.run()["exempt"]] == [key_id]


def test_with_adoption_the_users_of_inactive_keys_are_read(account: AwsAccount) -> None:
    start_a_day_with_a_targeted_scan(account)
    key_id = account.create_key("alice", age=5, status="Inactive")
    account.put_parameters(adopt_inactive_keys="true")
    assert [entry["access_key_id"] for entry in account.run()["adopted"]] == [key_id]


def test_the_root_user_in_the_report_is_ignored(account: AwsAccount) -> None:
    """The first row of the report is the root user, whose keys no rule changes."""
    start_a_day_with_a_targeted_scan(account)

    def add_root_row(parsed: dict[str, Any]) -> None:
        header, *rows = parsed["Content"].decode().split("\n")
        columns = header.split(",")
        values = {
            "user": "<root_account>",
            "user_creation_time": "2015-01-01T00:00:00+00:00",
            "access_key_1_active": "true",
            "access_key_1_last_rotated": "2015-01-01T00:00:00+00:00",
            "access_key_2_active": "false",
            "access_key_2_last_rotated": "N/A",
        }
        root = ",".join(values.get(name, "not_supported") for name in columns)
        parsed["Content"] = "\n".join([header, root, *rows]).encode()

    account.create_key("young", age=5)
    with altered_response(account, GET_REPORT, add_root_row):
        assert users_read(account) == []
        response = account.run()
    assert (response["users"], response["noticed"], response["deactivated"]) == (1, [], [])
