"""The clients that a run talks to, in memory: the calls that it uses, and no other.

`test_fakes.py` holds them against moto.
"""

import copy
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tests.aws.clients import Clients
from tests.aws.histories.account import Account, Key, Mail, Person
from tests.aws.histories.calls import Gate, refusal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient

T = TypeVar("T")
Item = dict[str, Any]
PAGE = 2
MAX_BYTES = 262_144
MOST_WRITES = 100


@dataclass
class Seen:
    """What one run was shown.

    status_then: each key's status as it was shown before its last use
    """

    settings: dict[str, str] | None = None
    status: dict[str, str] = field(default_factory=dict)
    last_use: dict[str, datetime | None] = field(default_factory=dict)
    status_then: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """A listing in pages.

    name: of the field that holds the entries
    by: the field of an entry that orders them
    entries: gives all of them, as they are now
    """

    operation: str
    name: str
    by: str
    entries: Callable[..., Iterable[Item]]


class Cloud:
    """All clients of one account, and the gate of the run that is under way.

    seen: what the run was shown: its settings, and each key's status and last use
    wrote: told of each change of a key that a run asked for, before it happens
    took: told of each message
    """

    def __init__(
        self, account: Account, wrote: Callable[[str, Key], None], took: Callable[[Mail], None]
    ) -> None:
        """Open the account; nothing stands in the gate."""
        self.account = account
        self.wrote = wrote
        self.took = took
        self.gate = Gate()
        self.seen = Seen()
        self.table = FakeTable(self)
        self.clients = Clients(
            iam=cast("IAMClient", FakeIam(self)),
            ssm=cast("SSMClient", FakeSsm(self)),
            sns=cast("SNSClient", FakeSns(self)),
            table=cast("Table", self.table),
            functions=cast("LambdaClient", None),
        )

    def call(self, operation: str, named: Mapping[str, Any], act: Callable[[], T]) -> T:
        """Make one call through the gate."""
        return self.gate.through(operation, named, act)


class Pages:
    """A paginator: each page is a call, and begins behind the last entry of the one before."""

    def __init__(self, cloud: Cloud, listing: Listing) -> None:
        """Hand in the listing."""
        self._cloud, self._listing = cloud, listing

    def paginate(self, **named: Any) -> Iterator[Item]:
        """Give page by page, each as it is by then."""
        marker, more = "", True
        while more:
            act = partial(self._one, named, marker)
            page, marker, more = self._cloud.call(self._listing.operation, named, act)
            yield {self._listing.name: page}

    def _one(self, named: Mapping[str, Any], marker: str) -> tuple[list[Item], str, bool]:
        by = self._listing.by
        found = sorted(self._listing.entries(**named), key=lambda entry: str(entry[by]))
        rest = [entry for entry in found if str(entry[by]) > marker]
        page = rest[:PAGE]
        if self._listing.operation == "ListAccessKeys":
            shown = {str(key["AccessKeyId"]): str(key["Status"]) for key in page}
            self._cloud.seen.status |= shown
        return page, str(page[-1][by]) if page else "", len(rest) > PAGE


