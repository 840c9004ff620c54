"""The fakes compared with moto: the same events give the same responses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.aws_account import AwsAccount
from tests.simulation.simulated_account import DEFAULTS, SimulatedAccount
from tests.simulation.simulator import Simulator, without_threads

LISTS = ("noticed", "deactivated", "extended", "deleted", "closed", "held", "adopted", "upcoming")


def error_code(call: Callable[..., Any], **parameters: Any) -> str:
    """Return the error code of a call."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "none"


@pytest.fixture
def simulator() -> Simulator:
    """Return an account in memory."""
    return Simulator()


def write_results(table: Any) -> list[Any]:
    """Return the results of writes that succeed and of writes that fail."""
    item = {"pk": "WATCH", "sk": "A", "version": 1, "list": ["a", {"b": None}], "on": True}
    other = {"pk": "WATCH", "sk": "B"}
    key = {"pk": "WATCH", "sk": "A"}
    if_absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    if_version_2 = {
        "ConditionExpression": "version = :v AND sk = :sk",
        "ExpressionAttributeValues": {":v": 2, ":sk": "A"},
    }
    parameters = {"TableName": "ledger"}
    puts = [
        {"Put": {**parameters, "Item": other}},
        {"Put": {**parameters, "Item": item, **if_absent}},
    ]
    return [
        error_code(table.put_item, Item=item, **if_absent),
        error_code(table.put_item, Item=item, **if_absent),
        error_code(table.put_item, Item=item, **if_version_2),
        error_code(table.delete_item, Key=key, **if_version_2),
        error_code(table.meta.client.transact_write_items, TransactItems=puts),
        table.get_item(Key=key, ConsistentRead=True)["Item"],
        table.get_item(Key=other, ConsistentRead=True).get("Item"),
        error_code(table.delete_item, Key=other, **if_absent),
    ]


def iam_results(iam: Any, key_id: str) -> list[Any]:
    """Return IAM's responses about the only key of a user."""
    inactive = {"Status": "Inactive"}
    alice = {"UserName": "alice", "AccessKeyId": key_id}

    def list_statuses(name: str) -> list[Any]:
        pages = iam.get_paginator("list_access_keys").paginate(UserName=name)
        return [key["Status"] for page in pages for key in page["AccessKeyMetadata"]]

    return [
        error_code(iam.update_access_key, UserName="bob", AccessKeyId=key_id, **inactive),
        error_code(iam.update_access_key, UserName="alice", AccessKeyId="A" * 20, **inactive),
        error_code(iam.update_access_key, **alice, **inactive),
        list_statuses("alice"),
        iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"],
        error_code(iam.delete_access_key, **alice),
        error_code(iam.delete_access_key, **alice),
        error_code(iam.get_access_key_last_used, AccessKeyId=key_id),
        error_code(list_statuses, name="bob"),
        list_statuses("alice"),
    ]


def test_conditional_writes_succeed_or_fail_as_in_moto(
    account: AwsAccount, simulator: Simulator
) -> None:
    assert write_results(simulator.aws.clients.table) == write_results(account.clients.table)


def test_iam_responds_as_in_moto(account: AwsAccount, simulator: Simulator) -> None:
    simulated = simulator.account.create_key(simulator.account.create_user("alice")).key_id
    expected = iam_results(account.clients.iam, account.create_key("alice", age=5))
    assert iam_results(simulator.aws.clients.iam, simulated) == expected


def test_forty_days_of_an_account_have_the_same_outcomes_as_in_moto(
    account: AwsAccount, simulator: Simulator
) -> None:
    """Notices, deactivations, a use, reactivations and a deletion, compared day by day."""
    account.put_parameters(**{name.replace("-", "_"): value for name, value in DEFAULTS.items()})
    simulator.account.now = account.now
    names: dict[str, str] = {}
    for name, age in (("alice", 400), ("bob", 18), ("carol", 3), ("dave", 30)):
        names[account.create_key(name, age=age)] = name
        names[
            simulator.account.create_key(simulator.account.create_user(name, age=age), age).key_id
        ] = name
    expected: dict[int, dict[str, list[Any]]] = {}
    simulated: dict[int, dict[str, list[Any]]] = {}
    for day in range(40):
        expected[day] = _lists(account.run(), names)
        with without_threads():
            simulated[day] = _lists(simulator.run().responses[-1], names)
        assert expected[day] == simulated[day], day
        _change_keys(day, names, account, simulator.account)
        account.now = simulator.account.now = simulator.account.now + timedelta(days=1)
    sections = {name for day in expected.values() for name, entries in day.items() if entries}
    assert sections >= {"noticed", "deactivated", "deleted", "extended", "upcoming"}


def _change_keys(
    day: int, names: dict[str, str], account: AwsAccount, simulator: SimulatedAccount
) -> None:
    """Reactivate keys and use one, in both accounts."""
    turned_on = {("alice", 5), ("alice", 12), ("alice", 20), ("dave", 7)}
    for key_id, name in names.items():
        simulated_key = simulator.keys.get(key_id)
        if (name, day) in turned_on and simulated_key:
            simulator.set_status(simulated_key, "Active")
        elif (name, day) in turned_on and account.status(key_id):
            account.set_status(name, key_id, "Active")
        elif (name, day) == ("bob", 9) and simulated_key:
            simulator.use_key(simulated_key, simulator.now, timedelta(0))
        elif (name, day) == ("bob", 9) and account.status(key_id):
            account.use_key(key_id)


def _lists(response: dict[str, Any], names: dict[str, str]) -> dict[str, list[Any]]:
    return {
        name: sorted((names[e["access_key_id"]], e["due"], e["reason"]) for e in response[name])
        for name in LISTS
    }
