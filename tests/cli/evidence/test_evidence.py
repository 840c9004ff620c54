"""`evidence`: the files for an auditor, of what runs left in the ledger."""

import csv
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from key_rotation.errors import ListUsersError
from tests.aws.aws_account import AwsAccount
from tests.aws.due_keys import a_key_to_deactivate
from tests.aws.faults import refused
from tests.aws.stopped_runs import stopped_run
from tests.cli.denied import deny
from tests.cli.deployment import deploy
from tests.cli.terminal import Finished, key_rotation

FILES = {
    *("changes.csv", "control.html", "exemptions.csv", "failures.csv", "manifest.json"),
    *("populations.csv", "runs.csv"),
}


def evidence(account: AwsAccount, out: Path, *flags: str, days: str = "2026-11-20") -> Finished:
    """Write the evidence from a day until the account's today."""
    with time_machine.travel(account.now, tick=False):
        arguments = ("--from", days, "--to", f"{account.now:%Y-%m-%d}", "--out", str(out))
        return key_rotation("evidence", *arguments, *flags)


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder that does not exist."""
    return tmp_path / "audit"


def test_every_file_is_written_and_named_in_the_manifest_with_its_hash(
    deployed: AwsAccount, out: Path
) -> None:
    a_key_to_deactivate(deployed)
    deployed.run()
    finished = evidence(deployed, out)
    assert finished.exit_code == 0, finished.stderr
    assert {path.name for path in out.iterdir()} == FILES
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["schema"] == "key-rotation/evidence/1"
    assert manifest["account_id"] == "123456789012"
    assert "arn:aws" in manifest["caller"]
    assert manifest["created_at"] == deployed.now.isoformat()
    assert any("dynamodb query" in query for query in manifest["queries"])
    hashes = {file["name"]: file["sha256"] for file in manifest["files"]}
    assert hashes == {
        name: hashlib.sha256((out / name).read_bytes()).hexdigest()
        for name in FILES - {"manifest.json"}
    }
    assert [path.name for path in out.parent.iterdir()] == ["audit"]


def test_each_run_has_a_row_and_each_day_without_one_says_gap(
    deployed: AwsAccount, out: Path
) -> None:
    deployed.create_key("alice", age=83)
    for days in (0, 1, 2):
        deployed.run_after(days)
    evidence(deployed, out)
    assert [(row["date"], row["status"]) for row in rows(out, "runs.csv")] == [
        *((f"2026-11-2{day}", "gap") for day in range(4)),
        ("2026-11-24", "complete"),
        ("2026-11-25", "complete"),
        ("2026-11-26", "gap"),
        ("2026-11-27", "complete"),
    ]
    first = rows(out, "runs.csv")[4]
    assert (first["users"], first["keys"], first["noticed"], first["mode"]) == (
        *("1", "1", "1", "enforce"),
    )
    assert first["message_id"]
    assert "max-age-days=90 v1" in first["settings"]


def test_days_to_come_are_no_gaps(deployed: AwsAccount, out: Path) -> None:
    deployed.run()
    with time_machine.travel(deployed.now, tick=False):
        key_rotation("evidence", "--from", "2026-11-24", "--to", "2026-12-31", "--out", str(out))
    assert [row["status"] for row in rows(out, "runs.csv")] == ["complete"]


def test_the_days_are_those_of_the_time_zone_of_the_deployment(
    account: AwsAccount, out: Path
) -> None:
    deploy(account, timezone="Pacific/Auckland")
    account.now = account.now.replace(hour=22)
    account.run()
    account.now += timedelta(days=1)
    evidence(account, out, days="2026-11-25")
    assert [row["date"] for row in rows(out, "runs.csv")] == ["2026-11-25"]


def test_a_change_has_its_key_reason_age_limit_and_run(deployed: AwsAccount, out: Path) -> None:
    key_id = a_key_to_deactivate(deployed)
    deployed.run()
    evidence(deployed, out)
    _, change = rows(out, "changes.csv")
    assert (change["date"], change["user"], change["access_key_id"], change["action"]) == (
        *("2026-12-01", "alice", key_id, "deactivate"),
    )
    assert (change["age_days"], change["max_age_days"], change["due"], change["last_used"]) == (
        *("90", "90", "2026-12-31", "never"),
    )
    assert change["run_id"] == "run-2"


def test_changes_before_and_after_the_period_are_left_out(deployed: AwsAccount, out: Path) -> None:
    a_key_to_deactivate(deployed)
    deployed.run()
    evidence(deployed, out, days="2026-11-25")
    assert [row["action"] for row in rows(out, "changes.csv")] == ["deactivate"]


def test_the_population_has_every_key_and_the_change_of_a_deleted_one_is_not_lost(
    deployed: AwsAccount, out: Path
) -> None:
    key_id = a_key_to_deactivate(deployed)
    deployed.run()
    deployed.run_after(30)
    other = deployed.create_key("bob", age=1, status="Inactive")
    deployed.run_after(7)
    evidence(deployed, out)
    found = rows(out, "populations.csv")
    assert [row["access_key_id"] for row in found] == [key_id, key_id, key_id, other]
    assert [row["status"] for row in found] == ["Active", "Active", "Inactive", "Inactive"]
    assert rows(out, "changes.csv")[-1]["action"] == "delete"


def test_a_failure_names_the_user(deployed: AwsAccount, out: Path) -> None:
    deployed.create_key("alice", age=1)
    with refused(deployed, "iam.ListAccessKeys", "AccessDenied"):
        deployed.run()
    evidence(deployed, out)
    [failure] = rows(out, "failures.csv")
    assert (failure["user"], failure["access_key_id"]) == ("alice", "")
    assert "AccessDenied" in failure["text"]


def test_an_exemption_has_its_reason_its_end_and_the_days_on_which_runs_found_it(
    deployed: AwsAccount, out: Path
) -> None:
    deployed.put_parameters(exemptions="alice until 2026-11-30 # migration\nbob")
    deployed.run()
    deployed.put_parameters(exemptions="bob")
    deployed.run_after(1)
    evidence(deployed, out)
    alice, bob = rows(out, "exemptions.csv")
    assert (alice["pattern"], alice["until"], alice["reason"]) == (
        *("alice", "2026-11-30", "migration"),
    )
    assert (alice["first_run"], alice["last_run"], alice["in_force_at_last_run"]) == (
        *("2026-11-24", "2026-11-24", "false"),
    )
    assert (bob["first_run"], bob["last_run"], bob["in_force_at_last_run"]) == (
        *("2026-11-24", "2026-11-25", "true"),
    )


def test_a_cell_that_a_spreadsheet_would_execute_is_text(deployed: AwsAccount, out: Path) -> None:
    deployed.put_parameters(exemptions="=cmd # =HYPERLINK(1)")
    deployed.run()
    evidence(deployed, out)
    [row] = rows(out, "exemptions.csv")
    assert (row["pattern"], row["reason"]) == ("'=cmd", "'=HYPERLINK(1)")


def test_the_page_has_every_version_of_a_threshold_and_who_set_it(
    deployed: AwsAccount, out: Path
) -> None:
    deployed.put_parameters(max_age_days="60")
    deployed.run()
    evidence(deployed, out)
    page = (out / "control.html").read_text()
    assert "<td>max-age-days</td><td>1</td><td>90</td>" in page
    assert "<td>max-age-days</td><td>2</td><td>60</td>" in page
    assert "arn:aws" in page
    for control in ("1.14", "2.12", "8.6.3", "8.3.9", "CC6.1", "A.5.17", "A.8.5"):
        assert control in page


def test_the_page_has_no_script_and_nothing_from_outside_and_escapes_names(
    deployed: AwsAccount, out: Path
) -> None:
    deployed.put_parameters(exemptions="alice # <script>alert(1)</script>")
    deployed.run()
    evidence(deployed, out)
    page = (out / "control.html").read_text()
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page


def test_a_stopped_run_is_no_gap_and_says_why(deployed: AwsAccount, out: Path) -> None:
    with refused(deployed, "iam.ListUsers"):
        stopped_run(deployed, ListUsersError)
    evidence(deployed, out, days="2026-11-24")
    [row] = rows(out, "runs.csv")
    assert row["status"] == "stopped"
    assert row["stopped"].startswith("ListUsersError: ")
    assert "ListUsersError" in (out / "control.html").read_text()


def test_a_seed_draws_the_same_sample_each_time(deployed: AwsAccount, tmp_path: Path) -> None:
    for name in ("alice", "bob", "carol", "dave"):
        deployed.create_key(name, age=83)
    deployed.run()
    samples: list[str] = []
    for number, seed in enumerate(("7", "7", "8", "9", "10")):
        folder = tmp_path / str(number)
        assert evidence(deployed, folder, "--sample", "2", "--seed", seed).exit_code == 0
        samples.append((folder / "sample.txt").read_text())
    assert samples[0] == samples[1]
    assert len(set(samples)) > 1
    assert samples[0].count("Notice was given") == 2
    manifest = json.loads((tmp_path / "0/manifest.json").read_text())
    assert (manifest["sample"], manifest["seed"]) == (2, 7)


def test_a_sample_that_is_larger_than_the_changes_has_them_all(
    deployed: AwsAccount, out: Path
) -> None:
    deployed.create_key("alice", age=83)
    deployed.run()
    evidence(deployed, out, "--sample", "25")
    assert (out / "sample.txt").read_text().count("Notice was given") == 1


def test_json_is_the_manifest_and_nothing_else(deployed: AwsAccount, out: Path) -> None:
    deployed.run()
    document = evidence(deployed, out, "--json").document
    assert document == json.loads((out / "manifest.json").read_text())


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("yesterday", "2026-11-24", "--from 'yesterday' is no date"),
        ("2026-11-24", "2026-02-30", "--to '2026-02-30' is no date"),
        ("20261124", "2026-11-24", "--from '20261124' is no date"),
        ("2026-11-25", "2026-11-24", "--from 2026-11-25 is after --to 2026-11-24"),
        ("2026-11-25", "9999-12-31", "is no date"),
        ("0001-01-01", "2026-11-25", "is no date"),
    ],
)
def test_a_bad_period_is_bad_usage(
    deployed: AwsAccount, out: Path, first: str, last: str, text: str
) -> None:
    deployed.run()
    finished = key_rotation("evidence", "--from", first, "--to", last, "--out", str(out))
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert text in finished.stderr
    assert not out.exists()


def test_a_folder_with_files_is_never_written_into(deployed: AwsAccount, out: Path) -> None:
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    finished = evidence(deployed, out)
    assert finished.exit_code == 1
    assert "is not empty. Nothing was written." in finished.stderr
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_used(deployed: AwsAccount, out: Path) -> None:
    out.mkdir()
    assert evidence(deployed, out).exit_code == 0
    assert (out / "runs.csv").exists()


def test_an_interruption_leaves_no_file_behind(
    deployed: AwsAccount, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def interrupt(path: Path, content: bytes) -> int:
        if path.name == "manifest.json":
            raise KeyboardInterrupt
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", interrupt)
    assert evidence(deployed, out).exit_code != 0
    assert list(out.parent.iterdir()) == []


def test_the_current_folder_is_refused_before_anything_is_read(
    account: AwsAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    finished = evidence(account, Path())
    assert finished.exit_code == 1
    assert "is the current folder: name a new one. Nothing was written." in finished.stderr


def test_the_queries_read_the_history_of_each_exemption(deployed: AwsAccount, out: Path) -> None:
    deployed.put_parameters(**{"exemption/bob": "bob # why"})
    queries = evidence(deployed, out, "--json").document["queries"]
    assert "aws ssm get-parameter-history --name /key-rotation/exemption/bob" in queries
    assert len(queries) == len(set(queries)) == 3 + 8 + 1 + 1


def test_a_folder_that_cannot_be_created_is_named(deployed: AwsAccount, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    finished = evidence(deployed, tmp_path / "file" / "audit")
    assert finished.exit_code == 1
    assert "Nothing was written." in finished.stderr


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("Query", "dynamodb:Query"),
        ("Scan", "dynamodb:Scan"),
        ("GetParameterHistory", "ssm:GetParameterHistory"),
        ("GetFunctionConfiguration", "lambda:GetFunctionConfiguration"),
    ],
)
def test_a_missing_permission_is_named_and_nothing_is_written(
    deployed: AwsAccount,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    action: str,
) -> None:
    deny(monkeypatch, operation)
    finished = evidence(deployed, out)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert f"Access denied: {action}." in finished.stderr
    assert list(out.parent.iterdir()) == []


def test_without_a_deployment_that_is_said(account: AwsAccount, out: Path) -> None:
    finished = evidence(account, out)
    assert finished.exit_code == 1
    assert "not deployed" in finished.stderr
