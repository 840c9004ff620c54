"""How the rows of the register are stored as DynamoDB items, and read again strictly."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from key_rotation.adapters import codec
from key_rotation.adapters.codec import Item
from key_rotation.adapters.compressed import compress, decompress
from key_rotation.adapters.ledger_items import FRAME, SCHEMA
from key_rotation.domain.organisation.accounts import AccountSettings, RegisteredAccount

PARTITION = "ACCOUNT"
"""Holds one row for each account, so that one query reads them."""
SETTINGS = "settings"


def row_key(account_id: str) -> Item:
    """Return the primary key of a row."""
    return {"pk": PARTITION, "sk": account_id}


class RegisterEncoder:
    """Writes rows as items; settings that several rows share are compressed once."""

    def __init__(self) -> None:
        """Know no settings yet."""
        self._compressed: dict[int, tuple[AccountSettings, bytes]] = {}

    def encode(self, row: RegisteredAccount) -> Item:
        """Return a row as an item; an account without settings has no attribute for them."""
        fields = codec.write(replace(row, settings=None))
        del fields[SETTINGS]
        item = {**row_key(row.account.account_id), "schema": SCHEMA, **fields}
        return item if row.settings is None else {**item, SETTINGS: self._settings(row.settings)}

    def _settings(self, settings: AccountSettings) -> bytes:
        """Compress settings, which are kept so that their identity stays theirs."""
        if id(settings) not in self._compressed:
            self._compressed[id(settings)] = (settings, compress(settings))
        return self._compressed[id(settings)][1]


class RegisterDecoder:
    """Reads rows; those with the same settings share them, so that many take little memory."""

    def __init__(self) -> None:
        """Know no settings yet."""
        self._read: dict[bytes, AccountSettings] = {}

    def decode(self, item: Mapping[str, Any]) -> RegisteredAccount:
        """Read a row from its item; raises codec.MalformedError for any other shape or schema."""
        if item.get("schema") != SCHEMA:
            raise codec.MalformedError(f"schema {item.get('schema')!r} is not {SCHEMA}")
        kept = {name: value for name, value in item.items() if name not in {*FRAME, SETTINGS}}
        row = codec.read(kept, RegisteredAccount)
        if row.account.account_id != item.get("sk"):
            raise codec.MalformedError(f"it is of the account {row.account.account_id}")
        if SETTINGS not in item:
            return row
        try:
            packed = bytes(item[SETTINGS])
        except TypeError as cause:
            raise codec.MalformedError(f"{SETTINGS} has an unexpected value") from cause
        if packed not in self._read:
            self._read[packed] = decompress(packed, AccountSettings)
        return replace(row, settings=self._read[packed])
