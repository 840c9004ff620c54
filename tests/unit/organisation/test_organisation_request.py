"""Promise 11: an execution can make a run weaker, never stronger."""

from typing import Any

import pytest

from key_rotation.domain.organisation.request import OrganisationRequest
from key_rotation.errors import InvalidEventError
from tests.unit.organisation.organisation_builders import FIRST, SECOND

ARN = "arn:aws:states:eu-west-1:111122223333:execution:machine:1"
NINE = "2026-11-24T09:00:00Z"


def parse(request: Any) -> OrganisationRequest:
    """Parse the input of an execution."""
    return OrganisationRequest.parse({"execution_arn": ARN, "input": request})


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, OrganisationRequest(execution_arn=ARN, event_id=ARN)),
        ({"scheduled_time": NINE}, OrganisationRequest(execution_arn=ARN, event_id=NINE)),
        (
            {"mode": "report"},
            OrganisationRequest(execution_arn=ARN, event_id=ARN, report_only=True),
        ),
        (
            {"accounts": [SECOND, FIRST]},
            OrganisationRequest(execution_arn=ARN, event_id=ARN, account_ids=(SECOND, FIRST)),
        ),
        (
            {"accounts": [FIRST], "mode": "report"},
            OrganisationRequest(
                execution_arn=ARN, event_id=ARN, report_only=True, account_ids=(FIRST,)
            ),
        ),
    ],
)
def test_an_input_can_ask_for_less(request_: Any, expected: OrganisationRequest) -> None:
    assert parse(request_) == expected
    assert expected.is_partial is bool(request_.keys() & {"mode", "accounts"})


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"mode": "enforce"}, "the mode 'enforce'"),
        ({"mode": None}, "the mode None"),
        ({"mode": ["report"]}, "the mode ['report']"),
        ({"Comment": "hello"}, "the unknown field 'Comment'"),
        ({"account": FIRST}, "the unknown field 'account'"),
        ({"max-changes-per-run": 5}, "the unknown field 'max-changes-per-run'"),
        ({"run_id": "x", "mode": "report"}, "the unknown field 'run_id'"),
        ({"scheduled_time": None}, "the time None"),
        ({"scheduled_time": 1}, "the time 1"),
        ({"accounts": []}, "the accounts []"),
        ({"accounts": None}, "the accounts None"),
        ({"accounts": FIRST}, f"the accounts '{FIRST}'"),
        ({"accounts": [FIRST, int(SECOND)]}, f"the account {SECOND}"),
        ({"accounts": [FIRST, None]}, "the account None"),
        ({"accounts": [FIRST[:-1]]}, f"the account '{FIRST[:-1]}'"),
        ({"accounts": [FIRST + "1"]}, f"the account '{FIRST}1'"),
        ({"accounts": [" " + FIRST]}, f"the account ' {FIRST}'"),
        ({"accounts": ["all"]}, "the account 'all'"),
        ({"accounts": [FIRST, SECOND, FIRST]}, f"the account '{FIRST}' twice"),
        (None, "The input None"),
        ([], "The input []"),
        ("report", "The input 'report'"),
    ],
)
def test_any_other_input_is_refused_and_named(request_: Any, named: str) -> None:
    with pytest.raises(InvalidEventError) as raised:
        parse(request_)
    assert named in str(raised.value)
    assert '{"mode": "report"}' in str(raised.value)
    assert str(raised.value).endswith("Nothing was changed.")


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        {"mode": "report"},
        {"input": {}},
        {"execution_arn": ARN},
        {"execution_arn": "", "input": {}},
        {"execution_arn": None, "input": {}},
        {"execution_arn": ARN, "input": {}, "run_id": "run-1"},
    ],
)
def test_an_event_that_the_state_machine_does_not_send_is_refused(event: Any) -> None:
    with pytest.raises(InvalidEventError, match=r"Nothing was changed\.$"):
        OrganisationRequest.parse(event)
