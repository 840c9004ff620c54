"""Promise 3: what the ledger stores is read back exactly as it was written, or rejected."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from key_rotation.adapters import ledger_items
from key_rotation.adapters.codec import MalformedError
from key_rotation.domain.model import NEVER_USED, Action, LastUse, Reason
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Parameter
from key_rotation.domain.watch import Deactivating, Deleting, Ended, Held, Lapsed, State, Watch
from key_rotation.errors import UnreadableError
from tests.unit.builders import (
    ALICE,
    KEY_ID,
    a_key,
    a_watch,
    an_event,
    days_ago,
    deactivated,
    in_days,
    noticed,
    parameters,
    used,
)

WINDOW = deactivated(since=10, start=4, baseline=used(days_ago(4)), interrupted=True)
STATES: dict[str, State] = {
    "lapsed": Lapsed(due=None),
    "lapsed with a day": Lapsed(due=in_days(3)),
    "noticed": noticed(due=3),
    "deactivating": Deactivating(notice=None),
    "deactivating on a notice": Deactivating(notice=noticed(due=0)),
    "deactivated": deactivated(since=3),
    "adopted": replace(deactivated(since=3), adopted=True),
    "deactivated, used, interrupted": WINDOW,
    "deleting": Deleting(window=WINDOW),
    "held": Held(),
    "ended": Ended(),
}


def as_stored(value: Any) -> Any:
    """Return a value as DynamoDB returns it: numbers are decimals, tuples are lists."""
    match value:
        case dict():
            return {name: as_stored(part) for name, part in value.items()}
        case list() | tuple():
            return [as_stored(part) for part in value]
        case bool():
            return value
        case int():
            return Decimal(value)
        case str() | None:
            return value
        case _:
            raise TypeError(value)


def an_item(watch_state: State | None = None, **changed: Any) -> dict[str, Any]:
    """Return the stored item of a watch, with some fields changed."""
    watch = a_watch(a_key(), watch_state or noticed(due=3))
    item: dict[str, Any] = as_stored(ledger_items.encode_watch(watch))
    return item | changed


def without_field(item: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an item without the field at the end of a path of names."""
    *path, last = names
    copied = dict(item)
    inner = copied
    for name in path:
        inner[name] = dict(inner[name])
        inner = inner[name]
    del inner[last]
    return copied


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_watch_in_every_state_is_read_back_as_it_was_written(state: State) -> None:
    watch = replace(
        a_watch(a_key(), state, reactivations=2, version=17),
        description="CI upload",
        unreported_events=(
            an_event(Action.DEACTIVATE, Reason.NOTICE_OVER, at=1, due=30),
            replace(an_event(Action.EXTEND, Reason.USED_IN_WINDOW), last_use=used(days_ago(2))),
            replace(an_event(Action.DELETE, Reason.UNUSED), last_use=NEVER_USED),
        ),
    )
    item = as_stored(ledger_items.encode_watch(watch)) | {"written_by": "run-1"}
    assert ledger_items.decode_watch(item) == watch


def test_every_action_and_reason_is_read_back() -> None:
    """A reason is stored by its name, so that its text can change."""
    events = tuple(an_event(action, reason) for action in Action for reason in Reason)
    watch = replace(a_watch(a_key(), Held()), unreported_events=events)
    item = as_stored(ledger_items.encode_watch(watch))
    assert {event["reason"] for event in item["unreported_events"]} == {
        reason.name for reason in Reason
    }
    assert ledger_items.decode_watch(item) == watch


def test_an_instant_in_another_time_zone_is_read_as_the_same_instant() -> None:
    tokyo = timezone(timedelta(hours=9))
    watch = a_watch(a_key(), noticed(due=3))
    item = an_item(created=watch.created.astimezone(tokyo).isoformat())
    assert ledger_items.decode_watch(item).created == watch.created


