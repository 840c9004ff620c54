"""The context values of an organization: defaults, accepted values, and one-line errors."""

import json
from typing import Any

import pytest

from infra.context import Context
from infra.context_value import ContextError
from infra.organisation.context import KEYS, MemberRoles, Organisation

_ORGANIZATION: dict[str, object] = {"organization": "o-a1b2c3d4e5", "targets": "r-ab12"}
_OUS = [f"ou-ab12-{number:08}" for number in range(51)]


def _read(**context: object) -> Organisation:
    values = {key.replace("_", "-"): value for key, value in context.items()}
    organisation = Organisation.read(_ORGANIZATION | values)
    assert organisation
    return organisation


def _refusal(values: dict[str, object]) -> str:
    with pytest.raises(ContextError) as refused:
        Context.read({"email": "none"} | values)
    message = str(refused.value)
    assert "\n" not in message
    assert message.endswith("; nothing was deployed")
    return message


def test_without_the_key_organization_the_deployment_is_for_a_single_account() -> None:
    assert Context.read({"email": "none"}).organisation is None


def test_an_organization_needs_only_its_id_and_its_targets() -> None:
    assert Context.read({"email": "none"} | _ORGANIZATION).organisation == Organisation(
        organization_id="o-a1b2c3d4e5",
        targets=("r-ab12",),
        member_roles=MemberRoles.DELEGATED_ADMIN,
        accounts_at_once=40,
        account_emails={},
    )


@pytest.mark.parametrize("value", ["o-a1b2c3d4e5", f"o-{'a' * 32}"])
def test_the_id_of_an_organization_is_accepted(value: str) -> None:
    assert _read(organization=value).organization_id == value


@pytest.mark.parametrize(
    ("value", "targets"),
    [
        ("r-ab12", ("r-ab12",)),
        ("ou-ab12-12345678", ("ou-ab12-12345678",)),
        ("ou-ab12-12345678, r-ab12 ,ou-ab12-12345678", ("ou-ab12-12345678", "r-ab12")),
        (",".join(_OUS[:50]), tuple(_OUS[:50])),
    ],
)
def test_targets_are_separated_by_commas_and_duplicates_are_dropped(
    value: str, targets: tuple[str, ...]
) -> None:
    assert _read(targets=value).targets == targets


@pytest.mark.parametrize(("value", "number"), [(1, 1), ("1", 1), (1000, 1000), ("40", 40)])
def test_accounts_at_once_is_a_number_from_1_to_1000(value: object, number: int) -> None:
    assert _read(accounts_at_once=value).accounts_at_once == number


@pytest.mark.parametrize("value", ["delegated-admin", "management-account", "separate"])
def test_there_are_three_ways_for_the_member_roles(value: str) -> None:
    assert _read(member_roles=value).member_roles == value


def test_the_addresses_of_accounts_are_an_object_in_cdk_json_and_its_json_on_the_command_line() -> (
    None
):
    emails = {"222233334444": ["b@example.com", "a@example.com"], "111122223333": "a@example.com"}
    accounts = {
        "a@example.com": ("111122223333", "222233334444"),
        "b@example.com": ("222233334444",),
    }
    assert _read(account_emails=emails).account_emails == accounts
    assert _read(account_emails=json.dumps(emails)).account_emails == accounts


@pytest.mark.parametrize("key", [key for key in KEYS if key != "organization"])
def test_a_key_of_an_organization_is_refused_by_name_in_a_single_account(key: str) -> None:
    message = _refusal({key: "x"})
    assert message.startswith(f"context {key!r} is 'x' without 'organization'")
    assert "set 'organization' as well, or omit it" in message


def test_targets_are_required_and_nothing_else_is() -> None:
    message = _refusal({"organization": "o-a1b2c3d4e5"})
    assert message.startswith("context 'targets' is missing; it accepts 1 to 50 ids, separated")
    assert "(r-...)" in message
    assert "(ou-...)" in message


