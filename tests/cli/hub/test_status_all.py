"""`status --all`: every account of an organization, by the ledger alone."""

from datetime import date
from typing import Any

import pytest

from tests.cli.deployed_hub import FIRST, OWN, SECOND, THIRD, DeployedHub
from tests.cli.preview.refusals import refusing
from tests.cli.terminal import key_rotation


def accounts() -> dict[str, Any]:
    """Return the entries of all accounts by id, in their order."""
    shown = key_rotation("status", "--all", "--json")
    assert shown.exit_code == 0, shown.stderr
    assert shown.document["schema"] == "key-rotation/status-organisation/1"
    return {each["account_id"]: each for each in shown.document["accounts"]}


def test_no_call_of_iam_is_made(hub: DeployedHub) -> None:
    hub.create_key(FIRST, "bob", age=400)
    with refusing("ListUsers", "AssumeRole", "GetCredentialReport") as calls:
        assert key_rotation("status", "--all").exit_code == 0
    assert calls["ListUsers"] == calls["AssumeRole"] == 0


def test_the_keys_of_each_account_are_counted_by_their_state(hub: DeployedHub) -> None:
    one, two, held = (hub.create_key(FIRST, f"user{n}", age=400) for n in range(3))
    hub.notice(FIRST, one, date(2026, 11, 24))
    hub.notice(FIRST, two, date(2026, 11, 25))
    hub.hold(FIRST, held)
    found = accounts()
    assert (found[FIRST]["noticed"], found[FIRST]["held"], found[FIRST]["due"]) == (2, 1, 1)
    assert found[SECOND]["noticed"] == 0


def test_the_accounts_not_looked_at_come_first_then_those_with_keys_due(hub: DeployedHub) -> None:
    hub.look_at(OWN, FIRST, THIRD)
    hub.notice(THIRD, hub.create_key(THIRD, "bob", age=400), date(2026, 11, 20))
    hub.put(**{"organisation/leave_out": f"{OWN} # runs elsewhere"})
    found = accounts()
    assert [*found] == [SECOND, THIRD, FIRST, OWN]
    assert [each["looked_at"] for each in found.values()] == [False, True, True, False]
    assert found[OWN]["coverage"] == "left out"


def test_the_screen_has_the_run_the_limit_and_a_line_for_each_account(hub: DeployedHub) -> None:
    hub.look_at(OWN, FIRST, SECOND)
    hub.put(**{f"accounts/{FIRST}/mode": "report", "organisation/leave_out": f"{SECOND} # audit"})
    shown = key_rotation("status", "--all")
    assert shown.exit_code == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[1] == "Last run Tue 24 Nov 2026, 09:00: enforce mode"
    assert lines[2] == "At most 250 changes a run in all accounts together"
    assert lines[3].startswith("4 accounts: 2 looked at, 1 not looked at, 1 left out.")
    assert [line.split()[0] for line in lines if line[:12].isdigit()] == [
        THIRD,
        FIRST,
        OWN,
        SECOND,
    ]
    [first] = [line for line in lines if line.startswith(FIRST)]
    assert " report " in first
    assert "24 Nov 2026" in first


@pytest.mark.usefixtures("hub")
def test_a_paused_organization_and_a_paused_account_are_told() -> None:
    key_rotation("pause", "--reason", "x", "--yes")
    key_rotation("pause", "--reason", "x", "--yes", "--account", FIRST)
    shown = key_rotation("status", "--all").stdout
    assert "Paused: 0 changes a run in all accounts together" in shown
    assert "enforce, paused" in shown


def test_a_row_that_cannot_be_read_is_named(hub: DeployedHub) -> None:
    table = hub.own.clients.table
    table.put_item(Item={"pk": "ACCOUNT", "sk": "999999999999", "schema": 3})
    shown = key_rotation("status", "--all")
    assert shown.exit_code == 1
    assert "Account 999999999999 cannot be read" in shown.stdout


def test_before_the_first_run_it_says_how_to_start_one(hub: DeployedHub) -> None:
    table = hub.own.clients.table
    for item in hub.own.items("ACCOUNT"):
        table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
    shown = key_rotation("status", "--all")
    assert shown.exit_code == 1
    assert "No run has registered an account yet. Start one: key-rotation run" in shown.stderr


@pytest.mark.parametrize("arguments", [("bob",), ("--account", FIRST)])
def test_neither_a_user_nor_an_account_can_be_named_besides(
    hub: DeployedHub, arguments: tuple[str, ...]
) -> None:
    del hub
    finished = key_rotation("status", "--all", *arguments)
    assert finished.exit_code == 2
    assert "--all takes neither" in finished.stderr


@pytest.mark.usefixtures("deployed")
def test_a_deployment_for_one_account_has_no_others() -> None:
    finished = key_rotation("status", "--all")
    assert finished.exit_code == 2
    assert "is a deployment for 123456789012 alone" in finished.stderr