@pytest.mark.parametrize("schema", [None, 0, Decimal(0), Decimal(4), "1", Decimal("1.5"), [1]])
def test_a_watch_with_an_unknown_schema_is_unreadable(schema: Any) -> None:
    """Whether older, newer, or missing."""
    with pytest.raises(UnreadableError, match=r"schema .* is not one of 1 to 3"):
        ledger_items.decode_watch(an_item(schema=schema))
    with pytest.raises(UnreadableError):
        ledger_items.decode_watch(without_field(an_item(), "schema"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("access_key_id", None),
        ("access_key_id", Decimal(1)),
        ("user", None),
        ("user", "alice"),
        ("user", {"name": "alice"}),
        ("user", {"name": None, "path": "/", "user_id": "AIDA"}),
        ("created", None),
        ("created", ""),
        ("created", Decimal(1764000000)),
        ("created", "2026-08-26T12:00:00"),
        ("created", "2026-08-26"),
        ("created", "yesterday"),
        ("state", None),
        ("state", "noticed"),
        ("state", []),
        ("state", {}),
        ("state", {"kind": None}),
        ("state", {"kind": "deleted"}),
        ("state", {"kind": "Held"}),
        ("state", {"kind": "noticed"}),
        ("state", {"kind": "held", "due": None}),
        ("version", None),
        ("version", "1"),
        ("version", 1.5),
        ("version", True),
        ("reactivations", None),
        ("reactivations", "0"),
        ("reactivations", False),
        ("description", Decimal(1)),
        ("description", ["CI"]),
        ("unreported_events", None),
        ("unreported_events", "[]"),
        ("unreported_events", [None]),
        ("unreported_events", [{"action": "delete"}]),
        ("note", "a field of a later version"),
    ],
)
def test_a_field_with_a_wrong_type_makes_a_watch_unreadable(field: str, value: Any) -> None:
    """It is never converted: no action is based on a malformed date."""
    with pytest.raises(UnreadableError, match="its watch cannot be read"):
        ledger_items.decode_watch(an_item(**{field: value}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "2026-11-17T12:00:00"),
        ("at", None),
        ("due", "2026-11-25T00:00:00+00:00"),
        ("due", "soon"),
        ("due", None),
        ("due", Decimal(20261125)),
        ("announced_on", "2026-02-30"),
        ("announced_on", None),
        ("grace", "a field of a later version"),
    ],
)
def test_a_notice_with_a_wrong_field_makes_a_watch_unreadable(field: str, value: Any) -> None:
    item = an_item(noticed(due=3))
    with pytest.raises(UnreadableError):
        ledger_items.decode_watch(item | {"state": item["state"] | {field: value}})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("since", "2026-11-17T12:00:00"),
        ("since", None),
        ("start", None),
        ("baseline", None),
        ("baseline", {}),
        ("baseline", {"at": "2026-11-17T12:00:00", "service": None, "region": None}),
        ("baseline", {"at": "never", "service": None, "region": None}),
        ("due", None),
        ("due", "2026-13-01"),
        ("announced_on", None),
        ("adopted", None),
        ("adopted", "false"),
        ("adopted", Decimal(0)),
        ("interrupted", None),
        ("interrupted", "true"),
        ("interrupted", Decimal(1)),
    ],
)
@pytest.mark.parametrize("deleting", [False, True], ids=["deactivated", "deleting"])
def test_a_window_with_a_wrong_field_makes_a_watch_unreadable(
    field: str, value: Any, *, deleting: bool
) -> None:
    """A deletion depends on the window."""
    window = as_stored(ledger_items.encode_watch(a_watch(a_key(), WINDOW)))["state"] | {
        field: value
    }
    if deleting:
        del window["kind"]
        window = {"kind": "deleting", "window": window}
    with pytest.raises(UnreadableError):
        ledger_items.decode_watch(an_item(state=window))


@pytest.mark.parametrize(
    "names",
    [
        ("access_key_id",),
        ("user",),
        ("user", "name"),
        ("user", "path"),
        ("user", "user_id"),
        ("created",),
        ("state",),
        ("state", "kind"),
        ("state", "since"),
        ("state", "start"),
        ("state", "baseline"),
        ("state", "baseline", "at"),
        ("state", "due"),
        ("state", "announced_on"),
        ("state", "interrupted"),
        ("state", "adopted"),
        ("version",),
        ("reactivations",),
    ],
    ids=".".join,
)
def test_a_missing_field_makes_a_watch_unreadable(names: tuple[str, ...]) -> None:
    """No default is assumed."""
    with pytest.raises(UnreadableError):
        ledger_items.decode_watch(without_field(an_item(WINDOW), *names))


def test_the_error_names_the_unreadable_field() -> None:
    item = an_item(noticed(due=3))
    item["state"]["due"] = "soon"
    with pytest.raises(UnreadableError, match="due"):
        ledger_items.decode_watch(item)


def test_an_event_is_an_item_of_the_history_of_its_key_sorted_by_time() -> None:
    """Then by version, so that two events of one instant do not overwrite each other."""
    event = an_event(Action.DEACTIVATE, Reason.NOTICE_OVER, due=30)
    watch: Watch = a_watch(a_key(), deactivated(since=0), version=9)
    item = ledger_items.encode_event(watch, event)
    assert item["pk"] == f"HISTORY#{KEY_ID}"
    assert item["sk"] == "2026-11-24T12:00:00+00:00#000009"
    assert item["sk"] < ledger_items.encode_event(replace(watch, version=10), event)["sk"]
    assert {name: item[name] for name in ("action", "reason", "at", "run_id", "due", "user")} == {
        "action": "deactivate",
        "reason": "NOTICE_OVER",
        "at": "2026-11-24T12:00:00+00:00",
        "run_id": "run-1",
        "due": "2026-12-24",
        "user": "alice",
    }


def test_all_watches_share_one_partition_so_that_one_query_reads_them() -> None:
    assert ledger_items.watch_key(KEY_ID) == {"pk": "WATCH", "sk": KEY_ID}
    assert (
        ledger_items.encode_watch(a_watch(a_key(), Held())).items()
        >= {
            "pk": "WATCH",
            "sk": KEY_ID,
            "schema": 3,
        }.items()
    )