class FakeIam:
    """IAM."""

    def __init__(self, cloud: Cloud) -> None:
        """Hand in the cloud."""
        self._cloud, self._account = cloud, cloud.account

    def get_paginator(self, name: str) -> Pages:
        """One of the three listings."""
        listings = {
            "list_users": Listing("ListUsers", "Users", "UserName", self._users),
            "list_access_keys": Listing(
                "ListAccessKeys", "AccessKeyMetadata", "AccessKeyId", self._keys
            ),
            "list_user_tags": Listing("ListUserTags", "Tags", "Key", self._tags),
        }
        return Pages(self._cloud, listings[name])

    def list_account_aliases(self) -> Item:
        """The account has no alias."""
        return self._cloud.call("ListAccountAliases", {}, lambda: {"AccountAliases": []})

    def get_access_key_last_used(self, **named: str) -> Item:
        """Tell the owner and the last use of a key."""
        return self._cloud.call("GetAccessKeyLastUsed", named, lambda: self._last_used(**named))

    def generate_credential_report(self) -> Item:
        """Make a report."""
        self._cloud.call("GenerateCredentialReport", {}, self._account.credential_report)
        return {"State": "COMPLETE"}

    def get_credential_report(self) -> Item:
        """Give the report that was made."""
        return self._cloud.call("GetCredentialReport", {}, self._report)

    def update_access_key(self, **named: str) -> None:
        """Set the status of a key."""
        assert named["Status"] == "Inactive", "the tool never turns a key on"
        self._cloud.call("UpdateAccessKey", named, lambda: self._update(**named))

    def delete_access_key(self, **named: str) -> None:
        """Delete a key."""
        self._cloud.call("DeleteAccessKey", named, lambda: self._delete(**named))

    def _users(self, **_: Any) -> list[Item]:
        return [
            {
                "UserName": person.name,
                "Path": person.path,
                "UserId": person.user_id,
                "CreateDate": person.created,
            }
            for person in self._account.people.values()
        ]

    def _keys(self, UserName: str) -> list[Item]:  # noqa: N803  # boto3's own names
        person = self._person(UserName, "ListAccessKeys")
        return [
            {
                "UserName": person.name,
                "AccessKeyId": key.key_id,
                "Status": self._account.status(key),
                "CreateDate": key.created,
            }
            for key in self._account.keys_of(person)
        ]

    def _tags(self, UserName: str) -> list[Item]:  # noqa: N803
        person = self._person(UserName, "ListUserTags")
        keys = self._account.keys_of(person)
        return [{"Key": key.key_id, "Value": "a key"} for key in keys]

    def _last_used(self, AccessKeyId: str) -> Item:  # noqa: N803
        key = self._account.keys.get(AccessKeyId)
        if key is None:
            raise refusal("GetAccessKeyLastUsed", "NoSuchEntity")
        at = self._account.last_use(key)
        seen = self._cloud.seen
        seen.last_use[AccessKeyId] = at
        seen.status_then[AccessKeyId] = seen.status.get(AccessKeyId)
        used = {"LastUsedDate": at, "ServiceName": "s3", "Region": "eu-west-1"}
        never = {"ServiceName": "N/A", "Region": "N/A"}
        return {"UserName": key.owner.name, "AccessKeyLastUsed": used if at else never}

    def _report(self) -> Item:
        made, text = self._account.report or (None, "")
        assert made, "nobody asked for a report"
        return {"GeneratedTime": made, "Content": text.encode(), "ReportFormat": "text/csv"}

    def _update(self, UserName: str, AccessKeyId: str, Status: str) -> None:  # noqa: N803
        key = self._key(UserName, AccessKeyId, "UpdateAccessKey")
        self._cloud.wrote("deactivated", key)
        self._account.turn(key, Status, by_tool=True)

    def _delete(self, UserName: str, AccessKeyId: str) -> None:  # noqa: N803
        key = self._key(UserName, AccessKeyId, "DeleteAccessKey")
        self._cloud.wrote("deleted", key)
        self._account.remove(key, by_tool=True)

    def _person(self, name: str, operation: str) -> Person:
        person = self._account.named(name)
        if person is None:
            raise refusal(operation, "NoSuchEntity")
        return person

    def _key(self, name: str, key_id: str, operation: str) -> Key:
        person = self._person(name, operation)
        key = self._account.keys.get(key_id)
        if key is None or key.owner is not person:
            raise refusal(operation, "NoSuchEntity")
        return key


class FakeSsm:
    """Parameter Store."""

    def __init__(self, cloud: Cloud) -> None:
        """Hand in the cloud."""
        self._cloud = cloud

    def get_parameters(self, Names: Sequence[str]) -> Item:  # noqa: N803
        """Give those that exist."""
        assert len(Names) <= 10, "one call takes ten names"
        return self._cloud.call("GetParameters", {}, lambda: self._get(Names))

    def _get(self, names: Sequence[str]) -> Item:
        there = self._cloud.account.parameters
        short = {name: name.removeprefix("/key-rotation/") for name in names}
        found: list[Item] = [
            {"Name": name, "Value": there[end][0], "Version": there[end][1]}
            for name, end in short.items()
            if end in there
        ]
        self._cloud.seen.settings = {short[one["Name"]]: str(one["Value"]) for one in found}
        missing = [name for name, end in short.items() if end not in there]
        return {"Parameters": found, "InvalidParameters": missing}


class FakeSns:
    """The topic."""

    def __init__(self, cloud: Cloud) -> None:
        """Hand in the cloud."""
        self._cloud = cloud

    def get_paginator(self, name: str) -> Pages:
        """The listing of subscriptions."""
        assert name == "list_subscriptions_by_topic"
        return Pages(
            self._cloud,
            Listing("ListSubscriptionsByTopic", "Subscriptions", "Endpoint", self._subscriptions),
        )

    def publish(self, **named: Any) -> Item:
        """Take a message."""
        return self._cloud.call("Publish", {}, lambda: self._take(**named))

    def _subscriptions(self, **_: Any) -> list[Item]:
        number = self._cloud.account.listeners
        arns = ["PendingConfirmation", *(f"arn:aws:sns:{n}" for n in range(number))]
        return [{"SubscriptionArn": arn, "Endpoint": f"{n}"} for n, arn in enumerate(arns)]

    def _take(self, Subject: str, Message: str, **_: Any) -> Item:  # noqa: N803
        assert 0 < len(Subject) < 100, Subject
        assert Subject.isascii(), Subject
        assert Subject.isprintable(), Subject
        assert len(Message.encode()) <= MAX_BYTES
        variants = json.loads(Message)
        body = variants.get("sqs", variants["default"])
        account = self._cloud.account
        mail = Mail(account.now, Subject, body, heard=account.listeners > 0)
        account.mails.append(mail)
        self._cloud.took(mail)
        return {"MessageId": "1"}


