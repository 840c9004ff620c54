"""What SES reports of a mail: read strictly, or refused; never anything in between."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from key_rotation.domain.owners.mail_event import MailEvent, MailState, parse_mail_event

MAIL = {"messageId": "message-1", "destination": ["bob@example.com"], "tags": {}}


def an_event(kind: str, **detail: Any) -> dict[str, Any]:
    """Return an event of EventBridge about the mail."""
    return {"source": "aws.ses", "detail": {"eventType": kind, "mail": MAIL, **detail}}


def bounced(kind: str = "Permanent", **recipient: Any) -> dict[str, Any]:
    """Return the event of a bounce."""
    recipients = [{"emailAddress": "bob@EXAMPLE.com", **recipient}]
    return an_event("Bounce", bounce={"bounceType": kind, "bouncedRecipients": recipients})


COMPLAINT = an_event(
    "Complaint", complaint={"complainedRecipients": [{"emailAddress": "bob@example.com"}]}
)

NOT_SPAM = an_event("Complaint", complaint={"complaintFeedbackType": "not-spam"})


@pytest.mark.parametrize(
    ("event", "state", "unreachable", "words"),
    [
        (bounced(diagnosticCode="550 unknown"), MailState.BOUNCED, True, "550 unknown"),
        (bounced(), MailState.BOUNCED, True, "no reason given"),
        (bounced(diagnosticCode="x" * 900), MailState.BOUNCED, True, "x" * 200),
        (COMPLAINT, MailState.COMPLAINED, True, "a complaint: abuse"),
        (
            an_event("Delivery", delivery={"recipients": ["bob@example.com"]}),
            MailState.DELIVERED,
            False,
            "",
        ),
        (
            an_event("Reject", reject={"reason": "Bad content"}),
            MailState.REJECTED,
            False,
            "Bad content",
        ),
    ],
)
def test_only_a_permanent_bounce_and_a_complaint_make_an_address_unreachable(
    event: dict[str, Any], state: MailState, *, unreachable: bool, words: str
) -> None:
    assert parse_mail_event(event) == MailEvent(
        state=state,
        message_id="message-1",
        addresses=("bob@example.com",),
        unreachable=unreachable,
        words=words,
    )


@pytest.mark.parametrize(
    "event", [bounced("Transient"), bounced("Undetermined"), an_event("Open"), NOT_SPAM]
)
def test_other_events_of_ses_change_nothing(event: dict[str, Any]) -> None:
    assert parse_mail_event(event) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
KINDS = st.sampled_from(["Bounce", "Complaint", "Delivery", "Reject", "Open", ""])
PARTS = st.sampled_from(["bounce", "complaint", "delivery", "reject", "mail"])


@given(kind=KINDS, part=PARTS, value=JSON, rest=JSON)
def test_a_malformed_event_is_refused_by_value_error_alone(
    kind: str, part: str, value: object, rest: object
) -> None:
    for event in (rest, {"detail": rest}, an_event(kind, **{part: value})):
        try:
            found = parse_mail_event(event)
        except ValueError:
            continue
        assert found is None or found.message_id == "message-1"
