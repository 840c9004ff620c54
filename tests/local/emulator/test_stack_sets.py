"""A stack set deploys to the accounts of an organization to which AWS deploys it."""

import itertools
from typing import Any

import pytest

from local.emulator.account import LocalAccount
from local.emulator.local_organization import LocalOrganization, client
from tests.local.emulator.sample_stack_set import ROLE, template
from tests.local.emulator.stacks import deployed, failure, wait

MANAGEMENT, HUB, OUTSIDER = "300000000001", "300000000002", "300000000003"
SERVICE = "member.org.stacksets.cloudformation.amazonaws.com"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def organization(account: LocalAccount) -> LocalOrganization:
    """Create an organization whose delegated administrator is HUB."""
    organization = LocalOrganization(account, management=MANAGEMENT)
    organization.join(HUB)
    organization.client().register_delegated_administrator(AccountId=HUB, ServicePrincipal=SERVICE)
    return organization


@pytest.fixture
def unit(organization: LocalOrganization) -> str:
    """Create an OU for one test."""
    return organization.create_unit(f"unit-{next(NUMBERS)}")


@pytest.fixture
def hub(account: LocalAccount) -> Any:
    """Return a client for CloudFormation of HUB."""
    return client(account, "cloudformation", HUB)


def _join(organization: LocalOrganization, unit: str) -> str:
    """Create a member in an OU, and return its ID."""
    account = organization.create_account()
    organization.move(account, unit)
    organization.account.wait()
    return account


def _roles(organization: LocalOrganization, *accounts: str) -> list[list[str]]:
    """Return the roles of each account."""
    clients = [client(organization.account, "iam", each) for each in accounts]
    return [[role["RoleName"] for role in each.list_roles()["Roles"]] for each in clients]


def test_accounts_in_the_ou_and_in_ous_in_it_get_the_stack(
    organization: LocalOrganization, hub: Any, unit: str
) -> None:
    direct = _join(organization, unit)
    nested = _join(organization, organization.create_unit("inner", parent=unit))
    other = _join(organization, organization.create_unit("other"))
    with deployed(hub, template(unit)):
        assert _roles(organization, direct, nested, other) == [[ROLE], [ROLE], []]
    assert _roles(organization, direct, nested, other) == [[], [], []]


def test_the_management_account_never_gets_the_stack(
    organization: LocalOrganization, hub: Any, unit: str
) -> None:
    inside = _join(organization, unit)
    organization.move(MANAGEMENT, unit)
    with deployed(hub, template(unit)):
        assert _roles(organization, inside, MANAGEMENT) == [[ROLE], []]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("NONE", [[ROLE], [ROLE]]),
        ("INTERSECTION", [[ROLE], []]),
        ("DIFFERENCE", [[], [ROLE]]),
    ],
)
def test_a_filter_selects_accounts(
    organization: LocalOrganization, hub: Any, unit: str, kind: str, expected: list[list[str]]
) -> None:
    named, other = _join(organization, unit), _join(organization, unit)
    accounts = [] if kind == "NONE" else [named]
    targets = {"AccountFilterType": kind, "Accounts": accounts}
    with deployed(hub, template(unit, targets=targets)):
        assert _roles(organization, named, other) == expected


def test_an_account_that_joins_gets_the_stack_although_a_filter_names_it(
    organization: LocalOrganization, hub: Any, unit: str
) -> None:
    before, joining = _join(organization, unit), organization.create_account()
    targets = {"AccountFilterType": "DIFFERENCE", "Accounts": [before, joining]}
    with deployed(hub, template(unit, targets=targets)):
        organization.move(joining, unit)
        organization.account.wait()
        assert _roles(organization, before, joining) == [[], [ROLE]]


@pytest.mark.parametrize(("retain", "left"), [(False, []), (True, [ROLE])])
def test_an_account_that_leaves_keeps_the_stack_only_if_declared(
    organization: LocalOrganization, hub: Any, unit: str, *, retain: bool, left: list[str]
) -> None:
    leaving = _join(organization, unit)
    automatic = {"Enabled": True, "RetainStacksOnAccountRemoval": retain}
    with deployed(hub, template(unit, AutoDeployment=automatic)):
        organization.client().remove_account_from_organization(AccountId=leaving)
        organization.account.wait()
        assert _roles(organization, leaving) == [left]