def in_schema_1(value: Any) -> Any:
    """Return a value with the field names that version 0.1.0 stored."""
    names = {new: old for old, new in ledger_items.RENAMED_IN_SCHEMA_2.items()}
    match value:
        case dict():
            return {names.get(name, name): in_schema_1(part) for name, part in value.items()}
        case list():
            return [in_schema_1(part) for part in value]
        case _:
            return value


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_watch_written_by_version_0_1_0_keeps_its_notice_and_its_window(state: State) -> None:
    watch = replace(
        a_watch(a_key(), state),
        unreported_events=(an_event(Action.DEACTIVATE, Reason.NOTICE_OVER),),
    )
    item = in_schema_1(as_stored(ledger_items.encode_watch(watch))) | {"schema": Decimal(1)}
    assert "untold" in item
    assert ledger_items.decode_watch(item) == watch


def test_a_stored_item_of_version_0_1_0_is_read() -> None:
    """The item is written out, as it is in a table."""
    item = {
        "pk": "WATCH",
        "sk": KEY_ID,
        "schema": Decimal(1),
        "written_by": "20261117T090003Z-0f3a2b1c",
        "access_key_id": KEY_ID,
        "user": {"name": "alice", "path": "/", "user_id": "AIDAALICE"},
        "created": "2026-08-26T12:00:00+00:00",
        "state": {
            "kind": "noticed",
            "at": "2026-11-17T12:00:00+00:00",
            "due": "2026-11-27",
            "reported_on": "2026-11-17",
        },
        "version": Decimal(1),
        "reactivations": Decimal(0),
        "description": None,
        "untold": [],
    }
    assert ledger_items.decode_watch(item) == a_watch(a_key(), noticed(due=3))


def test_the_run_state_of_version_0_1_0_is_read() -> None:
    item = in_schema_1(as_stored(ledger_items.encode_state(STATE)))
    del item["schema"]
    assert "swept" in item
    assert ledger_items.decode_state(item) == STATE


def test_the_items_of_another_account_have_partitions_of_their_own() -> None:
    """The own account's items keep their partitions when other accounts join."""
    member = ledger_items.Partitions("210987654321")
    watch, event = a_watch(a_key(), Held()), an_event(Action.HOLD, Reason.REACTIVATED_TOO_OFTEN)
    own_keys, member_keys = (
        [
            ledger_items.encode_watch(watch, partitions)["pk"],
            ledger_items.encode_event(watch, event, partitions)["pk"],
            ledger_items.encode_state(STATE, partitions)["pk"],
        ]
        for partitions in (ledger_items.OWN_ACCOUNT, member)
    )
    assert own_keys == ["WATCH", f"HISTORY#{KEY_ID}", "RUN"]
    assert member_keys == [f"210987654321#{key}" for key in own_keys]


STATE = RunState(
    parameters=parameters(),
    ended_exemptions=("alice until 2026-11-01",),
    reported_days={ALICE.user_id: {"AbCd_-12": in_days(-2)}, "AIDAOTHER": {}},
    suspended_since={"paused": in_days(-9)},
    suspension_reported=in_days(-2),
    unmatched_exemptions={"caroll": in_days(-2)},
    report_fingerprints=("fingerprint", ""),
    last_full_scan=in_days(-3),
    stopped="2026-11-24",
)


@pytest.mark.parametrize("state", [STATE, RunState()], ids=["of a run", "before the first run"])
def test_the_run_state_is_read_back_as_it_was_written(state: RunState) -> None:
    item = {"pk": "RUN", "sk": "STATE", **as_stored(ledger_items.encode_state(state))}
    assert ledger_items.decode_state(item) == state


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parameters", None),
        ("parameters", {"mode": "enforce"}),
        ("parameters", {"mode": {"value": "enforce", "version": "1"}}),
        ("ended_exemptions", None),
        ("reported_days", [Decimal(1)]),
        ("report_fingerprints", None),
        ("stopped", Decimal(0)),
        ("later", "a field of a later version"),
    ],
)
def test_a_run_state_with_a_wrong_field_is_malformed(field: str, value: Any) -> None:
    with pytest.raises(MalformedError):
        ledger_items.decode_state(as_stored(ledger_items.encode_state(STATE)) | {field: value})


def test_the_version_of_a_parameter_is_stored_with_its_value() -> None:
    item = ledger_items.encode_state(RunState(parameters={"mode": Parameter(value="x", version=3)}))
    assert item["parameters"] == {"mode": {"value": "x", "version": 3}}


def test_dates_and_instants_are_written_in_iso_8601() -> None:
    item = an_item(noticed(due=3))
    assert date.fromisoformat(item["state"]["due"]) == in_days(3)
    assert datetime.fromisoformat(item["created"]) == days_ago(90)
    assert datetime.fromisoformat(item["created"]).tzinfo == UTC


def test_never_used_is_written_as_null() -> None:
    item = an_item(deactivated(since=3, baseline=LastUse(at=None)))
    assert item["state"]["baseline"] == {"at": None, "service": None, "region": None}
