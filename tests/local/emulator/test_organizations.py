"""An organization is shared by its accounts, and each may read of it what AWS lets it read."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from local.emulator.control_client import ControlError
from local.emulator.local_organization import LocalOrganization

SERVICE = "member.org.stacksets.cloudformation.amazonaws.com"
MANAGEMENT, MEMBER, OUTSIDER, NAMED = (f"10000000000{number}" for number in range(1, 5))
READ_BY_ADMINISTRATORS = [
    ("list_accounts", {}),
    ("list_roots", {}),
    ("list_delegated_administrators", {}),
    ("describe_account", {"AccountId": MEMBER}),
]


@pytest.fixture(scope="module")
def organization(account: LocalAccount) -> LocalOrganization:
    """Create the organization with one member."""
    organization = LocalOrganization(account, management=MANAGEMENT)
    organization.join(MEMBER)
    return organization


@pytest.fixture
def administrator(organization: LocalOrganization) -> Iterator[None]:
    """Make MEMBER a delegated administrator for one test."""
    delegation = {"AccountId": MEMBER, "ServicePrincipal": SERVICE}
    organization.client().register_delegated_administrator(**delegation)
    yield
    organization.client().deregister_delegated_administrator(**delegation)


def test_a_member_describes_the_organization_of_the_management_account(
    organization: LocalOrganization,
) -> None:
    described = organization.client(MEMBER).describe_organization()["Organization"]
    assert (described["Id"], described["MasterAccountId"]) == (organization.id, MANAGEMENT)


def test_an_account_in_no_organization_can_read_nothing(organization: LocalOrganization) -> None:
    for operation in ("describe_organization", "list_accounts"):
        with pytest.raises(ClientError, match=r"\(AWSOrganizationsNotInUseException\)"):
            getattr(organization.client(OUTSIDER), operation)()


@pytest.mark.parametrize(("operation", "arguments"), READ_BY_ADMINISTRATORS)
def test_an_ordinary_member_may_read_nothing_else(
    organization: LocalOrganization, operation: str, arguments: dict[str, str]
) -> None:
    denial = r"\(AccessDeniedException\).* You don't have permissions to access this resource\.$"
    with pytest.raises(ClientError, match=denial):
        getattr(organization.client(MEMBER), operation)(**arguments)


@pytest.mark.usefixtures("administrator")
@pytest.mark.parametrize(("operation", "arguments"), READ_BY_ADMINISTRATORS)
def test_a_delegated_administrator_of_any_service_may_read(
    organization: LocalOrganization, operation: str, arguments: dict[str, str]
) -> None:
    read = [
        getattr(organization.client(caller), operation)(**arguments)
        for caller in (MEMBER, MANAGEMENT)
    ]
    for each in read:
        del each["ResponseMetadata"]
    assert read[0] == read[1]


@pytest.mark.usefixtures("administrator")
def test_a_delegated_administrator_may_not_write(organization: LocalOrganization) -> None:
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\)"):
        organization.client(MEMBER).create_organizational_unit(ParentId=organization.root, Name="x")


@pytest.mark.usefixtures("administrator")
def test_delegated_administrators_are_listed_by_service(organization: LocalOrganization) -> None:
    listed = organization.client().list_delegated_administrators
    assert [each["Id"] for each in listed()["DelegatedAdministrators"]] == [MEMBER]
    found = listed(ServicePrincipal=SERVICE)["DelegatedAdministrators"]
    assert [(each["Id"], each["State"]) for each in found] == [(MEMBER, "ACTIVE")]
    assert listed(ServicePrincipal="iam.amazonaws.com")["DelegatedAdministrators"] == []


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        (MANAGEMENT, "ConstraintViolationException"),
        (OUTSIDER, "AccountNotFoundException"),
        (MEMBER, "AccountAlreadyRegisteredException"),
    ],
)
@pytest.mark.usefixtures("administrator")
def test_only_another_member_can_become_an_administrator(
    organization: LocalOrganization, candidate: str, code: str
) -> None:
    with pytest.raises(ClientError, match=rf"\({code}\)"):
        organization.client().register_delegated_administrator(
            AccountId=candidate, ServicePrincipal=SERVICE
        )


def test_the_resource_policy_lets_a_member_call_what_it_names(
    organization: LocalOrganization,
) -> None:
    principal = {"AWS": f"arn:aws:iam::{MEMBER}:root"}
    statement = {"Effect": "Allow", "Action": "organizations:ListAccounts", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement | {"Principal": principal}]}
    organization.client().put_resource_policy(Content=json.dumps(policy))
    assert organization.client(MEMBER).list_accounts()["Accounts"]
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\)"):
        organization.client(MEMBER).list_roots()
    organization.client().put_resource_policy(Content=json.dumps({**policy, "Statement": []}))
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\)"):
        organization.client(MEMBER).list_accounts()


def test_an_account_is_in_one_organization(organization: LocalOrganization) -> None:
    with pytest.raises(ClientError, match=r"\(AlreadyInOrganizationException\)"):
        organization.client(MEMBER).create_organization()
    with pytest.raises(ClientError, match=r"\(HandshakeConstraintViolationException\)"):
        organization.client().invite_account_to_organization(
            Target={"Id": MEMBER, "Type": "ACCOUNT"}
        )


def test_only_the_invited_account_can_accept(organization: LocalOrganization) -> None:
    invited = organization.client().invite_account_to_organization(
        Target={"Id": "100000000004", "Type": "ACCOUNT"}
    )
    with pytest.raises(ClientError, match=r"\(HandshakeNotFoundException\)"):
        organization.client(OUTSIDER).accept_handshake(HandshakeId=invited["Handshake"]["Id"])


def test_a_removed_account_is_in_no_organization(organization: LocalOrganization) -> None:
    removed = organization.create_account()
    assert organization.client(removed).describe_organization()
    organization.client().remove_account_from_organization(AccountId=removed)
    with pytest.raises(ClientError, match=r"\(AWSOrganizationsNotInUseException\)"):
        organization.client(removed).describe_organization()


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        (MANAGEMENT, "MasterCannotLeaveOrganizationException"),
        (OUTSIDER, "AccountNotFoundException"),
        (MEMBER, "ConstraintViolationException"),
    ],
)
@pytest.mark.usefixtures("administrator")
def test_only_an_ordinary_member_can_be_removed(
    organization: LocalOrganization, candidate: str, code: str
) -> None:
    with pytest.raises(ClientError, match=rf"\({code}\)"):
        organization.client().remove_account_from_organization(AccountId=candidate)


def test_an_account_has_the_path_of_its_ou(organization: LocalOrganization) -> None:
    client, moved = organization.client(), organization.create_account()
    outer = organization.create_unit("outer")
    inner = organization.create_unit("inner", parent=outer)
    path = f"{organization.id}/{organization.root}/{outer}/{inner}/"
    unit = client.describe_organizational_unit(OrganizationalUnitId=inner)["OrganizationalUnit"]
    assert unit["Path"] == path
    organization.move(moved, inner)
    assert client.describe_account(AccountId=moved)["Account"]["Paths"] == [f"{path}{moved}/"]
    children = client.list_children(ParentId=inner, ChildType="ACCOUNT")["Children"]
    assert children == [{"Id": moved, "Type": "ACCOUNT"}]
    children = client.list_children(ParentId=outer, ChildType="ORGANIZATIONAL_UNIT")["Children"]
    assert children == [{"Id": inner, "Type": "ORGANIZATIONAL_UNIT"}]


def test_the_children_of_an_unknown_parent_are_an_error(organization: LocalOrganization) -> None:
    with pytest.raises(ClientError, match=r"\(ParentNotFoundException\)"):
        organization.client().list_children(ParentId="ou-abcd-12345678", ChildType="ACCOUNT")


def test_an_account_has_a_state_and_no_status(organization: LocalOrganization) -> None:
    client, made = organization.client(), organization.create_account()
    found = client.describe_account(AccountId=made)["Account"]
    assert (found["State"], "Status" in found) == ("ACTIVE", False)
    organization.account.set_account_state(made, "SUSPENDED")
    assert client.describe_account(AccountId=made)["Account"]["State"] == "SUSPENDED"


def test_an_account_that_was_closed_is_closed(organization: LocalOrganization) -> None:
    client, made = organization.client(), organization.create_account()
    client.close_account(AccountId=made)
    assert client.describe_account(AccountId=made)["Account"]["State"] == "CLOSED"


def test_the_state_of_an_account_in_no_organization_cannot_be_set(account: LocalAccount) -> None:
    with pytest.raises(ControlError, match=f"{OUTSIDER} is in no organization"):
        account.set_account_state(OUTSIDER, "SUSPENDED")


def test_lists_have_pages_of_twenty_and_empty_pages(organization: LocalOrganization) -> None:
    client = organization.client()
    made = {organization.create_account() for _ in range(21)}
    pages = list(client.get_paginator("list_accounts").paginate())
    sizes = [len(each["Accounts"]) for each in pages]
    assert sizes[:2] == [20, 0]
    assert max(sizes) == 20
    listed = [each["Id"] for page in pages for each in page["Accounts"]]
    assert len(listed) == len(set(listed))
    assert made | {MANAGEMENT, MEMBER} <= set(listed)
    assert len(client.list_accounts(MaxResults=3)["Accounts"]) == 3


def test_an_invited_account_keeps_the_name_that_its_owner_chose(
    organization: LocalOrganization,
) -> None:
    organization.join(NAMED, name="payments")
    described = organization.client().describe_account(AccountId=NAMED)["Account"]
    assert described["Name"] == "payments"
    organization.client().remove_account_from_organization(AccountId=NAMED)
