"""An organization in the emulator, which a management account creates by the API."""

from functools import cache
from typing import Any

from local.emulator.account import LocalAccount

STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
"""The principal of CloudFormation StackSets, whose administrator a member can be."""


@cache
def client(account: LocalAccount, service: str, of: str) -> Any:  # noqa: ANN401 - of any service
    """Return a client of the root user of an account."""
    return account.root_session(of).client(service)  # type: ignore[call-overload]


class LocalOrganization:
    """An organization, made and changed with the rights of its management account.

    Several can be in one emulator, each with a management account of its own.
    """

    def __init__(self, account: LocalAccount, *, management: str) -> None:
        """Create the organization."""
        self.account = account
        self.management = management
        made = self.client().create_organization()["Organization"]
        self.id: str = made["Id"]
        self.root: str = self.client().list_roots()["Roots"][0]["Id"]

    def client(self, of: str | None = None) -> Any:  # noqa: ANN401 - see above
        """Return a client for Organizations, of the management account or another one."""
        return client(self.account, "organizations", of or self.management)

    def join(self, account: str, *, name: str | None = None) -> None:
        """Invite an account, which accepts; its name is `Account` and its ID if none is given."""
        invited = self.client().invite_account_to_organization(
            Target={"Id": account, "Type": "ACCOUNT"}
        )
        self.client(account).accept_handshake(HandshakeId=invited["Handshake"]["Id"])
        if name:
            self.account.set_account_name(account, name)

    def create_account(self) -> str:
        """Create a member, and return its ID."""
        made = self.client().create_account(Email="new@example.com", AccountName="New")
        account: str = made["CreateAccountStatus"]["AccountId"]
        return account

    def create_unit(self, name: str, *, parent: str | None = None) -> str:
        """Create an OU in another one or in the root, and return its ID."""
        made = self.client().create_organizational_unit(ParentId=parent or self.root, Name=name)
        unit: str = made["OrganizationalUnit"]["Id"]
        return unit

    def delegate(self, account: str) -> None:
        """Make a member the delegated administrator of StackSets."""
        self.client().register_delegated_administrator(
            AccountId=account, ServicePrincipal=STACK_SETS
        )

    def move(self, account: str, to: str) -> None:
        """Move a member to an OU or to the root."""
        (parent,) = self.client().list_parents(ChildId=account)["Parents"]
        self.client().move_account(
            AccountId=account, SourceParentId=parent["Id"], DestinationParentId=to
        )
