"""Fuzz: an item of the ledger that is not exactly a watch is unreadable."""

import copy
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from key_rotation.adapters import ledger_items
from key_rotation.adapters.codec import MalformedError
from key_rotation.domain.model import Action, LastUse, Reason
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Parameter
from key_rotation.domain.watch import Deactivating, Deleting, Ended, Held, Lapsed, State
from key_rotation.errors import UnreadableError
from tests.unit.builders import TODAY, a_key, a_watch, an_event, days_ago, deactivated, noticed

FUZZ = settings(max_examples=200, deadline=None, derandomize=True, database=None)
STATES: tuple[State, ...] = (
    Lapsed(due=None),
    Lapsed(due=TODAY),
    noticed(due=3),
    Deactivating(notice=None),
    Deactivating(notice=noticed(due=0)),
    deactivated(since=3, baseline=LastUse(at=days_ago(5), service="s3", region="x")),
    Deleting(window=deactivated(since=40, interrupted=True)),
    Held(),
    Ended(),
)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**6),
    st.decimals(allow_nan=False, allow_infinity=False, places=1),
    st.text(max_size=12),
    st.binary(max_size=4),
    st.dates().map(str),
    st.datetimes().map(str),
    st.sampled_from(["held", "noticed", "deactivate", "DELETE", "2026-11-24", "2026-11-24T09:00"]),
)
VALUE: st.SearchStrategy[Any] = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
)


def paths_in(item: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values in an item."""
    inner: Any = item.items() if isinstance(item, dict) else ()
    inner = enumerate(item) if isinstance(item, list) else inner
    return [
        path_in_item
        for name, part in inner
        for path_in_item in [(*path, name), *paths_in(part, (*path, name))]
    ]


def mutated(item: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """Return an item with one to three values replaced, removed or added."""
    item = copy.deepcopy(item)
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from(paths_in(item)))
        container: Any = item
        for name in path:
            container = container[name]
        match data.draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                container[last] = data.draw(VALUE)
            case "remove":
                del container[last]
            case _:
                if isinstance(container, dict):
                    container[data.draw(st.text(max_size=5))] = data.draw(VALUE)
    return item


@FUZZ
@given(state=st.sampled_from(STATES), data=st.data())
def test_a_changed_item_is_unreadable_or_read_exactly(state: State, data: st.DataObject) -> None:
    """What is read is what is written back: nothing is converted, dropped or added."""
    watch = a_watch(a_key(), state, version=3, reactivations=1)
    event = an_event(Action.DEACTIVATE, Reason.NOTICE_OVER, due=30)
    item = ledger_items.encode_watch(replace(watch, unreported_events=(event,)))
    assert ledger_items.decode_watch(item).unreported_events == (event,)
    item = mutated(item, data)
    try:
        decoded = ledger_items.decode_watch(item)
    except UnreadableError:
        return
    frame = {"pk", "sk", "schema", "written_by"}
    written_again = {
        name: part for name, part in ledger_items.encode_watch(decoded).items() if name not in frame
    }
    given_fields = {name: part for name, part in item.items() if name not in frame}
    for name, part in given_fields.items():
        assert _same(part, written_again[name]), (name, part, written_again[name])


@FUZZ
@given(st.dictionaries(st.sampled_from(["schema", "pk", "state", "version", "user"]), VALUE))
@example({"schema": Decimal(1)})
@example({"schema": 1, "version": Decimal("NaN")})
@example({"schema": True})
def test_any_other_item_is_unreadable(item: dict[str, Any]) -> None:
    try:
        ledger_items.decode_watch(item)
    except UnreadableError:
        return
    raise AssertionError(item)


@FUZZ
@given(data=st.data())
def test_a_changed_run_state_is_malformed_or_read_exactly(
    data: st.DataObject,
) -> None:
    state = RunState(
        parameters={"mode": Parameter(value="enforce", version=2)},
        ended_exemptions=("alice",),
        reported_days={"AIDA1": {"AbCd_-12": TODAY}},
        report_fingerprints=("f",),
        last_full_scan=TODAY,
        stopped="x",
    )
    item = mutated(ledger_items.encode_state(state), data)
    try:
        decoded = ledger_items.decode_state(item)
    except MalformedError:
        return
    written_again = ledger_items.encode_state(decoded)
    for name, part in item.items():
        if name not in {"pk", "sk", "schema", "written_by"}:
            assert _same(part, written_again[name]), (name, part, written_again[name])


def _same(left: Any, right: Any) -> bool:
    """Return whether two values are equal in DynamoDB; instants are compared as such."""
    if isinstance(left, dict) and isinstance(right, dict):
        return all(name in right and _same(part, right[name]) for name, part in left.items())
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, str) and isinstance(right, str) and left != right:
        return _instant(left) == _instant(right)
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _instant(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return text
