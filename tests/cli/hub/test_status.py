"""`status --account`: one account of an organization."""

from datetime import date

import pytest

from tests.cli.deployed_hub import FIRST, OWN, SECOND, DeployedHub
from tests.cli.faults import refused
from tests.cli.terminal import key_rotation

ROLE = ("--role", "Audit")
DUE = date(2026, 12, 1)


def test_the_keys_of_an_account_stand_by_its_part_of_the_ledger(hub: DeployedHub) -> None:
    noticed = hub.create_key(FIRST, "bob", age=400)
    hub.notice(FIRST, noticed, DUE)
    hub.create_key(SECOND, "carol", age=400)
    shown = key_rotation("status", "--account", FIRST, *ROLE, "--json")
    assert shown.exit_code == 0, shown.stderr
    [key] = shown.document["keys"]
    assert (key["access_key_id"], key["state"], key["due"]) == (noticed, "noticed", "2026-12-01")
    assert shown.document["account_id"] == FIRST
    assert shown.document["schema"] == "key-rotation/status/1"


def test_overrides_hold_and_their_scopes_are_named(hub: DeployedHub) -> None:
    hub.create_key(FIRST, "bob", age=40)
    hub.put(**{f"accounts/{FIRST}/max_age_days": "30", "ous/ou-root-prod0001/mode": "report"})
    shown = key_rotation("status", "--account", FIRST, *ROLE)
    assert f"Account {FIRST} (name of {FIRST})" in shown.stdout
    assert "Mode report, at most 25 changes a run, max age 30" in shown.stdout
    assert (
        f"Of this account: max-age-days 30 from accounts/{FIRST}, "
        "mode report from ous/ou-root-prod0001"
    ) in shown.stdout


def test_the_own_account_has_its_overrides_without_being_named(hub: DeployedHub) -> None:
    hub.own.create_key("alice", age=40)
    hub.put(**{f"accounts/{OWN}/max_age_days": "30"})
    shown = key_rotation("status")
    assert shown.exit_code == 0, shown.stderr
    assert "max age 30" in shown.stdout
    assert "account_id" not in key_rotation("status", "--json").document


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "name a role in it with --role, or a profile of the AWS CLI with --member-profile"),
        (ROLE, f"IAM of the account {FIRST} cannot be read: AssumeRole: AccessDenied: "),
    ],
)
def test_without_access_to_iam_the_ledger_alone_is_shown_and_the_way_is_named(
    hub: DeployedHub, arguments: tuple[str, ...], text: str
) -> None:
    noticed = hub.create_key(FIRST, "bob", age=400)
    hub.notice(FIRST, noticed, DUE)
    with refused("sts.AssumeRole"):
        shown = key_rotation("status", "--account", FIRST, *arguments)
    assert shown.exit_code == 1
    assert noticed in shown.stdout
    assert "noticed, stops 1 Dec 2026" in shown.stdout
    assert text in shown.stderr
    assert "Shown is what the ledger alone has." in shown.stderr


def test_a_held_key_of_the_ledger_is_shown_as_such(hub: DeployedHub) -> None:
    held = hub.create_key(FIRST, "bob", age=400)
    hub.hold(FIRST, held)
    [key] = key_rotation("status", "bob", "--account", FIRST, "--json").document["keys"]
    assert (key["access_key_id"], key["state"], key["status"]) == (held, "held", None)


def test_an_unknown_account_is_refused_with_similar_ones(hub: DeployedHub) -> None:
    del hub
    finished = key_rotation("status", "--account", "111122223334", *ROLE)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert f"No run has found an account 111122223334. Similar are: {FIRST}" in finished.stderr


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        (
            {"organisation/leave_out": f"{FIRST} until 2026-12-31 # audit"},
            "it is left out until Thu 31 Dec 2026 (audit)",
        ),
        (
            {f"accounts/{FIRST}/mode": "off"},
            f"The parameter /key-rotation/accounts/{FIRST}/mode has the value 'off'",
        ),
    ],
)
def test_an_account_that_no_run_looks_at_is_told_so(
    hub: DeployedHub, parameters: dict[str, str], text: str
) -> None:
    hub.put(**parameters)
    finished = key_rotation("status", "--account", FIRST, *ROLE)
    assert finished.exit_code == 1
    assert text in finished.stderr


def test_an_account_that_left_is_told_so(hub: DeployedHub) -> None:
    del hub.hub.organization.members[FIRST]
    hub.prepare()
    finished = key_rotation("status", "--account", FIRST, *ROLE)
    assert "it left the organization on Tue 24 Nov 2026" in finished.stderr


@pytest.mark.usefixtures("deployed")
def test_a_deployment_for_one_account_knows_no_other() -> None:
    finished = key_rotation("status", "--account", FIRST, *ROLE)
    assert finished.exit_code == 2
    assert "KeyRotation is a deployment for the account 123456789012 alone" in finished.stderr
    assert key_rotation("status", "--account", OWN).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--role", "Audit"), "--role, --external-id and --member-profile need --account"),
        (("--account", "1"), "--account '1' is no account id"),
        (
            ("--account", FIRST, *ROLE, "--member-profile", "p"),
            "either --role or --member-profile",
        ),
        (("--account", FIRST, "--external-id", "abc"), "--external-id needs --role"),
    ],
)
def test_bad_usage_is_named(arguments: tuple[str, ...], text: str) -> None:
    finished = key_rotation("status", *arguments)
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert text in " ".join(finished.stderr.split())


def test_where_the_parameters_cannot_be_read_those_of_the_last_run_count(
    hub: DeployedHub,
) -> None:
    hub.put(**{f"accounts/{FIRST}/max_age_days": "30"})
    hub.prepare()
    with refused("ssm.GetParametersByPath", "AccessDeniedException"):
        shown = key_rotation("status", "--account", FIRST, *ROLE)
    assert "those are shown that the last run found" in shown.stderr
    assert "max age 30" in shown.stdout
