"""Promise 7: nobody is overlooked because the credential report does not show a key.

The report only chooses whom to ask on the days between two sweeps of everybody.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.aws.aws_account import AwsAccount
from tests.aws.faults import altered_response, on_event

GET_REPORT = "iam.GetCredentialReport"


def users_read(account: AwsAccount) -> list[str]:
    """Run; returns the users who were asked for their keys."""
    names: list[str] = []

    def record(params: dict[str, Any], **_: Any) -> None:
        names.append(params["UserName"])

    with on_event(account, "provide-client-params.iam.ListAccessKeys", record):
        account.run()
    return sorted(set(names))


def start_a_day_with_a_targeted_scan(account: AwsAccount) -> None:
    """Everybody was asked yesterday, and so is nobody without a reason today."""
    account.run()
    account.now += timedelta(days=1)


def set_column(name: str, value: str) -> Callable[[dict[str, Any]], None]:
    """Let the report say something else in a column, for everybody."""

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
def test_a_key_that_the_report_hides_is_found_by_the_next_sweep(
    account: AwsAccount, change: Callable[[dict[str, Any]], None]
) -> None:
    """At most a week late, and its notice is as long as any."""
    start_a_day_with_a_targeted_scan(account)
    key_id = account.create_key("alice", age=400)
    noticed = []
    with altered_response(account, GET_REPORT, change):
        for _ in range(7):
            noticed += account.run()["noticed"]
            account.now += timedelta(days=1)
    assert [entry["access_key_id"] for entry in noticed] == [key_id]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"user\nyoung\n", b'"', b"<html></html>"])
def test_a_report_of_nonsense_leads_to_asking(account: AwsAccount, content: bytes) -> None:
    account.create_key("young", age=400)
    start_a_day_with_a_targeted_scan(account)

    def replace_content(parsed: dict[str, Any]) -> None:
        parsed["Content"] = content

    with altered_response(account, GET_REPORT, replace_content):
        assert users_read(account) == ["young"]


@pytest.mark.parametrize("line", ["alice", "/ci/*", "a*"])
def test_who_may_be_exempt_is_listed_every_day(account: AwsAccount, line: str) -> None:
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


def test_with_adoption_who_has_an_inactive_key_is_asked(account: AwsAccount) -> None:
    start_a_day_with_a_targeted_scan(account)
    key_id = account.create_key("alice", age=5, status="Inactive")
    account.put_parameters(adopt_inactive_keys="true")
    assert [entry["access_key_id"] for entry in account.run()["adopted"]] == [key_id]


def test_root_is_no_user(account: AwsAccount) -> None:
    """The report's first row is of root, whose keys no rule touches."""
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
