"""Promise 11: an invocation can make a run weaker, never stronger."""

from typing import Any

import pytest

from key_rotation.domain.run_state import RunState
from key_rotation.errors import InvalidEventError
from key_rotation.request import Request
from tests.unit.builders import settings

NINE = "2026-11-24T09:00:00Z"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({}, Request(event_id="invocation-1")),
        ({"mode": "report"}, Request(event_id="invocation-1", report_only=True)),
        (
            {"scheduled_time": NINE},
            Request(event_id=NINE, scheduled_time=NINE),
        ),
        (
            {"mode": "report", "scheduled_time": NINE},
            Request(event_id=NINE, report_only=True, scheduled_time=NINE),
        ),
    ],
)
def test_an_event_can_request_nothing_or_a_report(event: dict[str, Any], expected: Request) -> None:
    assert Request.parse(event, "invocation-1") == expected


@pytest.mark.parametrize(
    "mode", ["enforce", "Report", "REPORT", "report ", "", "delete", None, True, 1, ["report"], {}]
)
def test_an_event_cannot_request_another_mode(mode: Any) -> None:
    """Not even the mode of the settings."""
    with pytest.raises(InvalidEventError) as raised:
        Request.parse({"mode": mode}, "invocation-1")
    assert f"the mode {mode!r}" in str(raised.value)
    assert '{"mode": "report"}' in str(raised.value)


@pytest.mark.parametrize(
    "name", ["max-age-days", "max_changes_per_run", "Mode", "force", "dry_run", "", "users", "key"]
)
def test_an_event_with_any_other_field_is_rejected(name: str) -> None:
    """Also in combination with report mode."""
    with pytest.raises(InvalidEventError, match="unknown field"):
        Request.parse({name: "1"}, "invocation-1")
    with pytest.raises(InvalidEventError, match="unknown field"):
        Request.parse({"mode": "report", name: "1"}, "invocation-1")


@pytest.mark.parametrize("scheduled_time", [None, 0, 1764000000, ["now"], {}])
def test_the_scheduled_time_must_be_a_string(scheduled_time: Any) -> None:
    with pytest.raises(InvalidEventError, match="the time"):
        Request.parse({"scheduled_time": scheduled_time}, "invocation-1")


@pytest.mark.parametrize("event", [None, "report", 1, [], ["mode"], [["mode", "report"]]])
def test_an_event_must_be_an_object(event: Any) -> None:
    with pytest.raises(InvalidEventError, match="is not a JSON object"):
        Request.parse(event, "invocation-1")


@pytest.mark.parametrize(
    ("limit", "share", "changed", "left"),
    [
        ("25", None, 0, 25),
        ("25", 5, 0, 5),
        ("25", 30, 0, 25),
        ("25", 0, 0, 0),
        ("25", 5, 3, 2),
        ("25", 5, 6, 0),
        ("0", 5, 0, 0),
    ],
)
def test_a_share_of_the_changes_only_lowers_the_limit(
    limit: str, share: int | None, changed: int, left: int
) -> None:
    """Retries and parts of one event share it."""
    request = Request(event_id=NINE, change_share=share)
    previous = RunState(changes_by_event={NINE: changed})
    assert request.limit(settings(max_changes_per_run=limit), previous) == left
