"""No text that others control forges a line of the e-mail."""

import string
from collections.abc import Callable
from dataclasses import replace

import pytest

from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import LastUse, Reason
from key_rotation.domain.run_state import RunState
from key_rotation.errors import ListUsersError
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.stopped_message import DoneBeforeStop, stopped_message
from tests.unit.builders import (
    NOW,
    an_inventory,
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


LINE = "exempt until Thu 3 Dec 2026"
PADS = ["x", "\u3164", "\u4e00", "\u2800"]
"""A letter, a letter that shows nothing, one of two columns, and a sign that shows nothing."""


def stopped_text(error: str) -> str:
    """Return the e-mail of a stopped run."""
    message = stopped_message(ListUsersError(error), "123456789012", "run-2", NOW, DoneBeforeStop())
    return message.variants["email"]


def many(outcome: Outcome) -> str:
    """Return an e-mail in which each key has one or two lines."""
    return email_body(*(replace(outcome, access_key_id=f"AKIA{n:016}") for n in range(31)))


TEXTS: dict[str, Callable[[str], str]] = {
    "tag": lambda text: email_body(an_outcome(description=text)),
    "error": lambda text: email_body(
        an_outcome(Section.FAILED, reason=None, detail=f"why: {text}")
    ),
    "errors": lambda text: many(an_outcome(Section.FAILED, reason=None, detail=f"why: {text}")),
    "status": lambda text: email_body(
        an_outcome(Section.HELD, reason=Reason.STATUS_UNKNOWN, detail=text)
    ),
    "exemption": lambda text: email_body(
        an_outcome(Section.EXEMPT, reason=Reason.EXEMPT, detail=text, triggers_digest=False)
    ),
    "deferred": lambda text: email_body(
        an_outcome(Section.DEFERRED, detail=f"why: {text}", due=None)
    ),
    "service": lambda text: email_body(
        an_outcome(last_use=LastUse(at=days_ago(1), service=text, region=text))
    ),
    "alias": lambda text: email_body(an_outcome(), alias=text),
    "note": lambda text: email_body(
        an_outcome(), inventory=replace(an_inventory(), scan=Scan.FULL, note=f"why: {text}")
    ),
    "setting": lambda text: email_body(previous=RunState(parameters=parameters(mode=text))),
    "settings": lambda text: email_body(
        exemptions=f"bob # {text}\ncarol # {text}", previous=RunState(parameters=parameters())
    ),
    "earlier settings": lambda text: email_body(
        previous=RunState(parameters=parameters(exemptions=f"bob # {text}\ncarol # {text}"))
    ),
    "ended exemption": lambda text: email_body(exemptions=f"bob until 2026-11-01 # {text}"),
    "stopped run": lambda text: stopped_text(f"The parameter has the value {text}"),
}
"""The e-mail with a text that others wrote, by what it is."""


@pytest.mark.parametrize("pad", PADS)
@pytest.mark.parametrize("text", TEXTS)
def test_no_text_padded_to_the_width_of_a_line_can_forge_the_next_line(text: str, pad: str) -> None:
    """Whatever stands before it, it never begins a line as a text of this tool does."""
    for count in range(1, 76):
        for space in (" ", ""):
            body = TEXTS[text](f"{pad * count}{space}{LINE}")
            assert not any(line.strip().startswith("exempt until") for line in body.splitlines())
            assert not any(line.strip() == "until Thu 3 Dec 2026" for line in body.splitlines())


def test_each_further_line_of_a_foreign_text_is_marked() -> None:
    body = email_body(an_outcome(description=f"{'x' * 50} {LINE}"))
    assert f"    description: {'x' * 50}\n    | {LINE}\n" in body


@pytest.mark.parametrize("pad", PADS)
def test_no_line_of_a_foreign_text_is_wider_than_the_e_mail(pad: str) -> None:
    """A wider line would be broken by the reader's program, without a mark."""
    for count in (10, 36, 72, 150, 256):
        body = email_body(an_outcome(description=pad * count, detail=f"a {pad * count}"))
        for line in body.splitlines():
            assert len(line) + line.count("\u4e00") <= 72