class FakeTable:
    """The ledger's table."""

    name = "ledger"

    def __init__(self, cloud: Cloud) -> None:
        """Hand in the cloud; the table is empty."""
        self._cloud = cloud
        self.items: dict[tuple[str, str], Item] = {}
        self.meta = self
        self.client = self

    def get_item(self, Key: Item, *, ConsistentRead: bool) -> Item:  # noqa: N803
        """Read one item."""
        assert ConsistentRead, "a ledger is read as it is"
        return self._cloud.call("GetItem", Key, lambda: self._get(Key))

    def put_item(self, Item: Item, **condition: Any) -> None:  # noqa: N803
        """Write one item, if the condition holds."""
        self._cloud.call("PutItem", {}, lambda: self._write({"Item": Item, **condition}))

    def delete_item(self, Key: Item, **condition: Any) -> None:  # noqa: N803
        """Remove one item, if the condition holds."""
        self._cloud.call("DeleteItem", Key, lambda: self._delete(Key, condition))

    def transact_write_items(self, TransactItems: Sequence[Item]) -> None:  # noqa: N803
        """Write all items, or none."""
        puts = [item["Put"] for item in TransactItems]
        self._cloud.call("TransactWriteItems", {}, lambda: self._transact(puts))

    def get_paginator(self, name: str) -> Pages:
        """The query of one partition."""
        assert name == "query"
        return Pages(self._cloud, Listing("Query", "Items", "sk", self._query))

    def _get(self, key: Item) -> Item:
        item = self.items.get(_place(key))
        return {"Item": copy.deepcopy(item)} if item else {}

    def _delete(self, key: Item, condition: Item) -> None:
        place = _place(key)
        assert not place[0].startswith("HISTORY#"), "the history only grows"
        if not self._holds(place, **condition):
            raise refusal("DeleteItem", "ConditionalCheckFailedException")
        self.items.pop(place, None)

    def _transact(self, puts: Sequence[Item]) -> None:
        places = [_place(put["Item"]) for put in puts]
        assert 0 < len(puts) <= MOST_WRITES
        assert len(set(places)) == len(places), "one transaction names an item once"
        failing = [place for place, put in zip(places, puts, strict=True) if not self._fits(put)]
        if failing:
            raise refusal("TransactWriteItems", "TransactionCanceledException")
        for put in puts:
            self._write(put)

    def _write(self, put: Item) -> None:
        item = _stored(put["Item"])
        place = _place(item)
        if not self._fits(put):
            raise refusal("PutItem", "ConditionalCheckFailedException")
        if place[0].startswith("HISTORY#"):
            assert self.items.get(place, item) == item, "the history is never changed"
        self.items[place] = item

    def _fits(self, put: Item) -> bool:
        condition = {name: put[name] for name in put if name.startswith(("Cond", "Expr"))}
        return self._holds(_place(put["Item"]), **condition)

    def _holds(
        self,
        place: tuple[str, str],
        ConditionExpression: str = "",  # noqa: N803
        ExpressionAttributeValues: Item | None = None,  # noqa: N803
    ) -> bool:
        item, values = self.items.get(place), ExpressionAttributeValues or {}
        for term in filter(None, ConditionExpression.split(" AND ")):
            if term == "attribute_not_exists(pk)":
                if item is not None:
                    return False
                continue
            name, equals, value = term.split()
            assert equals == "="
            if item is None or name not in item or item[name] != values[value]:
                return False
        return True

    def _query(self, **named: Any) -> list[Item]:
        assert named["KeyConditionExpression"] == "pk = :pk"
        assert named["ConsistentRead"]
        wanted = named["ExpressionAttributeValues"][":pk"]
        return [copy.deepcopy(item) for place, item in self.items.items() if place[0] == wanted]


def _place(item: Mapping[str, Any]) -> tuple[str, str]:
    return str(item["pk"]), str(item["sk"])


def _stored(value: Any) -> Any:
    """A value as DynamoDB keeps it: numbers are decimals, and nothing else is converted."""
    match value:
        case bool() | str() | None:
            return value
        case int() | Decimal():
            return Decimal(value)
        case dict():
            return {str(name): _stored(part) for name, part in value.items()}
        case list() | tuple():
            return [_stored(part) for part in value]
        case _:
            raise TypeError(value)
