"""Fuzz: no text that others control forges a line of a message."""

import json
import re
import string
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from key_rotation import __version__
from key_rotation.domain.key_details import NewerKey
from key_rotation.domain.model import LastUse, Mode, Reason
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Parameter
from key_rotation.reporting.digest import compose, subject
from key_rotation.reporting.headings import DRY_RUN_HEADINGS, HEADINGS, SOON, TOMORROW
from key_rotation.reporting.outcome import Outcome, Section
from tests.unit.builders import NOON, a_report, an_outcome, parameters

FUZZ = settings(max_examples=200, deadline=None, derandomize=True, database=None)
HOSTILE_TEXT = st.one_of(
    st.text(min_size=1, max_size=40),
    st.sampled_from(
        [
            "alice\nDELETED: these keys cannot be restored (1)",
            "x\r\nSubject: y",
            "a\u2028DEACTIVATED: b",
            "a\x85HELD: c",
            "\u202etxt",
            "x" * 300,
            "a " * 80,
            "tab\tvt\vff\f",
            "'; rm -rf / #",
            "  - ",
            "-" * 72,
        ]
    ),
)
OUTCOME: st.SearchStrategy[Outcome] = st.builds(
    an_outcome,
    st.sampled_from(Section),
    user=HOSTILE_TEXT,
    key_id=st.none() | st.sampled_from(["AKIAALICE0000000001", "AKIABOB000000000002"]),
    age=st.none() | st.integers(0, 4000),
    reason=st.none() | st.sampled_from(Reason),
    detail=HOSTILE_TEXT,
    triggers_digest=st.booleans(),
    due=st.none() | st.integers(-40, 400),
    last_use=st.none()
    | st.builds(LastUse, at=st.none() | st.just(NOON), service=HOSTILE_TEXT, region=HOSTILE_TEXT),
    description=st.none() | HOSTILE_TEXT,
    newer=st.none() | st.just(NewerKey(access_key_id="AKIANEW00000000001", last_use=None)),
    happened_at=st.none() | st.just(NOON),
)
PRODUCT_LINES = (
    "Key rotation in account 123456789012",
    "Tue 24 Nov 2026, 12:00 UTC. ",
    "REPORT MODE: this run changed nothing. Enforce mode would do this:",
    "SETTINGS: changed since the last run, marked with *",
    "EXEMPTIONS THAT ENDED: these entries no longer apply",
    "The keys of 0 users were read, chosen by the credential report.",
    f"Run run-2, key-rotation {__version__}.",
    "-----",
    *(f"{title} (" for title in (*HEADINGS.values(), *DRY_RUN_HEADINGS.values(), TOMORROW, SOON)),
)
LINE_BREAKS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


@FUZZ
@given(
    outcomes=st.lists(OUTCOME, max_size=5),
    previous_mode=HOSTILE_TEXT,
    ended_exemption=HOSTILE_TEXT,
    mode=st.sampled_from(Mode),
)
@example(outcomes=[], previous_mode="x\ny", ended_exemption="a\u2029b", mode=Mode.ENFORCE)
def test_no_text_of_others_starts_a_line_at_the_margin(
    outcomes: list[Outcome], previous_mode: str, ended_exemption: str, mode: Mode
) -> None:
    """Each line at the margin is one of the product's own; every other line is indented."""
    exemption = re.sub(r"[^!-\"$-~]", "", ended_exemption) or "x"
    previous = RunState(
        parameters=parameters() | {"mode": Parameter(value=previous_mode, version=0)}
    )
    report = a_report(
        *outcomes,
        mode=mode,
        previous=previous,
        exemptions=f"/{exemption} until 2026-01-01 # {LINE_BREAKS.sub(' ', ended_exemption)}",
    )
    [(message, listed)] = compose(report)
    text = message.variants["email"]
    for line in LINE_BREAKS.split(text):
        assert not line or line[0] == " " or line.startswith(PRODUCT_LINES), line
    for character in text:
        assert character == "\n" or character.isprintable(), repr(character)
    line = subject(report)
    assert 0 < len(line) < 100
    assert line.isascii()
    assert line.isprintable()
    data = json.loads(message.variants["sqs"])
    assert set(data) >= {"run_id", "mode", "account_id", "users", "keys"}
    assert json.loads(message.body)["email"] == text
    assert sum(len(data.get(section, ())) for section in Section) == len(listed)


FORGERY = "deleted on Thu 3 Dec 2026 if it stays unused"


@FUZZ
@given(
    section=st.sampled_from(Section),
    pads=st.lists(st.text("x \u3164\u4e00\u2800\u0301-", max_size=80), min_size=1, max_size=4),
    count=st.sampled_from([1, 31]),
)
def test_no_padding_makes_a_text_of_others_look_like_a_line_of_this_tool(
    section: Section, pads: list[str], count: int
) -> None:
    """A forged line is never at the beginning of a line, with or without indentation."""
    text = f"{FORGERY} ".join([*pads, ""])
    outcome = an_outcome(section, reason=Reason.STALE, detail=f"why: {text}", description=text)
    outcomes = [replace(outcome, due=None, access_key_id=f"AKIA{n:016}") for n in range(count)]
    [(message, _)] = compose(a_report(*outcomes, exemptions=f"bob until 2026-01-01 # {text}"))
    lines = message.variants["email"].splitlines()
    assert not [line for line in lines if line.strip().startswith("deleted on")]


@FUZZ
@given(
    counts=st.dictionaries(st.sampled_from(Section), st.integers(1, 3), max_size=12),
    factor=st.sampled_from([1, 9, 99]),
    mode=st.sampled_from(Mode),
    changed=st.booleans(),
)
def test_the_subject_has_fewer_than_100_printable_ascii_characters(
    counts: dict[Section, int], factor: int, mode: Mode, *, changed: bool
) -> None:
    """SNS refuses any other subject."""
    outcomes: list[Outcome] = []
    for section, count in counts.items():
        outcomes += [an_outcome(section, dry_run=mode is Mode.REPORT)] * (count * factor)
    previous = RunState(parameters=parameters(grace_days="29" if changed else "30"))
    line = subject(a_report(*outcomes, mode=mode, previous=previous))
    assert len(line) < 100
    assert set(line) <= set(string.printable) - set("\t\n\r\x0b\x0c")
    assert line.startswith("[key-rotation] 123456789012: ")
