"""`preview` in a hub: each account with its own parameters and its part of the ledger."""

from datetime import date
from typing import Any

from tests.cli.deployed_hub import FIRST, OWN, DeployedHub
from tests.cli.preview.refusals import refusing
from tests.cli.terminal import key_rotation


def preview(*arguments: str) -> Any:
    with refusing():
        finished = key_rotation("preview", "--json", "-", *arguments)
    assert finished.exit_code == 0, finished.stderr
    return finished.document


def days_of(found: Any, section: str) -> list[str]:
    """Return the days on which a section has keys."""
    return [day["date"] for day in found["days"] if day[section]]


def test_a_notice_in_force_in_another_account_is_kept(hub: DeployedHub) -> None:
    hub.notice(FIRST, hub.create_key(FIRST, "bob", age=400), date(2026, 12, 5))
    found = preview("--account", FIRST, "--role", "Audit")
    assert days_of(found, "deactivated") == ["2026-12-05"]
    assert days_of(found, "noticed") == []


def test_the_overrides_of_an_account_hold_and_flags_are_stronger(hub: DeployedHub) -> None:
    hub.create_key(FIRST, "bob", age=40)
    hub.put(**{f"accounts/{FIRST}/max_age_days": "30"})
    of_account = ("--account", FIRST, "--role", "Audit")
    found = preview(*of_account)
    assert (found["stale"], found["source"]) == (1, "parameters")
    assert found["thresholds"]["max_age_days"] == 30
    assert preview(*of_account, "--max-age", "60")["stale"] == 0


def test_the_own_account_has_its_overrides(hub: DeployedHub) -> None:
    hub.own.create_key("alice", age=40)
    hub.put(**{f"accounts/{OWN}/max_age_days": "30"})
    assert preview()["stale"] == 1


def test_an_account_that_no_run_looks_at_is_shown_all_the_same_and_noted(
    hub: DeployedHub,
) -> None:
    hub.create_key(FIRST, "bob", age=400)
    hub.put(**{"organisation/leave_out": f"{FIRST} # audit"})
    with refusing():
        finished = key_rotation("preview", "--account", FIRST, "--role", "Audit", "--json", "-")
    assert finished.document["stale"] == 1
    assert "No run looks at it: it is left out (audit)." in finished.stderr
