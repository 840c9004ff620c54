"""The number of calls of a run, and which users a targeted scan reads."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from key_rotation.domain.inventory import Scan
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.report import Report
from tests.aws.aws_account import REGION, AwsAccount, open_account
from tests.aws.faults import altered_response, on_event, refused

USER_COUNT, STALE_COUNT = 100, 20
MAX_CALLS_ON_A_QUIET_DAY = 20
GENERATE = "iam.GenerateCredentialReport"
GET_REPORT = "iam.GetCredentialReport"
ROTATION_COLUMNS = ("access_key_1_last_rotated", "access_key_2_last_rotated")
Row = dict[str, str]


@contextmanager
def counting_calls(account: AwsAccount) -> Iterator[Counter[str]]:
    """Count the calls, by service and name."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[f"{model.service_model.service_name}.{model.name}"] += 1

    with on_event(account, "before-call", count):
        yield calls


@contextmanager
def recording_users(account: AwsAccount) -> Iterator[list[str]]:
    """Record the users whose keys are listed."""
    users: list[str] = []

    def record(params: dict[str, Any], **_: Any) -> None:
        users.append(params["body"]["UserName"])

    with on_event(account, "before-call.iam.ListAccessKeys", record):
        yield users


@contextmanager
def edited_report(account: AwsAccount, change: Callable[[list[Row]], None]) -> Iterator[None]:
    """Edit the rows of moto's credential report."""

    def edit(parsed: dict[str, Any]) -> None:
        head, *lines = parsed["Content"].decode().strip().split("\n")
        rows = [dict(zip(head.split(","), line.split(","), strict=True)) for line in lines]
        change(rows)
        columns = list(dict.fromkeys([*head.split(","), *(name for row in rows for name in row)]))
        table = [columns, *([row.get(name, "") for name in columns] for row in rows)]
        parsed["Content"] = "\n".join(",".join(cells) for cells in table).encode()

    with altered_response(account, GET_REPORT, edit):
        yield


def edit_row(name: str, **fields: str) -> Callable[[list[Row]], None]:
    """Return a function that edits the row of a user."""

    def change(rows: list[Row]) -> None:
        next(row for row in rows if row["user"] == name).update(fields)

    return change


@contextmanager
def days_ago(account: AwsAccount, days: int) -> Iterator[Any]:
    """Go back in time for calls to IAM."""
    with time_machine.travel(account.now - timedelta(days=days), tick=False):
        yield account.clients.iam


def create_old_user(account: AwsAccount, name: str) -> None:
    """Create a user of 1,500 days without a key."""
    with days_ago(account, 1500) as iam:
        iam.create_user(UserName=name)


def run_next_day(account: AwsAccount, *, days: int = 1) -> Report:
    """Let days pass without a run, then run once."""
    account.now += timedelta(days=days)
    return account.run_for_report()


def scan_of(report: Report) -> Scan:
    return report.facts.scan


def key_ids_in(report: Report, section: Section) -> list[str | None]:
    return [outcome.access_key_id for outcome in report.in_section(section)]


@pytest.fixture
def scanned_account(account: AwsAccount) -> AwsAccount:
    """Return an account with an old user and a young key, one day after a full scan."""
    create_old_user(account, "alice")
    account.create_key("alice", age=10)
    assert scan_of(account.run_for_report()) is Scan.FULL
    account.now += timedelta(days=1)
    return account


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A run, its calls, and the users whose keys it listed."""

    report: Report
    calls: Counter[str]
    read_user_ids: list[str]

    @property
    def iam_calls(self) -> int:
        """The number of calls to IAM."""
        return sum(number for name, number in self.calls.items() if name.startswith("iam."))


@pytest.fixture(scope="module")
def days() -> dict[str, Day]:
    """Return some days of an account with 100 old users: half have a key, 20 a stale one."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        with open_account() as account:
            fill_account(account)
            account.put_parameters(max_age_days="1000")
            account.run_for_report()
            days_by_name = {"no actions": run_day(account, after=1)}
            account.put_parameters(max_age_days="90")
            days_by_name["notices"] = run_day(account)
            days_by_name["full scan"] = run_day(account, after=6)
            days_by_name["deactivations"] = run_day(account, after=1)
            days_by_name["grace windows"] = run_day(account, after=1)
    return days_by_name


