"""The context `account-emails`: who gets the digests of which accounts."""

import json
import re
from collections.abc import Mapping

from infra.context_value import EMAIL, ContextError, refusal

KEY = "account-emails"

_ACCOUNT = re.compile("[0-9]{12}")
_MAX_ADDRESSES = 200  # filter policies of a topic (SNS quotas)
_MAX_ACCOUNTS_OF_AN_ADDRESS = 150  # values in a filter policy (SNS, "Filter policy constraints")
_ACCEPTS = (
    "a JSON object of account ids with an address or a list of addresses each, for example"
    ' {"111122223333": "team@example.com"}'
)


def read(value: object) -> dict[str, tuple[str, ...]]:
    """Read an object from cdk.json, or its JSON from -c; return the accounts of each address.

    Both are sorted. Raises ContextError.
    """
    accounts: dict[str, set[str]] = {}
    for account, addresses in _addresses_by_account(value).items():
        for address in addresses:
            accounts.setdefault(address, set()).add(account)
    if len(accounts) > _MAX_ADDRESSES:
        raise ContextError(
            f"context {KEY!r} has {len(accounts)} addresses; it accepts at most {_MAX_ADDRESSES},"
            " the filter policies of one SNS topic"
        )
    for address, ids in accounts.items():
        if len(ids) > _MAX_ACCOUNTS_OF_AN_ADDRESS:
            raise ContextError(
                f"context {KEY!r} has {len(ids)} accounts of {address}; it accepts at most"
                f" {_MAX_ACCOUNTS_OF_AN_ADDRESS}, the values of one SNS filter policy: put an"
                " address that is to hear of all accounts into 'email'"
            )
    return {address: tuple(sorted(ids)) for address, ids in sorted(accounts.items())}


def _addresses_by_account(value: object) -> dict[str, list[str]]:
    if value is None:
        return {}
    found = _from_json(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise refusal(KEY, value, _ACCEPTS)
    return {str(account): _addresses(account, found[account]) for account in found}


def _from_json(text: str) -> object:
    """Return None for what is no JSON."""
    try:
        found: object = json.loads(text)
    except ValueError:
        return None
    return found


def _addresses(account: object, value: object) -> list[str]:
    """Return the addresses of one account, at least one."""
    addresses = [value] if isinstance(value, str) else value
    is_account = isinstance(account, str) and _ACCOUNT.fullmatch(account)
    if not is_account or not isinstance(addresses, list) or not addresses:
        raise refusal(KEY, {account: value}, _ACCEPTS)
    if not all(isinstance(each, str) and EMAIL.fullmatch(each) for each in addresses):
        raise refusal(KEY, {account: value}, _ACCEPTS)
    return addresses
