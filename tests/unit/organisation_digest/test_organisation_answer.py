"""What an execution of an organization answers."""

import json

import pytest

from key_rotation.domain.model import Mode
from key_rotation.domain.organisation.accounts import Coverage
from key_rotation.reporting.organisation.answer import answer
from key_rotation.reporting.outcome import Section
from tests.unit.builders import an_outcome
from tests.unit.organisation_digest.organisation_builders import (
    an_account,
    id_of,
    in_report_mode,
    missing,
    organisation,
    registered,
)

STATE_OUTPUT = 256 * 1024


def test_the_answer_counts_the_run_and_names_what_was_not_looked_at() -> None:
    report = organisation(
        an_account(1, an_outcome(), an_outcome(Section.DELETED)),
        an_account(2, an_outcome(Section.UPCOMING, triggers_digest=False)),
        in_report_mode(3, an_outcome()),
        an_account(4, complete=False),
        not_looked_at=(missing(6, new=True, reason="no role"), missing(5, reason="no answer")),
        left=(registered(7, Coverage.LEFT),),
        left_out=(registered(8), registered(9)),
    )
    assert answer(report, 2) == {
        "run_id": "run-7",
        "mode": "enforce",
        "accounts": 6,
        "looked_at": 3,
        "left_out": 2,
        "messages": 2,
        "failed": 0,
        "held": 0,
        "deactivated": 0,
        "deleted": 1,
        "extended": 0,
        "adopted": 0,
        "withdrawn": 0,
        "closed": 0,
        "noticed": 2,
        "upcoming": 1,
        "deferred": 0,
        "exempt": 0,
        "not_looked_at": [
            {"account_id": id_of(5), "name": "sandbox-anna", "reason": "no answer"},
            {"account_id": id_of(6), "name": "payments-prod", "reason": "no role"},
        ],
        "left": [id_of(7)],
    }


def test_the_mode_is_that_of_the_run() -> None:
    assert answer(organisation(run={"mode": Mode.REPORT}), 0)["mode"] == "report"


@pytest.mark.no_cover
@pytest.mark.parametrize(("count", "more"), [(300, 0), (3_000, 2_000)])
def test_the_answer_fits_into_the_output_of_a_state(count: int, more: int) -> None:
    """Where no account has a role; with the spaces that Lambda writes."""
    report = organisation(
        not_looked_at=tuple(missing(n, reason="é" * 300, name="ü" * 50) for n in range(count))
    )
    found = answer(report, 5)
    assert len(json.dumps(found)) < STATE_OUTPUT
    assert found["accounts"] == count
    if count == 300:
        found = answer(organisation(not_looked_at=tuple(missing(n) for n in range(count))), 5)
        assert "not_looked_at_more" not in found
        assert len(found["not_looked_at"]) == count
    else:
        assert found["not_looked_at_more"] == count - len(found["not_looked_at"]) > more
