"""The adapter to the register of accounts in the ledger."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from key_rotation.adapters import register_items
from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.adapters.codec import Item, MalformedError
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.register_items import PARTITION, RegisterDecoder, RegisterEncoder
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.errors import LedgerError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredAccounts:
    """All rows by account id, and why the others cannot be read.

    One row that cannot be read does not stop the other accounts: the next run writes it anew.
    """

    by_id: Mapping[str, RegisteredAccount]
    unreadable: Mapping[str, str]


class Register:
    """The rows of all accounts, as the steps of one run read and write them."""

    def __init__(self, table: "Table") -> None:
        """Use a table."""
        self._table = table

    def read_all(self, *, with_settings: bool = True) -> RegisteredAccounts:
        """Read all rows in one paged query; raises LedgerError.

        with_settings: whether what applies to each account is read too: most of the bytes
        """
        decoder = RegisterDecoder()
        by_id: dict[str, RegisteredAccount] = {}
        unreadable: dict[str, str] = {}
        try:
            for item in self._items():
                if not with_settings:
                    item.pop(register_items.SETTINGS, None)
                try:
                    by_id[item["sk"]] = decoder.decode(item)
                except MalformedError as error:
                    unreadable[item["sk"]] = str(error)
        except AWS_ERRORS as cause:
            raise _unreadable(cause) from cause
        return RegisteredAccounts(by_id=by_id, unreadable=unreadable)

    def read(self, account_id: str) -> RegisteredAccount | None:
        """Read one row; None if there is none. Raises LedgerError, also for another shape."""
        try:
            answer = self._table.get_item(
                Key=register_items.row_key(account_id), ConsistentRead=True
            )
            item = answer.get("Item")
            return RegisterDecoder().decode(item) if item else None
        except AWS_ERRORS as cause:
            raise _unreadable(cause) from cause
        except MalformedError as cause:
            text = f"The row of {account_id} in the register cannot be read ({cause})."
            raise LedgerError(f"{text} The next whole run writes it anew.") from cause

    def write(self, rows: Iterable[RegisteredAccount]) -> None:
        """Write rows over whatever is there: the step `prepare` of the one run under way.

        Raises LedgerError.
        """
        encoder = RegisterEncoder()
        in_parallel(self._put, map(encoder.encode, rows))

    def update(self, row: RegisteredAccount) -> bool:
        """Write one row, unless another run has prepared it since; returns whether it was written.

        Raises LedgerError.
        """
        item = RegisterEncoder().encode(row)
        try:
            self._table.put_item(
                Item=item,
                ConditionExpression="run_id = :run_id",
                ExpressionAttributeValues={":run_id": row.run_id},
            )
        except ClientError as cause:
            if cause.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise _refused(row.account.account_id, cause) from cause
        except AWS_ERRORS as cause:
            raise _refused(row.account.account_id, cause) from cause
        return True

    def _put(self, item: Item) -> None:
        try:
            self._table.put_item(Item=item)
        except AWS_ERRORS as cause:
            raise _refused(item["sk"], cause) from cause

    def _items(self) -> Iterator[dict[str, Any]]:
        pages = self._table.meta.client.get_paginator("query").paginate(
            TableName=self._table.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": PARTITION},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]


def _unreadable(cause: Exception) -> LedgerError:
    text = f"The register of accounts cannot be read ({error_message(cause)})."
    return LedgerError(f"{text} Nothing was changed.")


def _refused(account_id: str, cause: Exception) -> LedgerError:
    why = error_message(cause)
    return LedgerError(f"The ledger did not accept the account {account_id} ({why}).")
