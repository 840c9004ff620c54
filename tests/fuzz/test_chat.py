"""Fuzz: no name, tag, alias or error makes a mention, a link or a format in a chat."""

import re
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from key_rotation.domain.key_details import Details
from key_rotation.domain.model import Mode
from key_rotation.errors import NoListenerError
from key_rotation.reporting.chat_message import chat_message, stopped_chat_message
from key_rotation.reporting.chat_text import plain
from key_rotation.reporting.organisation import chat_message as organisation_chat
from key_rotation.reporting.outcome import Outcome
from key_rotation.reporting.stopped_message import DoneBeforeStop
from tests.fuzz.test_digest import FUZZ, OUTCOME
from tests.unit.builders import NOW, a_report
from tests.unit.chat_schema import MEANINGFUL, assert_means_nothing, shown
from tests.unit.organisation_digest.organisation_builders import (
    EXECUTION,
    ORGANIZATION,
    an_account,
    missing,
    organisation,
    registered,
)

ATTACKS = (
    "<!channel>",
    "<!here|here>",
    "<@U012ABCDEF>",
    "<#C012ABCDEF>",
    "<https://evil.example/?a=1|the e-mail>",
    "&lt;!everyone&gt;",
    "@channel @everyone @here",
    "<at>Anna</at>",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example",
    "evil.example",
    "mailto:bob@evil.example",
    "*DELETED* _all_ ~keys~ `now`",
    "```\nx\n```",
    ":fire:",
    "# heading",
    "> quote",
    "a\n- DELETED: bob AKIA",
    "a\u2028- DELETED: bob",
    "a\x85b",
    "a\\*b",
    "\u202e<",
    "<\u200b!channel>",
    "x" * 400,
    "<" * 400,
)
HOSTILE = st.one_of(
    st.text(min_size=1, max_size=60),
    st.sampled_from(ATTACKS),
    st.text(alphabet="<>&@*_`|~[]#!\\:./a 1", min_size=1, max_size=40),
)
HOSTILE_OUTCOME: st.SearchStrategy[Outcome] = st.builds(
    lambda outcome, user, detail, tag: replace(
        outcome, user_name=user, detail=detail, details=Details(description=tag)
    ),
    OUTCOME,
    HOSTILE,
    st.none() | HOSTILE,
    st.none() | HOSTILE,
)


@given(text=HOSTILE)
@settings(FUZZ)
def test_no_foreign_text_means_more_than_itself(text: str) -> None:
    for limit in (20, 100, 1200):
        written = plain(text, limit)
        assert not MEANINGFUL.search(written)
        assert "\n" not in written
        assert len(written) <= limit


def _lists_only_its_own_lines(description: str) -> bool:
    """Return whether each item of a list begins with a word of this tool."""
    items = [line for line in description.splitlines() if line.startswith("- ")]
    own = re.compile("- ([A-Z ]+: |(To check|Done|Coming|Exempt|Would be|Accounts): |and [0-9])")
    return all(map(own.match, items))


@given(
    outcomes=st.lists(HOSTILE_OUTCOME, max_size=14),
    alias=HOSTILE | st.just(""),
    mode=st.sampled_from(Mode),
)
@example(outcomes=[], alias="<!channel>", mode=Mode.ENFORCE)
@settings(FUZZ)
def test_a_chat_message_is_shown_and_its_foreign_texts_mean_nothing(
    outcomes: list[Outcome], alias: str, mode: Mode
) -> None:
    document = shown(chat_message(a_report(*outcomes, alias=alias, mode=mode)).body)
    assert_means_nothing(document)
    assert _lists_only_its_own_lines(document["content"]["description"])


@given(
    outcomes=st.lists(HOSTILE_OUTCOME, max_size=14),
    name=HOSTILE,
    reason=HOSTILE,
    broken_off=HOSTILE,
)
@settings(FUZZ)
def test_the_chat_message_of_an_organization_is_shown_and_its_foreign_texts_mean_nothing(
    outcomes: list[Outcome], name: str, reason: str, broken_off: str
) -> None:
    account = an_account(1, *outcomes, known=registered(1, name=name))
    report = organisation(
        account,
        not_looked_at=tuple(missing(n, reason=reason, name=name) for n in range(5, 10)),
        broken_off=broken_off,
    )
    document = shown(organisation_chat.chat_message(report, set()).body)
    assert_means_nothing(document)
    assert _lists_only_its_own_lines(document["content"]["description"])


@given(text=HOSTILE, kind=HOSTILE)
@settings(FUZZ)
def test_the_chat_message_of_a_stopped_run_is_shown_and_its_error_means_nothing(
    text: str, kind: str
) -> None:
    done = DoneBeforeStop()
    single = stopped_chat_message(NoListenerError(text), "123456789012", "run-1", NOW, done)
    whole = organisation_chat.stopped_chat_message(kind, text, ORGANIZATION, EXECUTION, NOW)
    for message in (single, whole):
        assert_means_nothing(shown(message.body))