def fill_account(account: AwsAccount) -> None:
    names = [f"user{n}" for n in range(USER_COUNT)]
    with days_ago(account, 1500) as iam:
        for name in names:
            iam.create_user(UserName=name)
    for age, users in ((400, names[: 2 * STALE_COUNT : 2]), (30, names[2 * STALE_COUNT :: 2])):
        with days_ago(account, age) as iam:
            for name in users:
                iam.create_access_key(UserName=name)


def run_day(account: AwsAccount, *, after: int = 0) -> Day:
    account.now += timedelta(days=after)
    with counting_calls(account) as calls, recording_users(account) as users:
        return Day(report=account.run_for_report(), calls=calls, read_user_ids=users)


PAGES_REPORT_AND_ALIAS = 1 + 3 + 1
"""One page of users; the report, requested twice at most, and read; the alias for the digest."""


def test_a_day_without_actions_takes_few_calls_for_any_number_of_users(
    days: dict[str, Day],
) -> None:
    day = days["no actions"]
    assert scan_of(day.report) is Scan.TARGETED
    assert day.read_user_ids == []
    assert day.iam_calls <= MAX_CALLS_ON_A_QUIET_DAY
    assert day.report.key_count == USER_COUNT // 2


def test_a_day_of_notices_takes_three_calls_per_stale_key(days: dict[str, Day]) -> None:
    """Its status, its last use, and its description."""
    day = days["notices"]
    assert scan_of(day.report) is Scan.TARGETED
    assert len(day.report.in_section(Section.NOTICED)) == STALE_COUNT
    assert day.iam_calls <= PAGES_REPORT_AND_ALIAS + 3 * STALE_COUNT


def test_a_day_of_deactivations_takes_three_calls_per_stale_key(
    days: dict[str, Day],
) -> None:
    """Its status, its last use, and its deactivation."""
    day = days["deactivations"]
    assert scan_of(day.report) is Scan.TARGETED
    assert len(day.report.in_section(Section.DEACTIVATED)) == STALE_COUNT
    assert day.iam_calls <= PAGES_REPORT_AND_ALIAS + 3 * STALE_COUNT


def test_a_day_of_grace_windows_takes_two_calls_per_watched_key(
    days: dict[str, Day],
) -> None:
    """Its status, and its last use."""
    assert len(days["grace windows"].report.in_section(Section.UPCOMING)) == STALE_COUNT
    assert days["grace windows"].iam_calls <= PAGES_REPORT_AND_ALIAS + 2 * STALE_COUNT


def test_a_full_scan_takes_one_more_call_per_user(days: dict[str, Day]) -> None:
    day = days["full scan"]
    assert scan_of(day.report) is Scan.FULL
    assert len(set(day.read_user_ids)) == len(day.read_user_ids) == USER_COUNT
    assert day.iam_calls <= PAGES_REPORT_AND_ALIAS + USER_COUNT + STALE_COUNT


@pytest.mark.parametrize(
    "name", ["no actions", "notices", "full scan", "deactivations", "grace windows"]
)
def test_every_day_takes_few_calls_to_dynamodb_sns_and_ssm(days: dict[str, Day], name: str) -> None:
    """No number of calls grows with the users or the history."""
    calls = days[name].calls
    assert calls["dynamodb.Scan"] == 0
    assert calls["dynamodb.Query"] == 1
    assert calls["dynamodb.TransactWriteItems"] <= 6
    assert calls["ssm.GetParameters"] == 1
    assert calls["ssm.GetParametersByPath"] == 1
    assert calls["ssm.GetParameterHistory"] <= 1
    assert calls["sns.Publish"] <= 1


def test_a_full_scan_takes_place_in_the_first_run_and_every_seven_days(account: AwsAccount) -> None:
    create_old_user(account, "alice")
    scans = [
        scan_of(account.run_for_report()),
        *(scan_of(run_next_day(account)) for _ in range(14)),
    ]
    full_scan_days = [day for day, scan in enumerate(scans) if scan is Scan.FULL]
    assert full_scan_days == [0, 7, 14]


@pytest.mark.parametrize("mode", ["enforce", "report"])
def test_a_user_who_could_not_be_read_is_read_by_the_next_run_without_a_full_scan(
    account: AwsAccount, mode: str
) -> None:
    """Promise 7: nobody who can never be read causes a full scan each day."""
    account.put_parameters(mode=mode)
    create_old_user(account, "alice")
    create_old_user(account, "bob")
    with recording_users(account) as read:
        with refused(account, "iam.ListAccessKeys", "Throttling", only_for="alice"):
            assert scan_of(account.run_for_report()) is Scan.FULL
            assert sorted(read) == ["alice", "bob"]
            assert scan_of(run_next_day(account)) is Scan.TARGETED
        assert scan_of(run_next_day(account)) is Scan.TARGETED
        assert scan_of(run_next_day(account)) is Scan.TARGETED
    assert read[2:] == ["alice", "alice"]


