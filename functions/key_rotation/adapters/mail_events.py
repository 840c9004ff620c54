"""The adapter to the queue with the events of mails."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.domain.owners.mail_event import MailEvent, parse_mail_event
from key_rotation.errors import MailEventsUnreadableError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_CALLS = 500
"""Calls in one run; what is left then is read by the next run."""
AT_ONCE = 10
"""Messages that one call returns at most (SQS API Reference, ReceiveMessage)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEvent:
    """One message of the queue.

    event: None if it changes nothing, or is no event of a mail
    problem: why it is no event of a mail; empty for one that is
    receipt: with which it is deleted
    """

    event: MailEvent | None
    problem: str
    receipt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEvents:
    """Reads the events of mails; each is deleted once its effect is recorded."""

    sqs: "SQSClient"
    queue_url: str

    def receive(self) -> Iterator[ReceivedEvent]:
        """Receive events until the queue returns none; raises MailEventsUnreadableError.

        An event that is not deleted comes again. A call that does not wait asks only some servers
        of the queue, and may return none though there are some (SQS Developer Guide, "Short and
        long polling").
        """
        for _ in range(MAX_CALLS):
            try:
                answer = self.sqs.receive_message(
                    QueueUrl=self.queue_url, MaxNumberOfMessages=AT_ONCE, WaitTimeSeconds=1
                )
            except AWS_ERRORS as cause:
                raise MailEventsUnreadableError(error_message(cause)) from cause
            messages = answer.get("Messages", [])
            if not messages:
                return
            for message in messages:
                yield _received(message.get("Body", ""), message.get("ReceiptHandle", ""))

    def delete(self, received: ReceivedEvent) -> None:
        """Delete an event; raises MailEventsUnreadableError."""
        try:
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=received.receipt)
        except AWS_ERRORS as cause:
            raise MailEventsUnreadableError(error_message(cause)) from cause


def _received(body: str, receipt: str) -> ReceivedEvent:
    try:
        return ReceivedEvent(event=parse_mail_event(json.loads(body)), problem="", receipt=receipt)
    except (ValueError, RecursionError) as error:
        return ReceivedEvent(event=None, problem=str(error), receipt=receipt)
