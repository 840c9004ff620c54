"""Fuzz: parameters and events are accepted as written, or rejected by name."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from key_rotation.domain import exemptions
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import CHOICES, NAMES, RANGES, Parameter, Settings
from key_rotation.errors import InvalidEventError, InvalidSettingsError
from key_rotation.request import Request
from tests.unit.builders import VALUES, a_key
from tests.unit.builders import settings as settings_of

FUZZ = settings(max_examples=250, deadline=None, derandomize=True, database=None)
TEXT = st.one_of(
    st.text(max_size=30),
    st.text("0123456789+-_. \n\t٣१e", max_size=6),
    st.integers(-5, 10_000).map(str),
    st.sampled_from([*VALUES.values(), "TRUE", "Enforce", " true", "none\n", "\ufeffnone"]),
)
LINE = st.from_regex(r"\A[\w/*+=,.@# -]{0,20}( until [0-9-]{8,12})?( ?#.{0,10})?\Z")
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
CONTINUATION = st.fixed_dictionaries(
    {
        "part": st.integers(-1, 3),
        "user_ids": st.lists(st.text(max_size=5), max_size=3),
        "scan": st.sampled_from(["full", "targeted"]),
        "event_id": st.text(max_size=5),
        "edited": st.lists(st.text(max_size=5), max_size=2),
    }
)
FIELDS = ("part", "user_ids", "scan", "event_id", "edited", "extra")
EVENT_FIELDS = {
    "mode": st.just("report"),
    "scheduled_time": st.text(max_size=12),
    "continuation": CONTINUATION,
}


def with_one_field_replaced(
    documents: st.SearchStrategy[dict[str, Any]], fields: Iterable[str]
) -> st.SearchStrategy[dict[str, Any]]:
    """Return documents in which at most one field has any value."""
    replaced = st.dictionaries(st.sampled_from(tuple(fields)), JSON, max_size=1)
    return st.builds(lambda document, change: document | change, documents, replaced)


EVENT = st.one_of(
    JSON,
    st.fixed_dictionaries({}, optional=EVENT_FIELDS),
    with_one_field_replaced(st.fixed_dictionaries({}, optional=EVENT_FIELDS), EVENT_FIELDS),
    st.builds(dict, continuation=with_one_field_replaced(CONTINUATION, FIELDS)),
)


@FUZZ
@given(name=st.sampled_from(NAMES), value=TEXT)
@example(name="max-age-days", value="٩٠")
@example(name="max-age-days", value="90\n")
@example(name="notice-days", value="007")
def test_a_parameter_is_accepted_as_written_or_rejected_by_name(name: str, value: str) -> None:
    raw = {key: Parameter(value=default, version=1) for key, default in VALUES.items()}
    raw["notice-days"] = Parameter(value="0", version=1)
    raw[name] = Parameter(value=value, version=2)
    accepted: tuple[exemptions.Exemption, ...] = ()
    try:
        accepted = Settings.parse(raw, path="/key-rotation").exemptions
    except InvalidSettingsError as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert f"/key-rotation/{name}" in message
        assert "Nothing was changed." in message
        assert "\n" not in message
        return
    if name in RANGES:
        low, high = RANGES[name]
        assert value.isascii()
        assert str(int(value)) == value
        assert low <= int(value) <= high
    elif name in CHOICES:
        assert value in CHOICES[name]
    else:
        assert accepted or value.strip() == "none"


@FUZZ
@given(st.lists(LINE | st.text(max_size=20), max_size=5).map("\n".join))
@example("alice until 2026-02-30")
@example("alice until 2026-11-24 until 2026-11-25")
@example("none\nalice")
def test_each_line_of_the_exemptions_is_an_entry_or_rejected(text: str) -> None:
    """No line is dropped, and an entry that is printed reads the same."""
    entries, unreadable = exemptions.parse(text)
    if text.strip() == "none":
        assert (entries, unreadable) == ((), ())
        return
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(entries) + len(unreadable) == max(len(lines), 1)
    for entry in entries:
        assert exemptions.Exemption.parse(str(entry)) == entry
        entry.ended(date.max)
        entry.covers(a_key())


@FUZZ
@given(EVENT)
@example({"mode": None})
@example({"mode": ["report"]})
@example({"continuation": {"part": True}})
def test_an_event_is_accepted_or_rejected_as_a_whole(event: object) -> None:
    """It never makes a run stronger."""
    try:
        request = Request.parse(event, "invocation-1")
    except InvalidEventError:
        return
    assert isinstance(event, dict)
    assert set(event) <= {"mode", "scheduled_time", "continuation"}
    assert request.report_only == (event.get("mode") == "report")
    for made in (0, 24, 25, 5000):
        before = RunState(changes_by_event={request.event_id: made})
        assert request.limit(settings_of(), before) == max(0, 25 - made)
