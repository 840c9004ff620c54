"""The largest account that IAM allows, simulated on a clock of its own.

It responds to the calls of the product without delay, and counts the seconds that they would take
at a limited rate of requests.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from botocore.exceptions import ClientError

from tests.aws.aws_account import DEFAULTS
from tests.aws.clients import Clients

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OLD = START - timedelta(days=1000)
Page = Mapping[str, Any]


@dataclass
class SimulatedClock:
    """The simulated time; every request to IAM advances it."""

    now: datetime = START
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sleep(self, seconds: float, /) -> None:
        """Advance the time."""
        with self.lock:
            self.now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        """Return the simulated time in seconds."""
        return self.now.timestamp()


@dataclass
class Paginator:
    """A paginator."""

    pages: Any

    def paginate(self, **parameters: Any) -> Iterator[Page]:
        """Return the pages."""
        yield from self.pages(**parameters)


class FakeIam:
    """IAM with `users` users of two old keys each, and one rate limit for all requests."""

    def __init__(self, clock: SimulatedClock, *, users: int, rate: float) -> None:
        """Create the users and their keys."""
        self.calls: Counter[str] = Counter()
        self.keys: dict[str, list[dict[str, Any]]] = {
            f"user{n:04}": [
                {
                    "AccessKeyId": f"AKIA{2 * n + k:016}",
                    "Status": "Active",
                    "CreateDate": OLD + timedelta(hours=2 * n + k),
                }
                for k in range(2)
            ]
            for n in range(users)
        }
        self._owners = {key["AccessKeyId"]: name for name in self.keys for key in self.keys[name]}
        self._clock = clock
        self._pause = 1 / rate

    def get_paginator(self, name: str) -> Paginator:
        """Return the paginator of a listing."""
        return Paginator(getattr(self, f"_{name}"))

    def list_account_aliases(self) -> Page:
        """Return no alias."""
        self._count("ListAccountAliases")
        return {"AccountAliases": []}

    def get_access_key_last_used(self, **parameters: str) -> Page:
        """Return that the key was never used."""
        self._count("GetAccessKeyLastUsed")
        never_used = {"ServiceName": "N/A", "Region": "N/A"}
        return {
            "UserName": self._owners[parameters["AccessKeyId"]],
            "AccessKeyLastUsed": never_used,
        }

    def update_access_key(self, **parameters: str) -> None:
        """Set the status of a key, which must differ from the current one."""
        self._count("UpdateAccessKey")
        [key] = (
            k
            for k in self.keys[parameters["UserName"]]
            if k["AccessKeyId"] == parameters["AccessKeyId"]
        )
        assert key["Status"] != parameters["Status"]
        key["Status"] = parameters["Status"]

    def _list_users(self, **_: Any) -> Iterator[Page]:
        names = list(self.keys)
        for start in range(0, len(names), 1000):
            self._count("ListUsers")
            page = names[start : start + 1000]
            yield {
                "Users": [
                    {
                        "UserName": name,
                        "Path": "/",
                        "UserId": f"AIDA{name:0>17}",
                        "CreateDate": OLD,
                    }
                    for name in page
                ]
            }

    def _list_access_keys(self, **parameters: str) -> Iterator[Page]:
        self._count("ListAccessKeys")
        yield {"AccessKeyMetadata": [dict(key) for key in self.keys[parameters["UserName"]]]}

    def _list_user_tags(self, **_: str) -> Iterator[Page]:
        self._count("ListUserTags")
        yield {"Tags": []}

    def _count(self, name: str) -> None:
        self._clock.sleep(self._pause)
        with self._clock.lock:
            self.calls[name] += 1


class FakeTable:
    """The ledger's table: items by their keys, with the conditions that the ledger uses."""

    name = "ledger"

    def __init__(self) -> None:
        """Create an empty table."""
        self.meta = self
        self.client = self
        self._items: dict[str, dict[str, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def describe_table(self, **_: str) -> Page:
        """Return when the table was created."""
        return {"Table": {"CreationDateTime": START}}

    def get_item(self, *, Key: Mapping[str, str], **_: Any) -> Page:  # noqa: N803  # the parameter of boto3
        """Read an item."""
        item = self._items.get(Key["pk"], {}).get(Key["sk"])
        return {"Item": item} if item else {}

    def put_item(self, **request: Any) -> None:
        """Write an item."""
        with self._lock:
            self._check(request, request["Item"])
            self._put(request["Item"])

    def delete_item(self, **deletion: Any) -> None:
        """Delete an item."""
        with self._lock:
            key = deletion["Key"]
            self._check(deletion, key)
            self._items[key["pk"]].pop(key["sk"], None)

    def transact_write_items(self, *, TransactItems: Sequence[Page]) -> None:  # noqa: N803
        """Write all items, or none."""
        puts = [each["Put"] for each in TransactItems]
        with self._lock:
            for request in puts:
                self._check(request, request["Item"])
            for request in puts:
                self._put(request["Item"])

    def get_paginator(self, _: str) -> Paginator:
        """Return the paginator of a query of one partition."""

        def query(**parameters: Any) -> Iterator[Page]:
            yield {"Items": list(self.partition(parameters["ExpressionAttributeValues"][":pk"]))}

        return Paginator(query)

    def partition(self, pk: str) -> Sequence[dict[str, Any]]:
        """Return the items of a partition."""
        return list(self._items.get(pk, {}).values())

    def _put(self, item: dict[str, Any]) -> None:
        self._items.setdefault(item["pk"], {})[item["sk"]] = item

    def _check(self, write: Page, key: Mapping[str, Any]) -> None:
        condition = write.get("ConditionExpression")
        item = self._items.get(key["pk"], {}).get(key["sk"], {})
        values = write.get("ExpressionAttributeValues", {})
        holds = not item if condition == "attribute_not_exists(pk)" else True
        if not holds or any(item.get(name[1:]) != value for name, value in values.items()):
            error = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "no"}}
            raise ClientError(cast("Any", error), "write")


@dataclass
class FakeTopic:
    """An SNS topic with one subscriber, which keeps its messages."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    def get_paginator(self, _: str) -> Paginator:
        """Return the paginator of the subscriptions."""
        return Paginator(
            lambda **_: [{"Subscriptions": [{"SubscriptionArn": "arn:aws:sns:::one"}]}]
        )

    def get_subscription_attributes(self, SubscriptionArn: str) -> dict[str, Any]:  # noqa: N803
        """Return the attributes of the subscription, which has no filter policy."""
        return {"Attributes": {"SubscriptionArn": SubscriptionArn}}

    def publish(self, **message: Any) -> Page:
        """Accept a message."""
        assert len(message["Message"].encode()) < 256 * 1024
        self.messages.append(message)
        return {"MessageId": str(len(self.messages))}


@dataclass
class FakeParameterStore:
    """Parameter Store."""

    values: dict[str, str] = field(default_factory=lambda: dict(DEFAULTS))

    def get_parameters(self, *, Names: Sequence[str]) -> Page:  # noqa: N803  # the parameter of boto3
        """Read parameters."""
        return {
            "Parameters": [
                {"Name": name, "Value": self.values[name.rpartition("/")[2]], "Version": 1}
                for name in Names
            ]
        }


def fake_clients(
    iam: FakeIam, table: FakeTable, topic: FakeTopic, parameters: FakeParameterStore
) -> Clients:
    """Return the fakes as the clients of a run."""
    return Clients(
        iam=cast("Any", iam),
        iam_once=cast("Any", iam),
        ssm=cast("Any", parameters),
        sns=cast("Any", topic),
        table=cast("Any", table),
        functions=cast("Any", None),
    )
