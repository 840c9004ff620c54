"""What `preview` shows and writes, and that it changes nothing."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.aws.aws_account import START, AwsAccount
from tests.cli.deployment import deploy
from tests.cli.preview.refusals import refusing
from tests.cli.terminal import Finished, key_rotation

KEY_FIELDS = {
    "user",
    "access_key_id",
    "age_days",
    "last_used",
    "last_used_service",
    "last_used_region",
    "due",
}


def preview(*arguments: str) -> Finished:
    return key_rotation("preview", *arguments)


def document(*arguments: str) -> Any:
    finished = preview("--json", "-", *arguments)
    assert finished.exit_code == 0, finished.stderr
    return finished.document


def keys_on(found: Any, day: int, section: str) -> list[str]:
    """Return the ids of the keys that a document lists for the day in so many days."""
    wanted = (START + timedelta(days=day)).date().isoformat()
    days = [each for each in found["days"] if each["date"] == wanted]
    return [key["access_key_id"] for each in days for key in each[section]]


@pytest.mark.parametrize(
    ("age", "noticed", "due"), [(82, 1, 8), (83, 0, 7), (84, 0, 7), (90, 0, 7), (400, 0, 7)]
)
def test_a_key_is_forecast_its_notice_its_deactivation_and_its_deletion(
    account: AwsAccount, age: int, noticed: int, due: int
) -> None:
    key = account.create_key("alice", age=age)
    found = document()
    assert keys_on(found, noticed, "noticed") == [key]
    assert keys_on(found, due, "deactivated") == [key]
    assert keys_on(found, due + 30, "deleted") == [key]


@pytest.mark.parametrize(("age", "notices"), [(24, 1), (23, 0)])
def test_a_key_that_grows_old_within_the_days_is_forecast_too(
    account: AwsAccount, age: int, notices: int
) -> None:
    key = account.create_key("alice", age=age)
    assert keys_on(document("--days", "60"), 59, "noticed") == [key] * notices


def test_the_document_has_the_fields_of_its_schema(account: AwsAccount) -> None:
    key = account.create_key("alice", age=400)
    account.use_key(key, START - timedelta(days=2))
    found = document()
    assert found["schema"] == "key-rotation/preview/1"
    assert (found["account_id"], found["source"], found["complete"]) == (
        "123456789012",
        "defaults",
        True,
    )
    assert (found["users"], found["keys"], found["stale"], found["root_keys"]) == (1, 1, 1, False)
    assert found["in_use"] == [
        {
            "user": "alice",
            "access_key_id": key,
            "age_days": 400,
            "last_used": "2026-11-22T09:00:00+00:00",
            "last_used_service": "s3",
            "last_used_region": "eu-west-1",
            "due": "2026-12-01",
        }
    ]
    assert {frozenset(each) for day in found["days"] for each in day["noticed"]} == {
        frozenset(KEY_FIELDS)
    }
    assert found["backlog"] == {"keys": 1, "last_date": "2026-12-01", "limit_for_30_days": 1}


@pytest.mark.parametrize(("used", "in_use"), [(29, 1), (30, 1), (31, 0)])
def test_a_key_is_in_use_if_it_was_used_in_the_last_30_days(
    account: AwsAccount, used: int, in_use: int
) -> None:
    key = account.create_key("alice", age=100)
    account.use_key(key, START - timedelta(days=used))
    assert len(document()["in_use"]) == in_use
    assert preview("--fail-on-in-use").exit_code == (3 if in_use else 0)


def test_a_key_in_use_that_does_not_come_due_fails_no_check(account: AwsAccount) -> None:
    account.use_key(account.create_key("alice", age=10))
    assert preview("--fail-on-in-use").exit_code == 0


def test_an_exempt_key_is_listed_and_not_cut(account: AwsAccount, tmp_path: Path) -> None:
    key = account.create_key("alice", age=400)
    file = tmp_path / "exemptions"
    file.write_text("alice until 2026-12-31 # moves to a role\n")
    found = document("--exemptions", str(file), "--days", "30")
    assert [(each["access_key_id"], each["due"]) for each in found["exempt"]] == [
        (key, "2026-12-31")
    ]
    assert found["days"] == []
    assert keys_on(document("--exemptions", str(file)), 38, "noticed") == [key]


def test_the_deployed_parameters_are_used_and_flags_are_stronger(account: AwsAccount) -> None:
    deploy(account)
    account.put_parameters(max_age_days="60", max_changes_per_run="3")
    found = document()
    assert found["source"] == "parameters"
    assert found["thresholds"]["max_age_days"] == 60
    stronger = document("--max-age", "50")
    assert stronger["source"] == "flags"
    assert stronger["thresholds"] == {
        "max_age_days": 50,
        "notice_days": 7,
        "grace_days": 30,
        "max_changes_per_run": 3,
    }


def test_parameters_and_a_ledger_that_cannot_be_read_are_not_needed(account: AwsAccount) -> None:
    deploy(account)
    with refusing("GetParameters", "Query", "GetFunctionConfiguration"):
        found = document()
    assert (found["source"], found["complete"]) == ("defaults", True)


def test_the_watches_of_a_deployment_are_used(account: AwsAccount) -> None:
    deploy(account)
    noticed = account.create_key("alice", age=400)
    account.run()
    off = account.create_key("bob", age=300)
    account.run_after(7)
    found = preview_at(account)
    assert keys_on(found, 14, "deactivated") == [off]
    assert keys_on(found, 37, "deleted") == [noticed]
    assert found["in_use"] == []


def preview_at(account: AwsAccount) -> Any:
    """Preview at the time of the account."""
    with time_machine.travel(account.now, tick=False):
        return document()


@pytest.mark.parametrize(
    ("limit", "last"), [(1, "2026-12-05"), (2, "2026-12-03"), (5, "2026-12-01")]
)
def test_the_backlog_says_when_the_last_key_stops_working(
    account: AwsAccount, limit: int, last: str
) -> None:
    for number in range(5):
        account.create_key(f"user{number}", age=100 + number)
    found = document("--max-changes", str(limit))
    assert found["backlog"] == {"keys": 5, "last_date": last, "limit_for_30_days": 1}


def test_with_the_smallest_limit_the_backlog_is_worked_off_and_with_less_it_is_not(
    account: AwsAccount,
) -> None:
    for number in range(55):
        account.create_key(f"user{number:02}", age=100 + number)
    smallest = document()["backlog"]["limit_for_30_days"]
    in_time = (START + timedelta(days=30)).date().isoformat()
    assert smallest == 3
    assert document("--max-changes", str(smallest))["backlog"]["last_date"] <= in_time
    assert document("--max-changes", str(smallest - 1))["backlog"]["last_date"] > in_time


def test_paused_each_due_key_is_deferred(account: AwsAccount) -> None:
    key = account.create_key("alice", age=400)
    found = document("--max-changes", "0")
    assert keys_on(found, 0, "noticed") == keys_on(found, 7, "deferred") == [key]
    assert found["backlog"]["last_date"] is None


def test_the_csv_has_one_row_for_each_key_that_comes_due(
    account: AwsAccount, tmp_path: Path
) -> None:
    old = account.create_key("=HYPERLINK", age=400)
    account.create_key("bob", age=5)
    assert preview("--csv", str(tmp_path / "keys.csv")).exit_code == 0
    with (tmp_path / "keys.csv").open(newline="") as file:
        [row] = csv.DictReader(file)
    assert row["user"] == "'=HYPERLINK"
    assert (row["access_key_id"], row["age_days"], row["last_used"]) == (old, "400", "never")
    assert (row["due"], row["deleted"]) == ("2026-12-01", "2026-12-31")


def test_every_output_is_written_and_the_screen_names_the_files(
    account: AwsAccount, tmp_path: Path
) -> None:
    account.create_key("alice", age=400)
    names = [str(tmp_path / name) for name in ("a.html", "a.csv", "a.json")]
    finished = preview("--html", names[0], "--csv", names[1], "--json", names[2])
    assert finished.exit_code == 0
    assert "1 key is due" in finished.stdout
    assert all(f"Written: {name}" in finished.stderr.replace("\n", "") for name in names)
    assert json.loads(Path(names[2]).read_text())["users"] == 1
    assert len(list(tmp_path.iterdir())) == 3


def test_nothing_is_changed(account: AwsAccount) -> None:
    deploy(account)
    account.create_key("alice", age=400)
    before, items = account.iam_keys(), account.items("WATCH")
    assert preview().exit_code == 0
    assert (account.iam_keys(), account.items("WATCH")) == (before, items)


def test_days_are_counted_in_the_time_zone(account: AwsAccount) -> None:
    account.create_key("alice", age=400)
    days = document("--timezone", "Pacific/Auckland")["days"]
    assert days[0]["date"] == "2026-11-24"
    assert document("--timezone", "Pacific/Honolulu")["days"][0]["date"] == "2026-11-23"