def test_a_moved_account_loses_the_stack(
    organization: LocalOrganization, hub: Any, unit: str
) -> None:
    moved = _join(organization, unit)
    with deployed(hub, template(unit)):
        organization.move(moved, organization.root)
        organization.account.wait()
        assert _roles(organization, moved) == [[]]


def test_without_automatic_deployment_an_account_that_joins_gets_nothing(
    organization: LocalOrganization, hub: Any, unit: str
) -> None:
    with deployed(hub, template(unit, AutoDeployment={"Enabled": False})):
        assert _roles(organization, _join(organization, unit)) == [[]]


def test_an_account_that_is_not_active_gets_nothing(
    organization: LocalOrganization, hub: Any, unit: str
) -> None:
    suspended = _join(organization, unit)
    organization.account.set_account_state(suspended, "SUSPENDED")
    with deployed(hub, template(unit)):
        assert _roles(organization, suspended) == [[]]


def test_an_update_changes_each_stack(organization: LocalOrganization, hub: Any, unit: str) -> None:
    updated = _join(organization, unit)
    with deployed(hub, template(unit)) as stack:
        hub.update_stack(StackName=stack, TemplateBody=template(unit, role="Renamed"))
        wait(hub, "stack_update_complete", stack)
        assert _roles(organization, updated) == [["Renamed"]]


def test_an_update_of_the_filter_moves_the_stacks(
    organization: LocalOrganization, hub: Any, unit: str
) -> None:
    first, second = _join(organization, unit), _join(organization, unit)

    def only(account: str) -> str:
        targets = {"AccountFilterType": "INTERSECTION", "Accounts": [account]}
        return template(unit, targets=targets)

    with deployed(hub, only(first)) as stack:
        hub.update_stack(StackName=stack, TemplateBody=only(second))
        wait(hub, "stack_update_complete", stack)
        assert _roles(organization, first, second) == [[], [ROLE]]


def test_an_account_in_which_the_stack_fails_is_tolerated_only_if_declared(
    organization: LocalOrganization, hub: Any, unit: str
) -> None:
    taken, other = _join(organization, unit), _join(organization, unit)
    client(organization.account, "iam", taken).create_role(
        RoleName=ROLE, AssumeRolePolicyDocument="{}"
    )
    assert f"stacks were not created in {taken}" in failure(hub, template(unit))
    assert _roles(organization, taken, other) == [[ROLE], []]
    tolerant = {"FailureTolerancePercentage": 100}
    with deployed(hub, template(unit, OperationPreferences=tolerant)):
        assert _roles(organization, other) == [[ROLE]]


@pytest.mark.parametrize(
    ("by", "changed", "reason"),
    [
        (HUB, {"CallAs": "SELF"}, "You must be the management account or delegated admin"),
        (MANAGEMENT, {}, "Account used is not a delegated administrator"),
        (OUTSIDER, {}, "Account used is not a delegated administrator"),
        (HUB, {"targets": {"AccountFilterType": "UNION"}}, "AccountFilterType should be"),
        (HUB, {"targets": {"OrganizationalUnitIds": []}}, "OrganizationalUnitIds are required"),
        (HUB, {"PermissionModel": "SELF_MANAGED"}, "SERVICE_MANAGED"),
    ],
    ids=["as itself", "management", "outsider", "union", "no OU", "self-managed"],
)
def test_a_stack_set_that_is_rejected_fails(
    organization: LocalOrganization, unit: str, by: str, changed: dict[str, Any], reason: str
) -> None:
    stacks = client(organization.account, "cloudformation", by)
    assert reason in failure(stacks, template(unit, **changed))


def test_the_management_account_deploys_as_itself(
    organization: LocalOrganization, unit: str
) -> None:
    inside = _join(organization, unit)
    stacks = client(organization.account, "cloudformation", MANAGEMENT)
    with deployed(stacks, template(unit, CallAs="SELF")):
        assert _roles(organization, inside) == [[ROLE]]
