"""The events of keys, as the history in the ledger has them, of any version of this tool."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from key_rotation.adapters.ledger_items import OWN_ACCOUNT, Partitions
from key_rotation.domain.model import Action, LastUse, Reason
from key_rotation_cli.errors import CliError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

HISTORY = OWN_ACCOUNT.history("")
"""What stands before the key id in a partition key, in other accounts after the account id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvent:
    """One item of the history of a key.

    at: when the run began that recorded it
    due: the day announced with it; of an exemption, its last day
    last_use: as it was known then; None if it was not read
    age_days, max_age_days: None in items of versions up to 0.2.0
    note: the reason that a person gave for an exemption
    """

    access_key_id: str
    user: str
    action: Action
    reason: Reason
    at: datetime
    run_id: str
    due: date | None = None
    last_use: LastUse | None = None
    age_days: int | None = None
    max_age_days: int | None = None
    note: str | None = None


def read_events_of(
    table: "Table", access_key_id: str, partitions: Partitions = OWN_ACCOUNT
) -> tuple[PastEvent, ...]:
    """Read the history of one key, oldest first; raises CliError for a malformed item."""
    pages = table.meta.client.get_paginator("query").paginate(
        TableName=table.name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": partitions.history(access_key_id)},
        ConsistentRead=True,
    )
    return tuple(_decoded(item) for page in pages for item in page["Items"])


def read_all_events(table: "Table", partitions: Partitions = OWN_ACCOUNT) -> tuple[PastEvent, ...]:
    """Read the history of all keys of an account, also of those that are gone, oldest event first.

    The table is scanned, so that no key is missed. Raises CliError for a malformed item.
    """
    found = _scan(table, "begins_with(pk, :history)", partitions.history(""))
    return tuple(sorted(map(_decoded, found), key=_order))


def read_events_by_account(table: "Table") -> Mapping[str, tuple[PastEvent, ...]]:
    """Read the histories of all accounts in one scan, oldest event first.

    Returns them by account id, those of the account of the deployment by an empty one. Raises
    CliError for a malformed item.
    """
    found: dict[str, list[PastEvent]] = {}
    for item in _scan(table, "contains(pk, :history)", HISTORY):
        account_id = str(item["pk"]).partition(HISTORY)[0].removesuffix("#")
        found.setdefault(account_id, []).append(_decoded(item))
    return {account_id: tuple(sorted(events, key=_order)) for account_id, events in found.items()}


def _scan(table: "Table", condition: str, history: str) -> Iterator[Mapping[str, Any]]:
    pages = table.meta.client.get_paginator("scan").paginate(
        TableName=table.name,
        FilterExpression=condition,
        ExpressionAttributeValues={":history": history},
        ConsistentRead=True,
    )
    return (item for page in pages for item in page["Items"])


def _order(event: PastEvent) -> tuple[datetime, str]:
    return event.at, event.access_key_id


def _decoded(item: Mapping[str, Any]) -> PastEvent:
    """Read an item; raises CliError for a malformed one."""
    try:
        return _decode(item)
    except (KeyError, TypeError, ValueError) as cause:
        text = f"An item of the history cannot be read ({item['pk']}, {item['sk']}): "
        raise CliError(f"{text}{type(cause).__name__}: {cause}.") from cause


def _decode(item: Mapping[str, Any]) -> PastEvent:
    due, last_use = item.get("due"), item.get("last_use")
    return PastEvent(
        access_key_id=str(item["pk"]).partition(HISTORY)[2],
        user=str(item["user"]),
        action=Action(item["action"]),
        reason=Reason[str(item["reason"])],
        at=datetime.fromisoformat(str(item["at"])),
        run_id=str(item["run_id"]),
        due=date.fromisoformat(str(due)) if due else None,
        last_use=_last_use(last_use) if last_use else None,
        age_days=_number(item.get("age_days")),
        max_age_days=_number(item.get("max_age_days")),
        note=item.get("note"),
    )


def _last_use(document: Mapping[str, Any]) -> LastUse:
    at = document["at"]
    return LastUse(
        at=datetime.fromisoformat(str(at)) if at else None,
        service=document.get("service"),
        region=document.get("region"),
    )


def _number(value: Decimal | None) -> int | None:
    return None if value is None else int(value)