def set_in_progress(parsed: dict[str, Any]) -> None:
    parsed["State"] = "INPROGRESS"


def set_undecodable_content(parsed: dict[str, Any]) -> None:
    parsed["Content"] = b"\xff\xfe"


def remove_rows(parsed: dict[str, Any]) -> None:
    parsed["Content"] = b"arn,user\n"


def remove_content(parsed: dict[str, Any]) -> None:
    del parsed["Content"]


@pytest.mark.parametrize(
    "make_unavailable",
    [
        lambda account: altered_response(account, GENERATE, set_in_progress),
        lambda account: refused(account, GENERATE),
        lambda account: refused(account, GENERATE, "Throttling"),
        lambda account: refused(account, GENERATE, "LimitExceeded"),
        lambda account: refused(account, GET_REPORT),
        lambda account: refused(account, GET_REPORT, "ReportNotPresent"),
        lambda account: altered_response(account, GET_REPORT, set_undecodable_content),
        lambda account: altered_response(account, GET_REPORT, remove_content),
        lambda account: altered_response(account, GET_REPORT, remove_rows),
    ],
    ids=[
        "never ready",
        "not allowed to generate it",
        "throttled",
        "limit exceeded",
        "not allowed to read it",
        "not there",
        "not text",
        "empty answer",
        "not a row",
    ],
)
def test_without_a_credential_report_all_users_are_read_and_the_reason_is_noted(
    scanned_account: AwsAccount, make_unavailable: Any
) -> None:
    with make_unavailable(scanned_account), recording_users(scanned_account) as users:
        report = scanned_account.run_for_report()
    assert users == ["alice"]
    assert report.facts.scan is Scan.FULL
    assert "the credential report could not be used" in report.facts.note


def test_a_credential_report_of_two_days_ago_is_not_used(scanned_account: AwsAccount) -> None:
    scanned_account.report_generated_at = scanned_account.now - timedelta(days=2)
    with recording_users(scanned_account) as users:
        report = scanned_account.run_for_report()
    assert users == ["alice"]
    assert "could not be used: it was generated at" in report.facts.note


def test_a_user_whose_only_key_is_young_in_the_report_is_not_read(
    scanned_account: AwsAccount,
) -> None:
    """The tests below change the report, and then the user is read."""
    with recording_users(scanned_account) as users:
        assert scan_of(scanned_account.run_for_report()) is Scan.TARGETED
    assert users == []


NO_KEY = {"access_key_1_active": "false", "access_key_1_last_rotated": "N/A"}


@pytest.mark.parametrize(
    "change",
    [
        list.clear,
        edit_row("alice", user_creation_time="2026-01-01T00:00:00+00:00"),
        edit_row("alice", user_creation_time="no_information"),
        edit_row("alice", additional_credentials_info="1 more access key; see ListAccessKeys"),
        edit_row("alice", access_key_1_active="maybe"),
        edit_row("alice", access_key_1_last_rotated="N/A"),
        edit_row("alice", access_key_1_last_rotated="2026-11-15T09:00:00"),
        edit_row("alice", access_key_2_active="true", access_key_2_last_rotated="N/A"),
    ],
    ids=[
        "it appeared after the report",
        "it was created again with the same name",
        "its creation is unknown",
        "it has more than two keys",
        "a status is unclear",
        "an active key has no date",
        "a date has no time zone",
        "a second active key has no date",
    ],
)
def test_a_user_whose_row_in_the_report_is_incomplete_is_read(
    scanned_account: AwsAccount, change: Callable[[list[Row]], None]
) -> None:
    with edited_report(scanned_account, change), recording_users(scanned_account) as users:
        assert scan_of(scanned_account.run_for_report()) is Scan.TARGETED
    assert users == ["alice"]


def test_a_third_key_that_the_report_does_not_show_is_noticed(
    scanned_account: AwsAccount,
) -> None:
    scanned_account.create_key("alice", age=20)
    third = scanned_account.create_key("alice", age=400)
    hide_third_key = edit_row(
        "alice",
        access_key_1_last_rotated="2026-11-15T09:00:00+00:00",
        access_key_2_last_rotated="2026-11-05T09:00:00+00:00",
        additional_credentials_info="1 more access key; see ListAccessKeys",
    )
    with edited_report(scanned_account, hide_third_key):
        assert key_ids_in(scanned_account.run_for_report(), Section.NOTICED) == [third]


