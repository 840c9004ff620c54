"""The response of an invocation: the summary of the run as JSON."""

import json
from datetime import date, datetime
from typing import Any

import pytest

from key_rotation.domain.key_details import NewerKey
from key_rotation.domain.model import LastUse, Reason, User
from key_rotation.domain.plan import Terms, make_plan
from key_rotation.domain.watch import Watches
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.response import listed_sections, response, skipped_response
from tests.unit.builders import (
    ALICE,
    KEY_ID,
    NOW,
    OWNER_VALUES,
    a_finished_part,
    a_key,
    an_inventory,
    an_outcome,
    days_ago,
    in_days,
    observed_key,
    settings,
    used,
)
from tests.unit.digest_builders import (
    many_outcomes,
)

FIELDS = {"user", "access_key_id", "age_days", "last_used", "reason", "due"}


def response_document(*outcomes: Outcome, **options: Any) -> dict[str, Any]:
    """Return the response of a run, as JSON carries it."""
    document: dict[str, Any] = json.loads(
        json.dumps(response(a_finished_part(*outcomes, **options)))
    )
    return document


def test_the_response_has_exactly_these_fields() -> None:
    """Also if nothing happened in the run."""
    expected = {
        "run_id": "run-2",
        "mode": "enforce",
        "part": 1,
        "users_left": 0,
        "users": 2,
        "keys": 1,
        "noticed": [],
        "withdrawn": [],
        "deactivated": [],
        "extended": [],
        "adopted": [],
        "deleted": [],
        "closed": [],
        "held": [],
        "exempt": [],
        "deferred": [],
        "upcoming": [],
        "failed": [],
        "not_ours": [],
        "unmatched_exemptions": [],
    }
    bob = User(name="bob", path="/", user_id="AIDABOB")
    assert (
        response_document(inventory=an_inventory(observed_key(a_key()), users=[ALICE, bob]))
        == expected
    )
    assert skipped_response("run-3", "run-2") == {
        **expected,
        "run_id": "run-3",
        "mode": None,
        "part": None,
        "users": 0,
        "keys": 0,
        "left_to": "run-2",
    }


def test_an_inactive_key_that_is_not_ours_is_in_the_response_and_in_no_section() -> None:
    """Each digest would list it otherwise, and nobody need do anything about it."""
    key = a_key(age=400, status="Inactive")
    inventory = an_inventory(observed_key(key, None), observed_key(a_key(age=1, key_id="AKIA2")))
    terms = Terms(now=NOW, settings=settings(), limit=25, usual_limit=25)
    plan = make_plan(inventory, Watches(by_key_id={}), terms)
    document = response_document(inventory=inventory, plan=plan)
    assert document["not_ours"] == [
        {
            "user": "alice",
            "access_key_id": KEY_ID,
            "age_days": 400,
            "last_used": None,
            "reason": "inactive, not ours",
            "due": None,
        }
    ]
    assert all(document[section] == [] for section in listed_sections(owners=False))


@pytest.mark.parametrize("section", Section)
def test_each_entry_of_the_response_has_exactly_these_fields_with_iso_8601_times(
    section: Section,
) -> None:
    outcome = an_outcome(
        section,
        last_use=used(days_ago(3)),
        description="CI upload",
        newer=NewerKey(access_key_id="AKIANEWER", last_use=None),
    )
    # Without mail to owners, no key can wait for one.
    [entry] = response_document(outcome, **OWNER_VALUES)[section]
    assert entry == {
        "user": "alice",
        "access_key_id": KEY_ID,
        "age_days": 90,
        "last_used": "2026-11-21T12:00:00+00:00",
        "reason": Reason.STALE,
        "due": "2026-12-01",
    }
    assert datetime.fromisoformat(entry["last_used"]) == days_ago(3)
    assert date.fromisoformat(entry["due"]) == in_days(7)


def test_unknown_values_are_null_in_the_response() -> None:
    outcome = an_outcome(
        Section.FAILED, key_id=None, age=None, last_use=None, due=None, reason=None, detail="x"
    )
    assert response_document(outcome)["failed"] == [
        {
            "user": "alice",
            "access_key_id": None,
            "age_days": None,
            "last_used": None,
            "reason": "x",
            "due": None,
        }
    ]
    assert (
        response_document(an_outcome(last_use=LastUse(at=None)))["noticed"][0]["last_used"] is None
    )


def test_the_response_leaves_nothing_out() -> None:
    """It is not a message, so the size limit of SNS does not apply."""
    lists = response_document(*many_outcomes(300), **OWNER_VALUES)
    assert sum(len(lists[section]) for section in Section) == 300
    assert all(set(entry) == FIELDS for entry in lists["noticed"])
