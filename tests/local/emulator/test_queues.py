"""SQS: a call that waits for messages takes no real time."""

import time

from local.emulator.account import LocalAccount
from tests.local.emulator.conftest import received

WAIT = 20  # seconds, the longest that SQS accepts


def test_a_call_that_waits_is_answered_at_once(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    sqs, queue = account.client("sqs"), outputs["QueueUrl"]
    received(account, outputs)
    since = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=WAIT)
    assert time.monotonic() - since < WAIT / 2
    sqs.send_message(QueueUrl=queue, MessageBody="news")
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=WAIT)["Messages"]
    assert message["Body"] == "news"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
