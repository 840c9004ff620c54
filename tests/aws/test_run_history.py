"""The history of runs: what each run leaves as proof, and what of it is never written."""

import gzip
import json
from typing import Any

import pytest

from key_rotation.adapters.ledger_history import RunHistory, decode_population, decode_run
from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Mode
from key_rotation.domain.run_history import PopulationKey, RunSummary
from key_rotation.errors import InvalidSettingsError, LedgerError, ListUsersError
from tests.aws.aws_account import DEFAULTS, AwsAccount
from tests.aws.due_keys import a_key_to_deactivate
from tests.aws.faults import client_error, on_event, refused
from tests.aws.stopped_runs import stopped_run


def summaries(account: AwsAccount) -> list[RunSummary]:
    """Return the history of runs, oldest first."""
    return [decode_run(item) for item in account.items("RUNS")]


def population(account: AwsAccount) -> list[PopulationKey]:
    """Return the keys of all populations."""
    return [key for item in account.items("POPULATION") for key in decode_population(item)]


def test_a_run_leaves_one_item_with_what_it_saw_and_did(account: AwsAccount) -> None:
    key_id = a_key_to_deactivate(account)
    account.run()
    (_, summary), (_, item) = summaries(account)[-2:], account.items("RUNS")[-2:]
    assert item["run_id"] == f"run-{account.run_count}"
    assert item["started"] == account.now.isoformat()
    assert (summary.mode, summary.scan, summary.complete) == (Mode.ENFORCE, Scan.FULL, True)
    assert (item["users"], item["keys"], item["failures"]) == (1, 1, [])
    assert summary.counts == {"deactivated": 1}
    assert {name: p.value for name, p in summary.settings.items()} == DEFAULTS
    assert summary.settings["mode"].version == 1
    assert account.status(key_id) == "Inactive"


def test_the_message_of_a_run_is_named_by_its_id_and_a_run_without_one_has_none(
    account: AwsAccount,
) -> None:
    account.create_key("alice", age=83)
    account.run()
    account.run_after(1)
    first, second = summaries(account)
    assert first.message_id
    assert first.delivered
    assert (second.message_id, second.delivered) == (None, False)


def test_a_user_who_cannot_be_read_is_named_with_the_error(account: AwsAccount) -> None:
    account.create_key("alice", age=1)
    with refused(account, "iam.ListAccessKeys", "AccessDenied"):
        account.run()
    [item] = account.items("RUNS")
    [failure] = item["failures"]
    assert (failure["user"], failure["access_key_id"]) == ("alice", None)
    assert "AccessDenied" in failure["text"]
    assert (item["complete"], item["failure_count"]) == (True, 1)


def test_no_item_of_the_history_is_ever_written_again(account: AwsAccount) -> None:
    """Also where the answer of the first try was lost: the second try finds its own item."""
    history = RunHistory(account.clients.table)
    account.run()
    before = account.items("RUNS")
    [summary] = summaries(account)
    history.write_run(summary)
    assert account.items("RUNS") == before


def test_a_full_scan_writes_every_key_once_and_a_targeted_scan_none(account: AwsAccount) -> None:
    old = account.create_key("alice", age=90)
    inactive = account.create_key("bob", age=5, status="Inactive")
    account.run()
    found = {key.access_key_id: key for key in population(account)}
    assert found.keys() == {old, inactive}
    assert (found[old].user, found[old].status) == ("alice", "Active")
    assert (found[inactive].status, found[inactive].last_use_read) == ("Inactive", False)
    assert found[old].last_use_read
    assert found[old].last_used is None
    account.run()
    account.run_after(1)
    assert len(population(account)) == 2
    account.run_after(6)
    assert len(population(account)) == 4
    assert [s.population_items for s in summaries(account)] == [1, 0, 0, 1]


def test_a_population_can_be_read_without_this_tool(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=5)
    account.run()
    [item] = account.items("POPULATION")
    [row] = json.loads(gzip.decompress(bytes(item["rows"])))
    assert dict(zip(item["columns"], row, strict=True))["access_key_id"] == key_id


@pytest.mark.parametrize("partition", ["POPULATION", "RUNS"])
def test_a_run_whose_proof_is_refused_fails_after_all_else_is_recorded(
    account: AwsAccount, partition: str
) -> None:
    """The next run finds nothing to do again, and leaves the proof."""
    key_id = a_key_to_deactivate(account)

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if f'"{partition}"' in str(params["body"]):
            raise client_error("PutItem", "AccessDeniedException")

    with on_event(account, "before-call.dynamodb.PutItem", refuse), pytest.raises(LedgerError):
        account.run()
    assert account.status(key_id) == "Inactive"
    assert account.history(key_id)[-1] == "deactivate"
    digests = len(account.messages)
    account.run()
    assert account.history(key_id).count("deactivate") == 1
    assert len(account.messages) == digests
    assert summaries(account)[-1].complete


@pytest.mark.parametrize(
    ("mode", "error"), [("off", InvalidSettingsError), ("enforce", ListUsersError)]
)
def test_a_stopped_run_leaves_why_it_was_stopped(
    account: AwsAccount, mode: str, error: type[Any]
) -> None:
    account.put_parameters(mode=mode)
    with refused(account, "iam.ListUsers"):
        stopped_run(account, error)
    [summary] = summaries(account)
    assert not summary.complete
    assert summary.stopped.startswith(f"{error.__name__}: ")
    assert summary.message_id
    assert bool(summary.settings) is (error is ListUsersError)


def test_a_second_try_that_is_stopped_publishes_nothing_and_leaves_an_item_too(
    account: AwsAccount,
) -> None:
    with refused(account, "iam.ListUsers"):
        stopped_run(account, ListUsersError, run_id="run-x")
        stopped_run(account, ListUsersError, run_id="run-y")
    first, second = summaries(account)
    assert first.message_id
    assert second.message_id is None
    assert second.stopped == first.stopped
