"""`explain --account`: the history of a key in one account of an organization."""

from datetime import date

from tests.cli.deployed_hub import FIRST, SECOND, DeployedHub
from tests.cli.terminal import key_rotation

DUE = date(2026, 12, 1)


def test_the_history_of_a_key_is_that_of_its_account(hub: DeployedHub) -> None:
    key = hub.create_key(FIRST, "bob", age=400)
    hub.notice(FIRST, key, DUE)
    found = key_rotation("explain", key, "--account", FIRST, "--role", "Audit", "--json")
    assert found.exit_code == 0, found.stderr
    assert [each["action"] for each in found.document["history"]] == ["notice"]
    assert (found.document["status"], found.document["next"]["due"]) == ("Active", "2026-12-01")
    elsewhere = key_rotation("explain", key, "--account", SECOND, "--role", "Audit")
    assert elsewhere.exit_code == 1
    assert f"neither IAM of account {SECOND} nor the ledger knows it" in elsewhere.stderr


def test_the_commands_name_the_account(hub: DeployedHub) -> None:
    key = hub.create_key(FIRST, "bob", age=400)
    found = key_rotation("explain", key, "--account", FIRST, "--role", "Audit", "--json")
    for command in found.document["next"]["commands"]:
        assert command.endswith(f" --account {FIRST}")


def test_without_access_to_iam_the_ledger_alone_is_told(hub: DeployedHub) -> None:
    key = hub.create_key(FIRST, "bob", age=400)
    hub.notice(FIRST, key, DUE)
    found = key_rotation("explain", key, "--account", FIRST)
    assert found.exit_code == 1
    assert f"{key} of bob: status not read, 400 days old" in found.stdout
    shown = " ".join(found.stdout.split())
    assert "Notice was given" in shown
    assert "The ledger has: noticed, stops 1 Dec 2026. Whether that comes is not known." in shown
    assert "name a role in it with --role" in found.stderr
