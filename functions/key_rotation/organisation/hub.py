"""The account from which an organization is enforced."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.adapters.ledger_items import Partitions
from key_rotation.domain.organisation.accounts import AccountSettings
from key_rotation.domain.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Where the organization is enforced from.

    account_id: of the hub, whose own items in the ledger have no prefix
    parameter_path: under which the parameters stand, such as `/key-rotation`
    owners: whether owners of keys get mail
    """

    account_id: str
    parameter_path: str
    table: "Table"
    owners: bool = False

    def ledger_account(self, account_id: str) -> str | None:
        """Return the account in the ledger's partition keys; None for the hub."""
        return None if account_id == self.account_id else account_id

    def partitions(self, account_id: str) -> Partitions:
        """Return the partition keys of an account's items."""
        return Partitions(self.ledger_account(account_id))

    def settings(self, found: AccountSettings) -> Settings:
        """Return the settings of an account; prepare has accepted them."""
        return Settings.parse(
            found.raw,
            path=self.parameter_path,
            exemption_parameters=found.exemption_parameters,
            owners=self.owners,
        )