def test_a_reserved_concurrency_is_refused_since_it_would_slow_the_runs_down() -> None:
    message = _refusal(_ORGANIZATION | {"reserved-concurrency": "1"})
    assert message.startswith("context 'reserved-concurrency' is '1'; it accepts nothing together")
    assert "one account at a time" in message


_REFUSED: dict[str, list[Any]] = {
    "organization": [
        "",
        "a1b2c3d4e5",
        "o-a1b2c3d4",
        f"o-{'a' * 33}",
        "O-A1B2C3D4E5",
        "r-ab12",
        "o-a1b2c3d4e5\n",
        1,
        True,
    ],
    "targets": [
        "",
        ",",
        "r-ab1",
        "r-ab12,",
        "r-ab12;ou-ab12-12345678",
        "ou-ab12",
        "ou-ab12-1234567",
        "ou-ab12-1234567G",
        "111122223333",
        "o-a1b2c3d4e5",
        ",".join(_OUS),
        ["r-ab12"],
        1,
    ],
    "member-roles": ["", "none", "stack-set", "Separate", True, 1],
    "accounts-at-once": ["", "0", 0, 1001, "1001", "-1", "4.0", "many", True, 4.0],
    "account-emails": [
        "",
        "a@example.com",
        "111122223333=a@example.com",
        "[]",
        '{"111122223333": "a@example.com"',
        ["a@example.com"],
        1,
    ],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in _REFUSED.items() for value in values]
)
def test_the_error_for_a_bad_value_names_the_key_the_value_and_what_is_accepted(
    key: str, value: object
) -> None:
    message = _refusal(_ORGANIZATION | {key: value})
    assert message.startswith(f"context {key!r} is {value!r}; it accepts ")


@pytest.mark.parametrize(
    ("account", "addresses"),
    [
        ("11112222333", "a@example.com"),
        ("bob", "a@example.com"),
        ("111122223333", ""),
        ("111122223333", "nobody"),
        ("111122223333", "a@example.com,b@example.com"),
        ("111122223333", []),
        ("111122223333", ["a@example.com", 1]),
        ("111122223333", None),
        ("111122223333", {"a@example.com": 1}),
    ],
)
def test_a_bad_account_or_address_is_named_alone(account: str, addresses: object) -> None:
    emails = {"999999999999": "good@example.com", account: addresses}
    message = _refusal(_ORGANIZATION | {"account-emails": emails})
    assert message.startswith(f"context 'account-emails' is { {account: addresses}!r}; it accepts ")


def test_sns_has_room_for_200_addresses_and_150_accounts_of_each() -> None:
    accounts = [f"{number:012}" for number in range(201)]
    addresses = {account: f"team-{account}@example.com" for account in accounts}
    one_address = dict.fromkeys(accounts, "all@example.com")
    assert len(_read(account_emails=dict(list(addresses.items())[:200])).account_emails) == 200
    emails = _read(account_emails=dict(list(one_address.items())[:150])).account_emails
    assert len(emails["all@example.com"]) == 150
    message = _refusal(_ORGANIZATION | {"account-emails": addresses})
    assert message.startswith("context 'account-emails' has 201 addresses; it accepts at most 200")
    message = _refusal(_ORGANIZATION | {"account-emails": dict(list(one_address.items())[:151])})
    assert message.startswith("context 'account-emails' has 151 accounts of all@example.com; it")


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("organisation", "did you mean 'organization'? "),
        ("target", "did you mean 'targets'? "),
        ("account-at-once", "did you mean 'accounts-at-once'? "),
        (
            "leave-out",
            "after the deployment, set the SSM parameter /key-rotation/organisation/leave-out; ",
        ),
    ],
)
def test_a_misspelt_key_of_an_organization_is_refused_with_the_nearest_one(
    key: str, advice: str
) -> None:
    assert _refusal({key: "x"}).startswith(f"context {key!r} is not known: {advice}the known keys")
