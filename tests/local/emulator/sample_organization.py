"""An organization in the emulator, for the tests."""

from functools import cache
from typing import Any

from local.emulator.account import LocalAccount


@cache
def client(account: LocalAccount, service: str, of: str) -> Any:
    """Return a client of the root user of an account."""
    return account.root_session(of).client(service)  # type: ignore[call-overload]


class SampleOrganization:
    """An organization, whose management account has an ID that no other test uses."""

    def __init__(self, account: LocalAccount, *, management: str) -> None:
        """Create the organization."""
        self.account = account
        self.management = management
        made = self.client().create_organization()["Organization"]
        self.id: str = made["Id"]
        self.root: str = self.client().list_roots()["Roots"][0]["Id"]

    def client(self, of: str | None = None) -> Any:
        """Return a client for Organizations, of the management account or another one."""
        return client(self.account, "organizations", of or self.management)

    def join(self, account: str) -> None:
        """Invite an account, which accepts."""
        invited = self.client().invite_account_to_organization(
            Target={"Id": account, "Type": "ACCOUNT"}
        )
        self.client(account).accept_handshake(HandshakeId=invited["Handshake"]["Id"])

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

    def move(self, account: str, to: str) -> None:
        """Move a member to an OU or to the root."""
        (parent,) = self.client().list_parents(ChildId=account)["Parents"]
        self.client().move_account(
            AccountId=account, SourceParentId=parent["Id"], DestinationParentId=to
        )
