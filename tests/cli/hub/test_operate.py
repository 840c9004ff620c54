"""`pause`, `resume`, `restore` and `release` in a hub."""

from datetime import date, timedelta

import pytest

from key_rotation.domain.model import NEVER_USED, Action
from key_rotation.domain.watch import Deactivated
from key_rotation_cli.reads import RESTORE_ONLY
from tests.cli.deployed_hub import FIRST, DeployedHub
from tests.cli.faults import refused
from tests.cli.terminal import key_rotation

OWN_LIMIT = f"accounts/{FIRST}/max-changes-per-run"
ROLE = ("--role", "Operator")


def deactivate(hub: DeployedHub, key_id: str) -> None:
    """Record that a run turned a key off."""
    state = Deactivated(
        since=hub.own.now,
        start=hub.own.now,
        baseline=NEVER_USED,
        due=hub.own.now.date() + timedelta(days=30),
        announced_on=date(2026, 11, 24),
    )
    hub.record(FIRST, key_id, state, Action.DEACTIVATE)


def test_a_pause_of_an_account_ends_with_what_was_before(hub: DeployedHub) -> None:
    paused = key_rotation("pause", "--reason", "freeze", "--yes", "--account", FIRST)
    assert (paused.exit_code, hub.parameter(OWN_LIMIT)) == (0, "0")
    assert f"key-rotation resume --account {FIRST}" in paused.stdout
    assert "the account has none of its own" in paused.stderr
    assert hub.parameter("max-changes-per-run") == "25"
    resumed = key_rotation("resume", "--yes", "--account", FIRST)
    assert (resumed.exit_code, hub.parameter(OWN_LIMIT)) == (0, None)
    assert "(paused: freeze)" in resumed.stderr


def test_a_limit_that_the_account_had_comes_back(hub: DeployedHub) -> None:
    hub.put(**{OWN_LIMIT: "7"})
    key_rotation("pause", "--reason", "freeze", "--yes", "--account", FIRST)
    assert hub.parameter(OWN_LIMIT) == "0"
    key_rotation("resume", "--yes", "--account", FIRST)
    assert hub.parameter(OWN_LIMIT) == "7"


def test_an_account_that_is_not_paused_is_left_alone(hub: DeployedHub) -> None:
    resumed = key_rotation("resume", "--yes", "--account", FIRST, "--json")
    assert (resumed.exit_code, resumed.document["changed"]) == (0, False)
    assert hub.parameter(OWN_LIMIT) is None


def test_without_an_account_the_organization_is_paused(hub: DeployedHub) -> None:
    paused = key_rotation("pause", "--reason", "freeze", "--yes")
    assert (paused.exit_code, hub.parameter("organisation/max-changes-per-run")) == (0, "0")
    assert "organisation/max-changes-per-run of all accounts to 0; it is 250" in paused.stderr
    assert hub.parameter("max-changes-per-run") == "25"
    assert key_rotation("resume", "--yes").exit_code == 0
    assert hub.parameter("organisation/max-changes-per-run") == "250"


def test_the_limit_of_the_organization_may_be_higher_than_that_of_an_account(
    hub: DeployedHub,
) -> None:
    hub.put(**{"organisation/max-changes-per-run": "20000", OWN_LIMIT: "20000"})
    for account in ((), ("--account", FIRST)):
        key_rotation("pause", "--reason", "freeze", "--yes", *account)
        key_rotation("resume", "--yes", *account)
    assert hub.parameter("organisation/max-changes-per-run") == "20000"
    assert hub.parameter(OWN_LIMIT) is None  # no run accepts that value


@pytest.mark.parametrize("command", [("pause", "--reason", "x"), ("resume",)])
def test_without_an_answer_nothing_is_changed(hub: DeployedHub, command: tuple[str, ...]) -> None:
    if command[0] == "resume":
        hub.put(**{OWN_LIMIT: "0"})
    before = hub.parameter(OWN_LIMIT)
    assert key_rotation(*command, "--account", FIRST, answer="").exit_code == 1
    assert hub.parameter(OWN_LIMIT) == before


def test_a_key_of_an_account_is_turned_on_with_the_callers_role(hub: DeployedHub) -> None:
    key = hub.create_key(FIRST, "bob", age=400, status="Inactive")
    deactivate(hub, key)
    restored = key_rotation("restore", key, "--yes", "--account", FIRST, *ROLE, "--json")
    assert restored.exit_code == 0, restored.stderr
    assert hub.status(FIRST, key) == "Active"
    assert restored.document["account_id"] == FIRST
    assert f"in the account {FIRST}" in restored.stderr


def test_the_role_may_only_turn_keys_on(hub: DeployedHub) -> None:
    key = hub.create_key(FIRST, "bob", age=400, status="Inactive")
    deactivate(hub, key)
    with refused("sts.AssumeRole", only_for=RESTORE_ONLY):
        restored = key_rotation("restore", key, "--yes", "--account", FIRST, *ROLE)
    assert restored.exit_code == 1
    assert hub.status(FIRST, key) == "Inactive"


@pytest.mark.parametrize("command", ["restore", "release"])
def test_without_access_to_iam_nothing_is_changed_and_the_way_is_named(
    hub: DeployedHub, command: str
) -> None:
    key = hub.create_key(FIRST, "bob", age=400)
    hub.hold(FIRST, key)
    finished = key_rotation(command, key, "--yes", "--account", FIRST)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert "name a role in it with --role" in finished.stderr


def test_a_hold_of_a_key_of_an_account_is_ended(hub: DeployedHub) -> None:
    key = hub.create_key(FIRST, "bob", age=400)
    hub.hold(FIRST, key)
    released = key_rotation("release", key, "--yes", "--account", FIRST, *ROLE)
    assert released.exit_code == 0, released.stderr
    assert f'{{"S": "{FIRST}#WATCH"}}' in released.stderr
    [shown] = key_rotation("status", "--account", FIRST, *ROLE, "--json").document["keys"]
    assert shown["state"] == "fresh"


def test_a_restored_key_is_exempted_in_its_account(hub: DeployedHub) -> None:
    key = hub.create_key(FIRST, "bob", age=400, status="Inactive")
    deactivate(hub, key)
    until = ("--exempt-until", "2026-12-31", "--reason", "replace it")
    assert key_rotation("restore", key, "--yes", "--account", FIRST, *ROLE, *until).exit_code == 0
    assert hub.parameter(f"accounts/{FIRST}/exemption/{key}") is not None
