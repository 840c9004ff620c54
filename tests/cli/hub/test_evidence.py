"""`evidence` in a hub: of one account, or of all with a manifest over all."""

import csv
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from key_rotation.adapters.ledger_history import RunHistory
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.domain.model import Mode
from key_rotation.domain.run_history import RunSummary
from tests.cli.deployed_hub import FIRST, OWN, SECOND, THIRD, DeployedHub
from tests.cli.terminal import Finished, key_rotation

FILES = {
    *("changes.csv", "control.html", "exemptions.csv", "failures.csv", "manifest.json"),
    *("populations.csv", "runs.csv"),
}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder that does not exist."""
    return tmp_path / "audit"


def evidence(out: Path, *arguments: str) -> Finished:
    days = ("--from", "2026-11-23", "--to", "2026-11-24")
    return key_rotation("evidence", *days, "--out", str(out), *arguments)


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    return list(csv.DictReader(path.read_text().splitlines()))


def a_run(hub: DeployedHub, account_id: str) -> None:
    """Write that a run of the rules took place in an account."""
    partitions = Partitions(None if account_id == OWN else account_id)
    summary = RunSummary(
        run_id=f"run-of-{account_id}",
        event_id="event-1",
        started=hub.own.now,
        version="1",
        mode=Mode.ENFORCE,
        complete=True,
    )
    RunHistory(hub.own.clients.table, partitions).write_run(summary)


def test_the_evidence_of_an_account_is_of_its_part_of_the_ledger(
    hub: DeployedHub, out: Path
) -> None:
    for account_id in (FIRST, SECOND):
        a_run(hub, account_id)
        key = hub.create_key(account_id, f"user-of-{account_id}", age=400)
        hub.notice(account_id, key, date(2026, 12, 1))
    hub.put(
        **{
            f"accounts/{FIRST}/max_age_days": "60",
            f"accounts/{FIRST}/exemption/bob": "bob # moves",
            f"accounts/{SECOND}/max_age_days": "61",
        }
    )
    finished = evidence(out, "--account", FIRST, "--json")
    assert finished.exit_code == 0, finished.stderr
    assert finished.document["account_id"] == FIRST
    assert [row["run_id"] for row in rows(out / "runs.csv")] == ["", f"run-of-{FIRST}"]
    assert [row["user"] for row in rows(out / "changes.csv")] == [f"user-of-{FIRST}"]
    page = (out / "control.html").read_text()
    assert f"accounts/{FIRST}/max-age-days" in page
    assert f"accounts/{SECOND}" not in page
    [exemption] = rows(out / "exemptions.csv")
    assert exemption["source"] == f"exemption/accounts/{FIRST}/exemption/bob"
    queries = " ".join(finished.document["queries"])
    assert f'"{FIRST}#RUNS"' in queries
    assert f"--name /key-rotation/accounts/{FIRST}/exemption/bob" in queries


def test_that_of_all_has_a_folder_for_each_account_an_index_and_one_manifest(
    hub: DeployedHub, out: Path
) -> None:
    for account_id in (OWN, FIRST):
        a_run(hub, account_id)
    hub.notice(FIRST, hub.create_key(FIRST, "bob", age=400), date(2026, 12, 1))
    own_key = hub.own.create_key("alice", age=400)
    hub.notice(OWN, own_key, date(2026, 12, 1))
    finished = evidence(out, "--all", "--json")
    assert finished.exit_code == 0, finished.stderr
    accounts = {OWN, FIRST, SECOND, THIRD}
    assert {path.name for path in out.iterdir()} == {*accounts, "index.csv", "manifest.json"}
    for account_id in accounts:
        assert {path.name for path in (out / account_id).iterdir()} == FILES
    index = {row["account_id"]: row for row in rows(out / "index.csv")}
    assert (index[FIRST]["runs"], index[FIRST]["changes"], index[FIRST]["gaps"]) == ("1", "1", "1")
    assert (index[OWN]["runs"], index[OWN]["changes"]) == ("1", "1")
    assert (index[SECOND]["runs"], index[SECOND]["gaps"]) == ("0", "2")
    [change] = rows(out / OWN / "changes.csv")
    assert change["access_key_id"] == own_key
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest == finished.document
    assert manifest["schema"] == "key-rotation/evidence-organisation/1"
    described = {each["name"]: each["sha256"] for each in manifest["files"]}
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert described.keys() == written - {"manifest.json"}
    for name, digest in described.items():
        assert digest == hashlib.sha256((out / name).read_bytes()).hexdigest()


def test_an_account_by_itself_and_among_all_has_the_same_tables(
    hub: DeployedHub, tmp_path: Path
) -> None:
    a_run(hub, FIRST)
    hub.notice(FIRST, hub.create_key(FIRST, "bob", age=400), date(2026, 12, 1))
    assert evidence(tmp_path / "one", "--account", FIRST).exit_code == 0
    assert evidence(tmp_path / "all", "--all").exit_code == 0
    for name in FILES - {"manifest.json", "control.html"}:
        found = (tmp_path / "all" / FIRST / name).read_bytes()
        assert found == (tmp_path / "one" / name).read_bytes()


def test_an_account_that_cannot_be_read_leaves_no_folder(hub: DeployedHub, out: Path) -> None:
    place = {"pk": f"{SECOND}#HISTORY#AKIA", "sk": "2026-11-24"}
    hub.own.clients.table.put_item(Item={**place, "schema": 3})
    finished = evidence(out, "--all")
    assert finished.exit_code == 1
    assert "An item of the history cannot be read" in finished.stderr
    assert not list(out.parent.iterdir())


@pytest.mark.usefixtures("deployed")
def test_a_deployment_for_one_account_has_no_others(out: Path) -> None:
    finished = evidence(out, "--all")
    assert finished.exit_code == 2
    assert not out.exists()
