"""What the account step may be asked: less than the register says, never more."""

from typing import Any

import pytest

from key_rotation.errors import InvalidEventError
from key_rotation.organisation.account_event import AccountEvent

EVENT = {"account_id": "111122223333", "run_id": "run-1"}
REMAINDER = {"part": 1, "user_ids": ["AIDA1"], "scan": "full", "event_id": "e", "edited": []}


def test_the_event_of_the_state_machine_names_account_and_run() -> None:
    assert AccountEvent.parse(EVENT) == AccountEvent(account_id="111122223333", run_id="run-1")


def test_a_person_can_only_ask_for_report_mode() -> None:
    assert AccountEvent.parse(EVENT | {"mode": "report"}).report_only
    for mode in ("enforce", "REPORT", "", None, True):
        with pytest.raises(InvalidEventError, match="the mode"):
            AccountEvent.parse(EVENT | {"mode": mode})


@pytest.mark.parametrize(
    "name", ["limit", "settings", "changes_allowed", "accounts", "continuation"]
)
def test_any_other_field_is_rejected(name: str) -> None:
    with pytest.raises(InvalidEventError, match=f"unknown field '{name}'"):
        AccountEvent.parse(EVENT | {name: 1})


@pytest.mark.parametrize("name", ["account_id", "run_id"])
@pytest.mark.parametrize("value", [None, "", 1, ["111122223333"]])
def test_account_and_run_are_required(name: str, value: Any) -> None:
    with pytest.raises(InvalidEventError, match=f"the {name}"):
        AccountEvent.parse(EVENT | {name: value})
    with pytest.raises(InvalidEventError, match=f"the {name} None"):
        AccountEvent.parse({key: text for key, text in EVENT.items() if key != name})


def test_a_remainder_is_read_strictly() -> None:
    remainder = AccountEvent.parse(EVENT | {"remainder": REMAINDER}).remainder
    assert remainder is not None
    assert (remainder.part, remainder.user_ids) == (1, ("AIDA1",))


@pytest.mark.parametrize(
    "remainder",
    [
        None,
        {},
        [],
        "x",
        REMAINDER | {"part": 0},
        REMAINDER | {"limit": 5},
        REMAINDER | {"scan": "x"},
    ],
)
def test_a_malformed_remainder_is_rejected(remainder: Any) -> None:
    with pytest.raises(InvalidEventError, match="remainder"):
        AccountEvent.parse(EVENT | {"remainder": remainder})


@pytest.mark.parametrize("event", [None, [], "run-1", 1])
def test_an_event_must_be_an_object(event: Any) -> None:
    with pytest.raises(InvalidEventError, match="is not a JSON object"):
        AccountEvent.parse(event)
