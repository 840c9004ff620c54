"""The accounts of an organization, as Organizations lists them."""

import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from key_rotation.adapters.clients import build_hub_clients
from key_rotation.adapters.organizations import read_organization
from key_rotation.domain.organisation.accounts import Account
from key_rotation.errors import OrganizationUnreadableError
from tests.aws.organisation.hub import (
    FIRST,
    ORGANIZATION_ID,
    OWN,
    PRODUCTION,
    ROOT,
    SANDBOX,
    SECOND,
    THIRD,
    Hub,
)

TEAM = "ou-root-team0001"


def read(hub: Hub) -> dict[str, Account]:
    """Return the accounts by id."""
    found = read_organization(hub.clients.organizations, ORGANIZATION_ID, OWN)
    return {account.account_id: account for account in found.accounts}


def test_all_pages_are_read_although_one_is_empty(hub: Hub) -> None:
    for number in range(45 - len(hub.organization.members)):
        hub.organization.add(f"{number:012}", PRODUCTION)
    assert len(read(hub)) == 45
    assert hub.organization.calls == ["DescribeOrganization", *["ListAccounts"] * 4]


def test_the_path_of_an_account_gives_all_that_contains_it(hub: Hub) -> None:
    hub.organization.add(FIRST, PRODUCTION, TEAM)
    accounts = read(hub)
    assert accounts[FIRST].ous == (ROOT, PRODUCTION, TEAM)
    assert accounts[OWN].ous == (ROOT,)


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"State": "SUSPENDED", "Status": "ACTIVE"}, "SUSPENDED"),
        ({"State": "PENDING_ACTIVATION"}, "PENDING_ACTIVATION"),
        ({"Status": "ACTIVE"}, "ACTIVE"),
        ({"Status": "SUSPENDED"}, "SUSPENDED"),
        ({}, ""),
    ],
)
def test_the_state_counts_and_the_retired_status_only_without_it(
    hub: Hub, given: dict[str, str], state: str
) -> None:
    member = hub.organization.members[FIRST]
    del member["State"]
    member.update(given)
    assert read(hub)[FIRST].state == state


@pytest.mark.parametrize("field", ["Path", "Paths"])
def test_a_path_may_be_given_in_either_form(hub: Hub, field: str) -> None:
    [path] = hub.organization.members[FIRST].pop("Paths")
    hub.organization.members[FIRST][field] = [path] if field == "Paths" else path
    assert read(hub)[FIRST].ous == (ROOT, PRODUCTION)
    assert "ListParents" not in hub.organization.calls


def test_without_paths_the_parents_are_asked_for_each_once(hub: Hub) -> None:
    hub.organization.add(FIRST, PRODUCTION, TEAM)
    hub.organization.add(SECOND, PRODUCTION, TEAM)
    for account_id in (FIRST, SECOND, THIRD):
        del hub.organization.members[account_id]["Paths"]
    accounts = read(hub)
    assert accounts[FIRST].ous == accounts[SECOND].ous == (ROOT, PRODUCTION, TEAM)
    assert accounts[THIRD].ous == (ROOT, SANDBOX)
    accounts_and_units = 3 + 3
    assert hub.organization.calls.count("ListParents") <= accounts_and_units + 2  # two at once


def test_an_account_that_moves_between_pages_is_taken_once(hub: Hub) -> None:
    hub.organization.page_size = 2
    listing = hub.organization.ListAccounts

    def repeat(request: Any) -> dict[str, Any]:
        page = listing(request)
        page["Accounts"] = [*page["Accounts"], hub.organization.members[FIRST]]
        return page

    hub.organization.ListAccounts = repeat  # type: ignore[method-assign]  # its answers differ
    assert sorted(read(hub)) == [FIRST, OWN, SECOND, THIRD]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda hub: hub.organization.members[FIRST].pop("Name"),
        lambda hub: hub.organization.errors.update(ListAccounts=["TooManyRequestsException"]),
        lambda hub: (
            hub.organization.members[FIRST].pop("Paths"),
            hub.organization.errors.update(ListParents=["AccessDeniedException"]),
        ),
        lambda hub: (
            hub.organization.members[FIRST].pop("Paths"),
            hub.organization.parents.pop(FIRST),
            hub.organization.__dict__.update(ListParents=lambda _: {"Parents": []}),
        ),
    ],
)
def test_a_list_that_is_not_complete_is_no_list(hub: Hub, spoil: Callable[[Hub], object]) -> None:
    spoil(hub)
    with pytest.raises(OrganizationUnreadableError, match=r"cannot be listed \(.*Nothing was"):
        read(hub)


@pytest.mark.usefixtures("account")
def test_a_throttled_call_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """By botocore: `TooManyRequestsException` is among the codes that it retries."""
    organizations = build_hub_clients("ledger").organizations
    monkeypatch.setattr(time, "sleep", lambda _: None)
    throttled = {"__type": "TooManyRequestsException", "Message": "slow down"}
    described = {"Organization": {"Id": ORGANIZATION_ID, "MasterAccountId": OWN}}
    listed = {"Accounts": [{"Id": OWN, "Name": "own", "State": "ACTIVE", "Paths": [f"o/{ROOT}/"]}]}
    answers = [
        (400, throttled),
        (200, described),
        (429, throttled),
        (400, throttled),
        (200, listed),
    ]

    def answer(request: Any, **_: Any) -> AWSResponse:
        status, body = answers.pop(0)
        return AWSResponse(request.url, status, HTTPHeaders(), _Body(json.dumps(body).encode()))

    events: Any = organizations.meta.events
    events.register_first("before-send.organizations.*", answer)
    found = read_organization(organizations, ORGANIZATION_ID, OWN)
    assert [account.account_id for account in found.accounts] == [OWN]
    assert answers == []


class _Body:
    """What botocore reads an answer from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, *_: object, **__: object) -> list[bytes]:
        """Return the body in one piece."""
        return [self._data]


@pytest.mark.usefixtures("account")
def test_moto_gives_the_same_by_its_parents() -> None:
    """It gives no paths, and both the state and the status."""
    organizations = boto3.client("organizations")
    found = organizations.create_organization(FeatureSet="ALL")["Organization"]
    [root] = organizations.list_roots()["Roots"]
    unit = organizations.create_organizational_unit(ParentId=root["Id"], Name="unit")
    unit_id = unit["OrganizationalUnit"]["Id"]
    created = organizations.create_account(Email="a@example.com", AccountName="member")
    member_id = created["CreateAccountStatus"]["AccountId"]
    organizations.move_account(
        AccountId=member_id, SourceParentId=root["Id"], DestinationParentId=unit_id
    )
    read_ = read_organization(organizations, found["Id"], OWN)
    assert read_.management_id == OWN
    ous = {account.account_id: account.ous for account in read_.accounts}
    assert ous == {OWN: (root["Id"],), member_id: (root["Id"], unit_id)}
