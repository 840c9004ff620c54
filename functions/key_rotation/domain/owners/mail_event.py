"""What came of a mail, as Amazon SES reports it to EventBridge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from key_rotation.domain.owners.addresses import parse_address

MAX_WORDS = 200
MAX_MESSAGE_ID = 200


class MailState(StrEnum):
    """What is known of a mail that SES accepted."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEvent:
    """One event of one mail.

    message_id: what SES calls the mail
    addresses: which of its recipients it is about
    unreachable: whether these addresses accept no mail any more
    words: of SES or of the recipient's server
    """

    state: MailState
    message_id: str
    addresses: tuple[str, ...]
    unreachable: bool
    words: str


def parse_mail_event(event: object) -> MailEvent | None:
    """Read an event of EventBridge from SES (SES Developer Guide, "Event examples").

    Returns None for an event of SES that changes nothing, such as one of a temporary bounce. Raises
    ValueError for anything else.
    """
    try:
        detail = _mapping(_mapping(event)["detail"])
        mail = _mapping(detail["mail"])
        match detail["eventType"]:
            case "Delivery":
                found = MailState.DELIVERED, _texts(_mapping(detail["delivery"])["recipients"]), ""
            case "Bounce":
                bounce = _mapping(detail["bounce"])
                if bounce["bounceType"] != "Permanent":
                    return None
                found = MailState.BOUNCED, *_recipients(bounce["bouncedRecipients"])
            case "Complaint":
                complaint = _mapping(detail["complaint"])
                if complaint.get("complaintFeedbackType") == "not-spam":
                    return None
                addresses, _ = _recipients(complaint["complainedRecipients"])
                kind = str(complaint.get("complaintFeedbackType") or "abuse")
                found = MailState.COMPLAINED, addresses, f"a complaint: {kind}"
            case "Reject":
                reason = str(_mapping(detail["reject"])["reason"])
                found = MailState.REJECTED, _texts(mail["destination"]), reason
            case _:
                return None
        return _event(mail, *found)
    except (KeyError, TypeError, AttributeError) as cause:
        raise ValueError(f"it lacks {cause}") from cause


def _event(
    mail: Mapping[str, Any], state: MailState, addresses: Sequence[str], words: str
) -> MailEvent:
    return MailEvent(
        state=state,
        message_id=_message_id(mail["messageId"]),
        addresses=tuple(filter(None, map(parse_address, addresses))),
        unreachable=state in {MailState.BOUNCED, MailState.COMPLAINED},
        words=words[:MAX_WORDS],
    )


def _message_id(value: object) -> str:
    """Return what SES calls a mail; a sort key of DynamoDB is not empty and has a limit."""
    text = _text(value)
    if not (text.isascii() and text.isprintable() and 1 <= len(text) <= MAX_MESSAGE_ID):
        raise TypeError(f"the id of a message: {text!r:.40}")
    return text


def _recipients(found: object) -> tuple[list[str], str]:
    """Return the addresses of an event, and what the server of the first one said."""
    recipients = [_mapping(each) for each in _list(found)]
    words = next((str(r["diagnosticCode"]) for r in recipients if r.get("diagnosticCode")), "")
    return [
        _text(recipient["emailAddress"]) for recipient in recipients
    ], words or "no reason given"


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"an object: {value!r:.40}")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"a list: {value!r:.40}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text: {value!r:.40}")
    return value


def _texts(value: object) -> list[str]:
    return [_text(each) for each in _list(value)]