def test_a_key_that_is_too_young_in_the_report_is_found_by_the_full_scan(
    scanned_account: AwsAccount,
) -> None:
    """If AWS dated a key by its last change, the report would hide it for a week at most."""
    scanned_account.create_key("alice", age=400)
    rotated_later = edit_row(
        "alice", **dict.fromkeys(ROTATION_COLUMNS, "2026-11-20T09:00:00+00:00")
    )
    with edited_report(scanned_account, rotated_later):
        days = [
            scanned_account.run_for_report(),
            *(run_next_day(scanned_account) for _ in range(6)),
        ]
    assert [len(day.in_section(Section.NOTICED)) for day in days] == [0, 0, 0, 0, 0, 0, 1]
    assert scan_of(days[-1]) is Scan.FULL


def test_the_details_of_a_user_with_two_keys_are_read_once(scanned_account: AwsAccount) -> None:
    """The user has two stale keys, and the last use of the newer one was read before."""
    for age in (400, 300):
        scanned_account.create_key("bob", age=age)
    with counting_calls(scanned_account) as calls:
        assert len(scanned_account.run()["noticed"]) == 2
    assert (calls["iam.ListUserTags"], calls["iam.GetAccessKeyLastUsed"]) == (1, 2)


def test_a_user_younger_than_max_age_is_not_read(scanned_account: AwsAccount) -> None:
    """No key is older than its user, whatever the report lists."""
    scanned_account.create_key("bob", age=82)
    with edited_report(scanned_account, list.clear), recording_users(scanned_account) as users:
        scanned_account.run()
    assert users == ["alice"]


@pytest.mark.parametrize("days", [1, 7, 8, 20])
def test_a_user_with_a_watched_key_is_read_whatever_the_report_shows(
    scanned_account: AwsAccount, days: int
) -> None:
    """Noticed, deactivated or in grace: the key itself is read each day."""
    scanned_account.create_key("bob", age=400)
    scanned_account.run()
    with edited_report(scanned_account, edit_row("bob", **NO_KEY)):
        for _ in range(days - 1):
            scanned_account.run_after(1)
        with recording_users(scanned_account) as users:
            scanned_account.run_after(1)
    assert "bob" in users


def limit_exceeded(times: int) -> Callable[..., Any]:
    """Return a function that responds with 409 LimitExceeded a number of times, as IAM does."""
    left = [times]

    def response(request: Any, **_: Any) -> AWSResponse | None:
        left[0] -= 1
        if left[0] < 0:
            return None
        error = "<Error><Code>LimitExceeded</Code><Message>Rate exceeded</Message></Error>"
        body = f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>".encode()
        return AWSResponse(request.url, 409, HTTPHeaders(), MockRawResponse(body))

    return response


@pytest.mark.parametrize("call", ["ListUsers", "ListAccessKeys", "GetAccessKeyLastUsed"])
def test_a_read_with_limit_exceeded_is_retried(account: AwsAccount, call: str) -> None:
    """boto3 does not retry this error code of IAM by itself."""
    key_id = account.create_key("alice", age=400)
    with on_event(account, f"before-send.iam.{call}", limit_exceeded(3)):
        response = account.run()
    assert [entry["access_key_id"] for entry in response["noticed"]] == [key_id]
    assert response["failed"] == []


def test_a_deactivation_with_limit_exceeded_is_retried(account: AwsAccount) -> None:
    account.create_key("alice", age=400)
    account.run()
    with on_event(account, "before-send.iam.UpdateAccessKey", limit_exceeded(3)):
        response = account.run_after(7)
    assert (len(response["deactivated"]), response["failed"]) == (1, [])


@pytest.mark.parametrize("call", ["iam.ListAccessKeys", "iam.GetAccessKeyLastUsed"])
def test_a_read_that_stays_throttled_fails_and_changes_nothing(
    account: AwsAccount, call: str
) -> None:
    key_id = account.create_key("alice", age=400)
    account.run()
    with refused(account, call, "Throttling"):
        response = account.run_after(7)
    assert account.status(key_id) == "Active"
    assert (response["deactivated"], response["closed"]) == ([], [])
    assert [entry["user"] for entry in response["failed"]] == ["alice"]
