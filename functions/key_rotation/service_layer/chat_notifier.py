"""Publishes to the chat topic, after everything else is recorded, and never twice.

A chat message repeats what the digest says, so that a lost one costs little, and one that comes
twice reads as if the same happened again. No decision rests on it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from key_rotation.adapters.chat_topic import ChatTopic
from key_rotation.adapters.ledger import Ledger
from key_rotation.domain.run_state import RunState
from key_rotation.errors import ChatError, LeaseLostError, LedgerError
from key_rotation.reporting.chat_message import chat_message
from key_rotation.reporting.chat_text import ChatMessage
from key_rotation.reporting.formatting import sanitize_line
from key_rotation.reporting.report import FinishedPart
from key_rotation.service_layer.run_services import RunRecords

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MAX_FAILURE = 400
"""Characters of a failure that are remembered."""


@dataclass(frozen=True, slots=True)
class ChatNotifier:
    """Publishes one message for each digest, and for each run that was stopped.

    topic: None for a deployment without a chat topic
    """

    topic: ChatTopic | None

    @classmethod
    def of(cls, sns: "SNSClient", topic_arn: str | None) -> "ChatNotifier":
        """Return the notifier of a topic; of None, one that publishes nothing."""
        return cls(ChatTopic(sns, topic_arn) if topic_arn else None)

    def send(self, compose: Callable[[], ChatMessage], today: date) -> str:
        """Publish a message, if there is a chat topic.

        Returns why SNS did not accept it, with the day; empty if it did, or if there is no topic.
        """
        if self.topic is None:
            return ""
        try:
            self.topic.publish(compose().body)
        except ChatError as error:
            return sanitize_line(f"{today.isoformat()}: {error}", MAX_FAILURE)
        return ""

    def send_digest(
        self, finished: FinishedPart, state: RunState, records: RunRecords
    ) -> FinishedPart:
        """Publish the digest of a part in short, if one was published.

        state: as it was saved; a failure is written into it, for the next digest to report

        Returns the part with what came of it.
        """
        report = finished.report
        if not report.message_ids:
            return finished
        failure = self.send(lambda: chat_message(report), report.now.today)
        if not failure:
            return finished
        with suppress(LeaseLostError):  # then the state is another run's
            records.context.lease.check()
            remember_failure(records.ledger, state, failure)
        return replace(finished, report=replace(report, chat_failure=failure))


def remember_failure(ledger: Ledger, state: RunState, failure: str) -> None:
    """Leave a failure to the next digest; if the ledger does not accept it, the log has it."""
    with suppress(LedgerError):
        ledger.write_run_state(replace(state, chat_failure=failure))
