"""Amazon SES and the queue of its events, as far as this tool uses them.

They answer in the forms of botocore. SES here knows verified identities, a sandbox, a quota and
what recipients do with a mail, which moto does not.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.fault_injection import KilledError


def client_error(operation: str, code: str, message: str, status: int = 400) -> ClientError:
    """Return the error that botocore raises for an answer of AWS."""
    metadata: Any = {"HTTPStatusCode": status, "RetryAttempts": 0}
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, operation
    )


@dataclass(kw_only=True)
class FakeSes:
    """SES in one account.

    unverified: recipients that the sandbox refuses
    failures: raised by the next calls of SendEmail, one each; None lets a call pass
    lost_answers: how many of the next mails are sent without an answer
    killed_after: whether the process dies when the next mail was sent
    """

    sent: list[dict[str, Any]] = field(default_factory=list)
    quota: float = 50_000
    rate: float = 14
    sent_before: float = 0
    sending_enabled: bool = True
    unverified: set[str] = field(default_factory=set)
    failures: list[BaseException | None] = field(default_factory=list)
    account_failure: ClientError | None = None
    lost_answers: int = 0
    killed_after: bool = False
    calls: list[str] = field(default_factory=list)

    def get_account(self) -> dict[str, Any]:
        """Answer as GetAccount does."""
        self.calls.append("GetAccount")
        if self.account_failure:
            raise self.account_failure
        used = self.sent_before + sum(len(mail["to"]) for mail in self.sent)
        return {
            "SendQuota": {
                "Max24HourSend": self.quota,
                "MaxSendRate": self.rate,
                "SentLast24Hours": used,
            },
            "SendingEnabled": self.sending_enabled,
            "EnforcementStatus": "HEALTHY" if self.sending_enabled else "SHUTDOWN",
        }

    def send_email(self, **request: Any) -> dict[str, Any]:
        """Answer as SendEmail does: the whole mail is refused for one recipient."""
        self.calls.append("SendEmail")
        to = request["Destination"]["ToAddresses"]
        if failure := self.failures.pop(0) if self.failures else None:
            raise failure
        if refused := sorted(self.unverified & set(to)):
            text = (
                "Email address is not verified. The following identities failed the check in region"
                f" EU-WEST-1: {', '.join(refused)}"
            )
            raise client_error("SendEmail", "MessageRejected", text)
        simple = request["Content"]["Simple"]
        message_id = f"message-{len(self.sent) + 1}"
        self.sent.append(
            {
                "message_id": message_id,
                "from": request["FromEmailAddress"],
                "to": tuple(to),
                "reply_to": tuple(request["ReplyToAddresses"]),
                "subject": simple["Subject"]["Data"],
                "text": simple["Body"]["Text"]["Data"],
                "html": simple["Body"]["Html"]["Data"],
                "headers": {each["Name"]: each["Value"] for each in simple["Headers"]},
                "configuration_set": request["ConfigurationSetName"],
            }
        )
        if self.killed_after:
            raise KilledError
        if self.lost_answers:
            self.lost_answers -= 1
            raise ReadTimeoutError(endpoint_url="https://email.eu-west-1.amazonaws.com")
        return {"MessageId": message_id}

    @property
    def subjects(self) -> list[tuple[str, tuple[str, ...]]]:
        """The subject and the recipients of each mail."""
        return [(mail["subject"], mail["to"]) for mail in self.sent]


@dataclass(kw_only=True)
class FakeQueue:
    """The queue of the events: a message stays until it is deleted."""

    messages: dict[str, str] = field(default_factory=dict)
    failure: ClientError | None = None
    killed_before_deletion: bool = False
    received: set[str] = field(default_factory=set)

    def receive_message(self, **request: Any) -> dict[str, Any]:
        """Answer as ReceiveMessage does; what was received before is hidden."""
        assert request["QueueUrl"]
        assert request["WaitTimeSeconds"]
        if self.failure:
            raise self.failure
        waiting = [receipt for receipt in self.messages if receipt not in self.received]
        taken = waiting[: request["MaxNumberOfMessages"]]
        self.received |= set(taken)
        if not taken:
            return {}
        return {"Messages": [{"Body": self.messages[r], "ReceiptHandle": r} for r in taken]}

    def delete_message(self, **request: Any) -> None:
        """Delete a message."""
        assert request["QueueUrl"]
        if self.killed_before_deletion:
            raise KilledError
        del self.messages[request["ReceiptHandle"]]

    def show_again(self) -> None:
        """Let the time pass in which what was received is hidden."""
        self.received.clear()

    def put(self, body: object) -> None:
        """Put an event on the queue, as the rule does."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.messages[f"receipt-{len(self.messages) + len(self.received) + 1}"] = text


def event_of(mail: dict[str, Any], kind: str, **detail: Any) -> dict[str, Any]:
    """Return an event of SES about a mail that was sent, in the form of its documentation."""
    return {
        "version": "0",
        "source": "aws.ses",
        "detail-type": f"Email {kind}",
        "time": datetime(2026, 11, 24, 9, 5, tzinfo=UTC).isoformat(),
        "detail": {
            "eventType": kind,
            "mail": {
                "messageId": mail["message_id"],
                "destination": list(mail["to"]),
                "tags": {"ses:configuration-set": [mail["configuration_set"]]},
            },
            **detail,
        },
    }


def bounce(
    mail: dict[str, Any], *addresses: str, kind: str = "Permanent", words: str = "550 no such user"
) -> dict[str, Any]:
    """Return the event that addresses of a mail did not accept it."""
    recipients = [
        {"emailAddress": address, "action": "failed", "diagnosticCode": words}
        for address in addresses or mail["to"]
    ]
    return event_of(mail, "Bounce", bounce={"bounceType": kind, "bouncedRecipients": recipients})


def delivery(mail: dict[str, Any]) -> dict[str, Any]:
    """Return the event that a mail was delivered."""
    return event_of(mail, "Delivery", delivery={"recipients": list(mail["to"])})


def complaint(mail: dict[str, Any]) -> dict[str, Any]:
    """Return the event that a recipient complained about a mail."""
    recipients = [{"emailAddress": address} for address in mail["to"]]
    details = {"complainedRecipients": recipients, "complaintFeedbackType": "abuse"}
    return event_of(mail, "Complaint", complaint=details)
