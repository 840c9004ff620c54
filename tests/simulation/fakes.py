"""The AWS clients of a run, in memory: only the calls that the product makes.

`test_fakes.py` compares them with moto.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tests.aws.clients import Clients
from tests.simulation.fault_injection import FaultInjector, client_error
from tests.simulation.simulated_account import Key, PublishedMessage, SimulatedAccount, User

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient

T = TypeVar("T")
Item = dict[str, Any]
PAGE_SIZE = 2
MAX_BYTES = 262_144
MAX_WRITES = 100


@dataclass
class Observations:
    """What one run read.

    settings: the parameters
    status, last_use: of each key, by key id
    status_at_last_use: the status of each key as it was read before its last use
    """

    settings: dict[str, str] | None = None
    status: dict[str, str] = field(default_factory=dict)
    last_use: dict[str, datetime | None] = field(default_factory=dict)
    status_at_last_use: dict[str, str | None] = field(default_factory=dict)


EDITOR = "arn:aws:iam::123456789012:user/bob"


@dataclass(frozen=True)
class Listing:
    """A listing in pages.

    name: of the field that contains the entries
    sort_key: the field of an entry by which they are sorted
    entries: returns all current entries
    """

    operation: str
    name: str
    sort_key: str
    entries: Callable[..., Iterable[Item]]


class FakeAws:
    """All clients of one account, and the fault injector of the current run.

    observed: what the run read
    on_change: called with each change of a key that a run requests, before it takes effect
    on_publish: called with each message
    """

    def __init__(
        self,
        account: SimulatedAccount,
        on_change: Callable[[str, Key], None],
        on_publish: Callable[[PublishedMessage], None],
    ) -> None:
        """Create the clients, without faults."""
        self.account = account
        self.on_change = on_change
        self.on_publish = on_publish
        self.injector = FaultInjector()
        self.observed = Observations()
        self.table = FakeTable(self)
        iam = cast("IAMClient", FakeIam(self))
        self.clients = Clients(
            iam=iam,
            iam_once=iam,
            ssm=cast("SSMClient", FakeSsm(self)),
            sns=cast("SNSClient", FakeSns(self)),
            table=cast("Table", self.table),
            functions=cast("LambdaClient", None),
        )

    def call(self, operation: str, parameters: Mapping[str, Any], act: Callable[[], T]) -> T:
        """Make one call through the fault injector."""
        return self.injector.call(operation, parameters, act)


class FakePaginator:
    """A paginator: each page is a call, and starts after the last entry of the page before."""

    def __init__(self, aws: FakeAws, listing: Listing) -> None:
        """Use a listing."""
        self._aws, self._listing = aws, listing

    def paginate(self, **parameters: Any) -> Iterator[Item]:
        """Return the pages, each as the entries are at that time."""
        marker, more = "", True
        while more:
            act = partial(self._page, parameters, marker)
            page, marker, more = self._aws.call(self._listing.operation, parameters, act)
            yield {self._listing.name: page}

    def _page(self, parameters: Mapping[str, Any], marker: str) -> tuple[list[Item], str, bool]:
        sort_key = self._listing.sort_key
        found = sorted(self._listing.entries(**parameters), key=lambda entry: str(entry[sort_key]))
        rest = [entry for entry in found if str(entry[sort_key]) > marker]
        page = rest[:PAGE_SIZE]
        if self._listing.operation == "ListAccessKeys":
            statuses = {str(key["AccessKeyId"]): str(key["Status"]) for key in page}
            self._aws.observed.status |= statuses
        return page, str(page[-1][sort_key]) if page else "", len(rest) > PAGE_SIZE


class FakeIam:
    """IAM."""

    def __init__(self, aws: FakeAws) -> None:
        """Use an account."""
        self._aws, self._account = aws, aws.account

    def get_paginator(self, name: str) -> FakePaginator:
        """Return the paginator of one of the three listings."""
        listings = {
            "list_users": Listing("ListUsers", "Users", "UserName", self._users),
            "list_access_keys": Listing(
                "ListAccessKeys", "AccessKeyMetadata", "AccessKeyId", self._keys
            ),
            "list_user_tags": Listing("ListUserTags", "Tags", "Key", self._tags),
        }
        return FakePaginator(self._aws, listings[name])

    def list_account_aliases(self) -> Item:
        """Return no alias."""
        return self._aws.call("ListAccountAliases", {}, lambda: {"AccountAliases": []})

    def get_access_key_last_used(self, **parameters: str) -> Item:
        """Return the owner and the last use of a key."""
        return self._aws.call(
            "GetAccessKeyLastUsed", parameters, lambda: self._last_used(**parameters)
        )

    def generate_credential_report(self) -> Item:
        """Generate a report."""
        self._aws.call("GenerateCredentialReport", {}, self._account.credential_report)
        return {"State": "COMPLETE"}

    def get_credential_report(self) -> Item:
        """Return the last report."""
        return self._aws.call("GetCredentialReport", {}, self._report)

    def update_access_key(self, **parameters: str) -> None:
        """Set the status of a key."""
        assert parameters["Status"] == "Inactive", "the tool never turns a key on"
        self._aws.call("UpdateAccessKey", parameters, lambda: self._update(**parameters))

    def delete_access_key(self, **parameters: str) -> None:
        """Delete a key."""
        self._aws.call("DeleteAccessKey", parameters, lambda: self._delete(**parameters))

    def _users(self, **_: Any) -> list[Item]:
        return [
            {
                "UserName": user.name,
                "Path": user.path,
                "UserId": user.user_id,
                "CreateDate": user.created,
            }
            for user in self._account.users.values()
        ]

    def _keys(self, UserName: str) -> list[Item]:  # noqa: N803  # the parameters of boto3
        user = self._user(UserName, "ListAccessKeys")
        return [
            {
                "UserName": user.name,
                "AccessKeyId": key.key_id,
                "Status": self._account.visible_status(key),
                "CreateDate": key.created,
            }
            for key in self._account.keys_of(user)
        ]

    def _tags(self, UserName: str) -> list[Item]:  # noqa: N803
        user = self._user(UserName, "ListUserTags")
        keys = self._account.keys_of(user)
        return [{"Key": key.key_id, "Value": "a key"} for key in keys]

    def _last_used(self, AccessKeyId: str) -> Item:  # noqa: N803
        key = self._account.keys.get(AccessKeyId)
        if key is None:
            raise client_error("GetAccessKeyLastUsed", "NoSuchEntity")
        at = self._account.last_use(key)
        observed = self._aws.observed
        observed.last_use[AccessKeyId] = at
        observed.status_at_last_use[AccessKeyId] = observed.status.get(AccessKeyId)
        last_used = {"LastUsedDate": at, "ServiceName": "s3", "Region": "eu-west-1"}
        never = {"ServiceName": "N/A", "Region": "N/A"}
        return {"UserName": key.owner.name, "AccessKeyLastUsed": last_used if at else never}

    def _report(self) -> Item:
        generated, text = self._account.last_report or (None, "")
        assert generated, "no report was generated"
        return {"GeneratedTime": generated, "Content": text.encode(), "ReportFormat": "text/csv"}

    def _update(self, UserName: str, AccessKeyId: str, Status: str) -> None:  # noqa: N803
        key = self._key(UserName, AccessKeyId, "UpdateAccessKey")
        self._aws.on_change("deactivated", key)
        self._account.set_status(key, Status, by_tool=True)

    def _delete(self, UserName: str, AccessKeyId: str) -> None:  # noqa: N803
        key = self._key(UserName, AccessKeyId, "DeleteAccessKey")
        self._aws.on_change("deleted", key)
        self._account.delete_key(key, by_tool=True)

    def _user(self, name: str, operation: str) -> User:
        user = self._account.find_user(name)
        if user is None:
            raise client_error(operation, "NoSuchEntity")
        return user

    def _key(self, name: str, key_id: str, operation: str) -> Key:
        user = self._user(name, operation)
        key = self._account.keys.get(key_id)
        if key is None or key.owner is not user:
            raise client_error(operation, "NoSuchEntity")
        return key


class FakeSsm:
    """Parameter Store."""

    def __init__(self, aws: FakeAws) -> None:
        """Use an account."""
        self._aws = aws

    def get_parameters(self, Names: Sequence[str]) -> Item:  # noqa: N803
        """Return the parameters that exist."""
        assert len(Names) <= 10, "one call takes ten names"
        return self._aws.call("GetParameters", {}, lambda: self._get(Names))

    def get_paginator(self, name: str) -> FakePaginator:
        """Return the paginator of the parameters below a path, or of the versions of one."""
        listings = {
            "get_parameters_by_path": Listing(
                "GetParametersByPath", "Parameters", "Name", self._below
            ),
            "get_parameter_history": Listing(
                "GetParameterHistory", "Parameters", "Version", self._versions
            ),
        }
        return FakePaginator(self._aws, listings[name])

    def _below(self, Path: str, **_: Any) -> list[Item]:  # noqa: N803
        """Return the parameters below a path, as the run observes them."""
        assert Path == "/key-rotation/exemption"
        found = {
            name: versioned
            for name, versioned in self._aws.account.parameters.items()
            if name.startswith("exemption/")
        }
        self._aws.observed.settings = {
            **(self._aws.observed.settings or {}),
            **{name: value for name, (value, _) in found.items()},
        }
        return [
            {"Name": f"/key-rotation/{name}", "Type": "String", "Value": value, "Version": version}
            for name, (value, version) in found.items()
        ]

    def _versions(self, Name: str) -> list[Item]:  # noqa: N803
        """Return the latest version of a parameter."""
        value, version = self._aws.account.parameters[Name.removeprefix("/key-rotation/")]
        return [{"Value": value, "Version": version, "LastModifiedUser": EDITOR}]

    def _get(self, names: Sequence[str]) -> Item:
        parameters = self._aws.account.parameters
        names_by_path = {name: name.removeprefix("/key-rotation/") for name in names}
        found: list[Item] = [
            {"Name": name, "Value": parameters[end][0], "Version": parameters[end][1]}
            for name, end in names_by_path.items()
            if end in parameters
        ]
        self._aws.observed.settings = {
            names_by_path[parameter["Name"]]: str(parameter["Value"]) for parameter in found
        }
        missing = [name for name, end in names_by_path.items() if end not in parameters]
        return {"Parameters": found, "InvalidParameters": missing}


class FakeSns:
    """The SNS topic."""

    def __init__(self, aws: FakeAws) -> None:
        """Use an account."""
        self._aws = aws

    def get_paginator(self, name: str) -> FakePaginator:
        """Return the paginator of the subscriptions."""
        assert name == "list_subscriptions_by_topic"
        return FakePaginator(
            self._aws,
            Listing("ListSubscriptionsByTopic", "Subscriptions", "Endpoint", self._subscriptions),
        )

    def get_subscription_attributes(self, SubscriptionArn: str) -> Item:  # noqa: N803
        """Return the attributes of a subscription, which has no filter policy."""
        attributes = {"SubscriptionArn": SubscriptionArn, "PendingConfirmation": "false"}
        return self._aws.call("GetSubscriptionAttributes", {}, lambda: {"Attributes": attributes})

    def publish(self, **parameters: Any) -> Item:
        """Accept a message."""
        return self._aws.call("Publish", {}, lambda: self._take(**parameters))

    def _subscriptions(self, **_: Any) -> list[Item]:
        count = self._aws.account.subscriber_count
        arns = ["PendingConfirmation", *(f"arn:aws:sns:{n}" for n in range(count))]
        return [{"SubscriptionArn": arn, "Endpoint": f"{n}"} for n, arn in enumerate(arns)]

    def _take(self, Subject: str, Message: str, **_: Any) -> Item:  # noqa: N803
        assert 0 < len(Subject) < 100, Subject
        assert Subject.isascii(), Subject
        assert Subject.isprintable(), Subject
        assert len(Message.encode()) <= MAX_BYTES
        variants = json.loads(Message)
        body = variants.get("sqs", variants["default"])
        account = self._aws.account
        message = PublishedMessage(
            account.now, Subject, body, delivered=account.subscriber_count > 0
        )
        account.messages.append(message)
        self._aws.on_publish(message)
        return {"MessageId": "1"}


class FakeTable:
    """The ledger's table."""

    name = "ledger"

    def __init__(self, aws: FakeAws) -> None:
        """Create an empty table."""
        self._aws = aws
        self.items: dict[tuple[str, str], Item] = {}
        self.created = datetime(2026, 1, 1, tzinfo=UTC)
        self.meta = self
        self.client = self

    def describe_table(self, TableName: str) -> Item:  # noqa: N803
        """Return when the table was created."""
        found = {"Table": {"TableName": TableName, "CreationDateTime": self.created}}
        return self._aws.call("DescribeTable", {}, lambda: found)

    def get_item(self, Key: Item, *, ConsistentRead: bool) -> Item:  # noqa: N803
        """Read one item."""
        assert ConsistentRead, "the ledger is read consistently"
        return self._aws.call("GetItem", Key, lambda: self._get(Key))

    def put_item(self, Item: Item, **condition: Any) -> None:  # noqa: N803
        """Write one item if the condition holds."""
        self._aws.call("PutItem", {}, lambda: self._write({"Item": Item, **condition}))

    def delete_item(self, Key: Item, **condition: Any) -> None:  # noqa: N803
        """Delete one item if the condition holds."""
        self._aws.call("DeleteItem", Key, lambda: self._delete(Key, condition))

    def transact_write_items(self, TransactItems: Sequence[Item]) -> None:  # noqa: N803
        """Write all items, or none."""
        puts = [item["Put"] for item in TransactItems]
        self._aws.call("TransactWriteItems", {}, lambda: self._transact(puts))

    def get_paginator(self, name: str) -> FakePaginator:
        """Return the paginator of the query of one partition."""
        assert name == "query"
        return FakePaginator(self._aws, Listing("Query", "Items", "sk", self._query))

    def _get(self, key: Item) -> Item:
        item = self.items.get(_place(key))
        return {"Item": _stored(item)} if item else {}

    def _delete(self, key: Item, condition: Item) -> None:
        place = _place(key)
        assert not _is_history(place), "the history only grows"
        if not self._holds(place, **condition):
            raise client_error("DeleteItem", "ConditionalCheckFailedException")
        self.items.pop(place, None)

    def _transact(self, puts: Sequence[Item]) -> None:
        places = [_place(put["Item"]) for put in puts]
        assert 0 < len(puts) <= MAX_WRITES
        assert len(set(places)) == len(places), "one transaction names an item once"
        failing = [place for place, put in zip(places, puts, strict=True) if not self._fits(put)]
        if failing:
            raise client_error("TransactWriteItems", "TransactionCanceledException")
        for put in puts:
            self._write(put)

    def _write(self, put: Item) -> None:
        item = _stored(put["Item"])
        place = _place(item)
        if not self._fits(put):
            raise client_error("PutItem", "ConditionalCheckFailedException")
        if _is_history(place):
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

    def _query(self, **parameters: Any) -> list[Item]:
        condition, between = parameters["KeyConditionExpression"], " AND sk BETWEEN :first AND :end"
        assert condition in {"pk = :pk", f"pk = :pk{between}"}
        assert parameters["ConsistentRead"]
        values = parameters["ExpressionAttributeValues"]
        first, end = values.get(":first", ""), values.get(":end", "\U0010ffff")
        return [
            _stored(item)
            for (pk, sk), item in self.items.items()
            if pk == values[":pk"] and first <= sk <= end
        ]


def _place(item: Mapping[str, Any]) -> tuple[str, str]:
    return str(item["pk"]), str(item["sk"])


def _is_history(place: tuple[str, str]) -> bool:
    return place[0] in {"RUNS", "POPULATION"} or place[0].startswith("HISTORY#")


def _stored(value: Any) -> Any:
    """Return a value as DynamoDB stores it: numbers are decimals; other types stay."""
    match value:
        case bool() | str() | bytes() | None:
            return value
        case int() | Decimal():
            return Decimal(value)
        case dict():
            return {str(name): _stored(part) for name, part in value.items()}
        case list() | tuple():
            return [_stored(part) for part in value]
        case _:
            raise TypeError(value)
