"""The fakes, held against moto: the same story gives the same answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.aws_account import AwsAccount
from tests.aws.histories.account import DEFAULTS, Account
from tests.aws.histories.simulator import Simulator, without_threads

LISTS = ("noticed", "deactivated", "extended", "deleted", "closed", "held", "adopted", "upcoming")


def code(call: Callable[..., Any], **named: Any) -> str:
    """The code of the error that a call ends with."""
    try:
        call(**named)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "none"


@pytest.fixture
def fake() -> Simulator:
    """An account in memory."""
    return Simulator()


def writes(table: Any) -> list[Any]:
    """What a table answers to writes that hold and that do not."""
    item = {"pk": "WATCH", "sk": "A", "version": 1, "list": ["a", {"b": None}], "on": True}
    other = {"pk": "WATCH", "sk": "B"}
    key = {"pk": "WATCH", "sk": "A"}
    new = {"ConditionExpression": "attribute_not_exists(pk)"}
    is_2 = {
        "ConditionExpression": "version = :v AND sk = :sk",
        "ExpressionAttributeValues": {":v": 2, ":sk": "A"},
    }
    named = {"TableName": "ledger"}
    puts = [{"Put": {**named, "Item": other}}, {"Put": {**named, "Item": item, **new}}]
    return [
        code(table.put_item, Item=item, **new),
        code(table.put_item, Item=item, **new),
        code(table.put_item, Item=item, **is_2),
        code(table.delete_item, Key=key, **is_2),
        code(table.meta.client.transact_write_items, TransactItems=puts),
        table.get_item(Key=key, ConsistentRead=True)["Item"],
        table.get_item(Key=other, ConsistentRead=True).get("Item"),
        code(table.delete_item, Key=other, **new),
    ]


def answers(iam: Any, key_id: str) -> list[Any]:
    """What IAM answers of a user's only key."""
    off = {"Status": "Inactive"}
    alice = {"UserName": "alice", "AccessKeyId": key_id}

    def listed(name: str) -> list[Any]:
        pages = iam.get_paginator("list_access_keys").paginate(UserName=name)
        return [key["Status"] for page in pages for key in page["AccessKeyMetadata"]]

    return [
        code(iam.update_access_key, UserName="bob", AccessKeyId=key_id, **off),
        code(iam.update_access_key, UserName="alice", AccessKeyId="A" * 20, **off),
        code(iam.update_access_key, **alice, **off),
        listed("alice"),
        iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"],
        code(iam.delete_access_key, **alice),
        code(iam.delete_access_key, **alice),
        code(iam.get_access_key_last_used, AccessKeyId=key_id),
        code(listed, name="bob"),
        listed("alice"),
    ]


def test_a_conditional_write_holds_or_fails_alike(account: AwsAccount, fake: Simulator) -> None:
    assert writes(fake.cloud.clients.table) == writes(account.clients.table)


def test_iam_refuses_and_answers_alike(account: AwsAccount, fake: Simulator) -> None:
    ours = fake.account.issue(fake.account.hire("alice")).key_id
    theirs = answers(account.clients.iam, account.key("alice", age=5))
    assert answers(fake.cloud.clients.iam, ours) == theirs


def test_three_months_of_an_account_come_out_alike(account: AwsAccount, fake: Simulator) -> None:
    """SnsTopic, deactivations, a use, a return, a deletion, a hold: day by day."""
    account.put(**{name.replace("-", "_"): value for name, value in DEFAULTS.items()})
    fake.account.now = account.now
    pairs: dict[str, str] = {}
    for name, age in (("alice", 400), ("bob", 18), ("carol", 3), ("dave", 30)):
        pairs[account.key(name, age=age)] = name
        pairs[fake.account.issue(fake.account.hire(name, age=age), age).key_id] = name
    theirs: dict[int, dict[str, list[Any]]] = {}
    ours: dict[int, dict[str, list[Any]]] = {}
    for day in range(40):
        theirs[day] = _lists(account.run(), pairs)
        with without_threads():
            ours[day] = _lists(fake.run().answers[-1], pairs)
        assert theirs[day] == ours[day], day
        _act(day, pairs, account, fake.account)
        account.now = fake.account.now = fake.account.now + timedelta(days=1)
    told = {name for day in theirs.values() for name, entries in day.items() if entries}
    assert told >= {"noticed", "deactivated", "deleted", "extended", "upcoming"}


def _act(day: int, pairs: dict[str, str], account: AwsAccount, fake: Account) -> None:
    """People turn keys on again, and use one, in both accounts."""
    turned_on = {("alice", 5), ("alice", 12), ("alice", 20), ("dave", 7)}
    for key_id, name in pairs.items():
        mine = fake.keys.get(key_id)
        if (name, day) in turned_on and mine:
            fake.turn(mine, "Active")
        elif (name, day) in turned_on and account.status(key_id):
            account.turn(name, key_id, "Active")
        elif (name, day) == ("bob", 9) and mine:
            fake.use(mine, fake.now, timedelta(0))
        elif (name, day) == ("bob", 9) and account.status(key_id):
            account.use(key_id)


def _lists(answer: dict[str, Any], pairs: dict[str, str]) -> dict[str, list[Any]]:
    return {
        name: sorted((pairs[e["access_key_id"]], e["due"], e["reason"]) for e in answer[name])
        for name in LISTS
    }
