"""What ministack stores about organizations, read and changed for any account."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.emulator.ministack_internals import UnknownResourceError, private_name

_MODULE = "services.organizations"


def management_account(account: str) -> str | None:
    """Return the management account of an account's organization; None if it is in none."""
    records = private_name(_MODULE, "_accounts")._data  # noqa: SLF001 - of all accounts
    return next((owner for owner, member in list(records) if member == account), None)


def organization_id(account: str) -> str | None:
    """Return the ID of an account's organization; None if it is in none."""
    owner = management_account(account)
    organizations = private_name(_MODULE, "_orgs")
    return organizations.get_scoped(owner, None, "self")["Id"] if owner else None


def members_below(owner: str, parents: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return the records of the members in roots and OUs of an organization, and in OUs in them."""
    below = set(parents)
    units = _records("_ous", owner)
    while more := {each["Id"] for each in units if each["_ParentId"] in below} - below:
        below |= more
    return [each for each in _records("_accounts", owner) if each["_ParentId"] in below]


def _records(table: str, owner: str) -> list[Mapping[str, Any]]:
    records = private_name(_MODULE, table)._data.items()  # noqa: SLF001 - of all accounts
    return [record for (account, _), record in list(records) if account == owner]


def account_state(record: Mapping[str, Any]) -> str:
    """Return the state of a member. ministack gives an account that was closed as suspended."""
    closed_or_active = "CLOSED" if record["Status"] == "SUSPENDED" else record["Status"]
    return str(record.get("State", closed_or_active))


def services_administered_by(account: str) -> Mapping[str, float]:
    """Return the services that an account is the delegated administrator of, and since when."""
    services: Mapping[str, float] = account_record(account).get("_Services", {})
    return services


def set_account_state(account: str, state: str) -> None:
    """Set the state of a member of an organization."""
    account_record(account)["State"] = state


def account_record(account: str) -> dict[str, Any]:
    """Return the record of a member of an organization. Raises UnknownResourceError."""
    records = private_name(_MODULE, "_accounts")
    record: dict[str, Any] | None = records.get_scoped(management_account(account), None, account)
    if record is None:
        message = f"{account} is in no organization"
        raise UnknownResourceError(message)
    return record
