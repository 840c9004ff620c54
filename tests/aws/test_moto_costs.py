"""What moto answers without HTTP is what it answers with HTTP."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import ClientError

from tests.aws.aws_account import create_ledger_table
from tests.aws.moto_costs import answer_without_http

KEY = {"pk": {"S": "WATCH"}, "sk": {"S": "first"}}
VALUES: dict[str, Any] = {
    "text": {"S": "€"},
    "number": {"N": "1.5"},
    "bytes": {"B": b"\x00\xff"},
    "map": {
        "M": {
            "list": {"L": [{"BOOL": True}, {"NULL": True}, {"B": b"in a list"}]},
            "B": {"S": "no bytes"},
        }
    },
    "set": {"SS": ["a", "b"]},
}
ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}
CALLS: tuple[Callable[[Any], Any], ...] = (
    lambda c: c.put_item(TableName="ledger", Item=KEY | VALUES),
    lambda c: c.put_item(TableName="ledger", Item=KEY, **ABSENT),  # refused
    lambda c: c.get_item(TableName="ledger", Key=KEY, ConsistentRead=True),
    lambda c: c.get_item(TableName="ledger", Key=KEY | {"sk": {"S": "absent"}}),
    lambda c: c.get_item(TableName="absent", Key=KEY),
    lambda c: c.query(
        TableName="ledger",
        KeyConditionExpression="pk = :pk AND begins_with(sk, :first)",
        ExpressionAttributeValues={":pk": {"S": "WATCH"}, ":first": {"S": "f"}},
    ),
    lambda c: c.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "ledger", "Item": KEY | {"sk": {"S": "second"}}}},
            {"Put": {"TableName": "ledger", "Item": KEY, **ABSENT}},  # refuses both
        ]
    ),
    lambda c: c.put_item(TableName="ledger", Item=KEY | {"large": {"S": "x" * 405_000}}),
    lambda c: c.delete_item(TableName="ledger", Key=KEY, ReturnValues="ALL_OLD"),
    lambda c: c.scan(TableName="ledger"),
    lambda c: c.describe_table(TableName="ledger")["Table"]["TableStatus"],
)


def answers(*, without_http: bool) -> Iterator[Any]:
    """Make all calls in a new account; yields each answer, or the error."""
    with moto.mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        create_ledger_table(client)
        if not without_http:
            events: Any = client.meta.events
            events.unregister("before-call", answer_without_http)
        for call in CALLS:
            try:
                answer = call(client)
            except ClientError as error:
                answer = error.response
            if isinstance(answer, dict):
                answer.pop("ResponseMetadata")
            yield answer


@pytest.mark.usefixtures("accounts")
def test_it_answers_and_refuses_alike() -> None:
    assert list(answers(without_http=True)) == list(answers(without_http=False))
