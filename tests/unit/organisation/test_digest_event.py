"""What the state machine hands to the digest step."""

import json
from typing import Any

import pytest

from key_rotation.errors import InvalidEventError
from key_rotation.organisation.digest_event import DigestEvent, StepError

RUN = {"run_id": "run-1", "mode": "enforce"}
ARN = "arn:aws:states:eu-west-1:111122223333:execution:machine:1"
ERROR = {"Error": "States.Timeout", "Cause": ""}


def test_a_run_that_came_to_its_end_is_named() -> None:
    assert DigestEvent.parse(RUN) == DigestEvent(run_id="run-1")


def test_a_run_that_broke_off_says_why() -> None:
    event = DigestEvent.parse(RUN | {"broken_off": ERROR})
    assert event == DigestEvent(
        run_id="run-1", broken_off=StepError(kind="States.Timeout", text="")
    )


def test_a_run_whose_first_step_failed_has_no_id() -> None:
    event = DigestEvent.parse({"stopped": ERROR, "execution_arn": ARN})
    assert event.run_id is None
    assert (event.execution_arn, event.stopped) == (ARN, StepError(kind="States.Timeout", text=""))


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (
            json.dumps({"errorMessage": "max-age-days is bad", "stackTrace": ["a"]}),
            "max-age-days is bad",
        ),
        ("the function ran out of memory", "the function ran out of memory"),
        ("{", "{"),
        ("[1]", "[1]"),
        ("", ""),
    ],
)
def test_the_text_of_an_error_is_that_of_the_function(cause: str, text: str) -> None:
    """Lambda gives its error as JSON with a stack trace, which helps no reader."""
    assert StepError.parse({"Error": "E", "Cause": cause}) == StepError(kind="E", text=text)


@pytest.mark.parametrize("value", [None, "x", {}])
def test_an_error_of_any_other_shape_is_unknown(value: Any) -> None:
    assert StepError.parse(value).kind == "unknown"


@pytest.mark.parametrize(
    "event",
    [None, [], {}, {"run_id": ""}, {"run_id": 1}, RUN | {"accounts": []}, {"stopped": ERROR}],
)
def test_any_other_event_is_rejected(event: Any) -> None:
    with pytest.raises(InvalidEventError, match="Nothing was published"):
        DigestEvent.parse(event)
