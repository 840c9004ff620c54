"""Events of AWS services reach the rules of the default event bus, and only services send them."""

import json
from collections.abc import Iterator

import pytest

from local.emulator.account import LocalAccount
from tests.local.emulator.conftest import received

RULE = "sample"


@pytest.fixture(autouse=True)
def rule(account: LocalAccount, outputs: dict[str, str]) -> Iterator[None]:
    """Send events of one type to the queue of the sample stack."""
    events, sqs = account.client("events"), account.client("sqs")
    pattern = {"source": ["aws.sample"], "detail-type": ["Known"], "detail": {"of": ["me"]}}
    attributes = sqs.get_queue_attributes(QueueUrl=outputs["QueueUrl"], AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    events.put_rule(Name=RULE, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=RULE, Targets=[{"Id": "queue", "Arn": arn}])
    received(account, outputs)  # what other tests left in the queue
    yield
    events.remove_targets(Rule=RULE, Ids=["queue"])
    events.delete_rule(Name=RULE)


def test_a_matching_event_reaches_the_target(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    account.emit_event("aws.sample", "Known", {"of": "me"})
    account.emit_event("aws.sample", "Known", {"of": "you"})
    account.emit_event("aws.sample", "Unknown", {"of": "me"})
    (event,) = [json.loads(body) for body in received(account, outputs)]
    assert (event["source"], event["detail-type"]) == ("aws.sample", "Known")
    assert event["detail"] == {"of": "me"}


def test_nobody_else_may_send_an_event_as_a_service(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    entry = {"Source": "aws.sample", "DetailType": "Known", "Detail": json.dumps({"of": "me"})}
    answer = account.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 1
    assert received(account, outputs) == []
