"""`exempt` in a hub: in one account, or in all of them."""

from tests.cli.deployed_hub import FIRST, SECOND, DeployedHub
from tests.cli.terminal import key_rotation

ADD = ("exempt", "add", "bob", "--forever", "--reason", "moves", "--yes")
ROLE = ("--role", "Audit")


def test_an_exemption_of_an_account_is_a_parameter_of_that_account(hub: DeployedHub) -> None:
    key = hub.create_key(FIRST, "bob", age=400)
    added = key_rotation(*ADD, "--account", FIRST, *ROLE, "--json")
    assert added.exit_code == 0, added.stderr
    assert hub.parameter(f"accounts/{FIRST}/exemption/bob") == "bob # moves"
    [covered] = added.document["keys"]
    assert (added.document["account_id"], covered["access_key_id"]) == (FIRST, key)
    [shown] = key_rotation("status", "--account", FIRST, *ROLE, "--json").document["keys"]
    assert shown["state"] == "exempt"


def test_without_access_to_iam_it_says_that_it_cannot_tell_the_keys_and_goes_on(
    hub: DeployedHub,
) -> None:
    added = key_rotation(*ADD, "--account", FIRST)
    assert added.exit_code == 0
    assert "Which keys it covers could not be read." in added.stdout
    assert hub.parameter(f"accounts/{FIRST}/exemption/bob") == "bob # moves"


def test_without_an_account_it_holds_in_every_account_and_says_so(hub: DeployedHub) -> None:
    added = key_rotation(*ADD)
    assert added.exit_code == 0
    assert "It holds in EVERY account of the organization" in added.stdout
    assert hub.parameter("exemption/bob") == "bob # moves"


def test_remove_ends_the_exemption_of_the_account_alone(hub: DeployedHub) -> None:
    key_rotation(*ADD)
    key_rotation(*ADD, "--account", FIRST)
    removed = key_rotation("exempt", "remove", "bob", "--yes", "--account", FIRST)
    assert removed.exit_code == 0
    assert hub.parameter(f"accounts/{FIRST}/exemption/bob") is None
    assert hub.parameter("exemption/bob") == "bob # moves"
    again = key_rotation("exempt", "remove", "bob", "--yes", "--account", FIRST)
    assert (again.exit_code, "No exemption has the pattern 'bob'" in again.stderr) == (1, True)


def test_the_list_of_an_account_has_each_entry_that_reaches_it(hub: DeployedHub) -> None:
    hub.put(
        **{
            "exemption/all": "alice",
            "ous/ou-root-prod0001/exemption/unit": "bob",
            f"accounts/{FIRST}/exemption/one": "carol",
            f"accounts/{SECOND}/exemption/other": "dave",
            "ous/ou-root-sand0001/exemption/other": "erin",
        }
    )
    shown = key_rotation("exempt", "list", "--account", FIRST, *ROLE, "--json")
    assert shown.exit_code == 0, shown.stderr
    found = {each["pattern"]: each["parameter"] for each in shown.document["exemptions"]}
    assert found == {
        "alice": "/key-rotation/exemption/all",
        "bob": "/key-rotation/ous/ou-root-prod0001/exemption/unit",
        "carol": f"/key-rotation/accounts/{FIRST}/exemption/one",
    }
    table = "".join(key_rotation("exempt", "list", "--account", FIRST, *ROLE).stdout.split())
    assert f"accounts/{FIRST}/"[:12] in table


def test_an_unknown_account_is_refused_and_nothing_is_written(hub: DeployedHub) -> None:
    added = key_rotation(*ADD, "--account", "111122223334")
    assert (added.exit_code, added.stdout) == (1, "")
    assert f"Similar are: {FIRST}" in added.stderr
    assert hub.parameter("accounts/111122223334/exemption/bob") is None
