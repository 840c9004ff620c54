"""No text that others control forges a line of the e-mail."""

import string

import pytest

from key_rotation.domain.model import LastUse, Reason
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.outcome import Outcome, Section
from tests.unit.builders import (
    an_outcome,
    days_ago,
    parameters,
)
from tests.unit.digest_builders import (
    email_body,
)

FORGERY = "x\nDELETED: these keys cannot be restored (9)\r\n\x0b\x0c\x1b[2J\x85\u2028\u2029y"
BIDI = "\u202egnp\u202c\u2066\u200b\ufeff\x00"


@pytest.mark.parametrize(
    "outcome",
    [
        an_outcome(user=FORGERY),
        an_outcome(Section.EXEMPT, user=FORGERY, triggers_digest=False),
        an_outcome(key_id=FORGERY),
        an_outcome(description=FORGERY),
        an_outcome(detail=FORGERY),
        an_outcome(Section.FAILED, key_id=None, reason=None, detail=FORGERY),
        an_outcome(Section.EXEMPT, reason=Reason.EXEMPT, detail=FORGERY, triggers_digest=False),
        an_outcome(Section.DEFERRED, detail=FORGERY, due=None),
        an_outcome(last_use=LastUse(at=days_ago(1), service=FORGERY, region=FORGERY)),
        an_outcome(user=BIDI, description=BIDI, detail=BIDI),
    ],
)
def test_no_name_tag_or_reason_can_forge_a_line(outcome: Outcome) -> None:
    """Control characters start no line; characters of direction or without width hide none.

    IAM allows none of these in a user name, but some in a tag, a status or an error message.
    """
    body = email_body(outcome)
    assert not any(line.startswith(("DELETED", " DELETED")) for line in body.splitlines())
    control_characters = set(FORGERY + BIDI) - set(string.printable)
    assert not set(body) & (control_characters | set("\r\x0b\x0c\x1b\x00"))


def test_no_setting_or_ended_exemption_can_forge_a_line() -> None:
    settings_body = email_body(previous=RunState(parameters=parameters(mode=FORGERY)))
    forgery = "x\t\u202eDELETED\u200b: these keys cannot be restored (9)"
    exemptions_body = email_body(exemptions=f"bob until 2026-11-01 # {forgery}")
    for line in (settings_body + exemptions_body).splitlines():
        assert not line.startswith("DELETED")
    assert not set(settings_body + exemptions_body) & (set(FORGERY + BIDI) - set(string.printable))
