"""The report of an account whose run had several parts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.domain.inventory import Scan
from key_rotation.domain.run_state import Continuation
from key_rotation.reporting.digest import compose
from key_rotation.reporting.organisation.merged_report import merge_parts
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report
from tests.unit.builders import NOON, a_report, an_outcome, days_ago
from tests.unit.organisation_digest.organisation_builders import inventory_of

LATER = Continuation(part=1, user_ids=("AIDA1",), scan=Scan.TARGETED, event_id="event-2")


def parts(first: tuple[Outcome, ...], second: tuple[Outcome, ...] = ()) -> list[Report]:
    """Return two parts of a run over seven users, of which one is left."""
    began, went_on = a_report(*first), a_report(*second, continued_from=LATER)
    facts: dict[str, Any] = {"users": 7, "saw_all_keys": False}
    return [
        replace(
            began,
            facts=replace(began.facts, keys=4, users_read=3, users_left=4, note="", **facts),
        ),
        replace(
            went_on,
            facts=replace(went_on.facts, keys=5, users_read=3, users_left=1, note="late", **facts),
        ),
    ]


def test_one_part_is_the_whole() -> None:
    report = a_report(an_outcome(Section.DELETED), an_outcome(), inventory=inventory_of(3))
    assert merge_parts([report]) == report


def test_the_facts_of_the_parts_are_added_up() -> None:
    first, second = parts((), ())
    facts = merge_parts([first, replace(second, facts=replace(second.facts, users=8))]).facts
    assert (facts.number, facts.users, facts.keys, facts.users_read) == (0, 8, 9, 6)
    assert (facts.users_left, facts.note, facts.saw_all_keys) == (1, "late", False)


@pytest.mark.parametrize("restored", [0, 1])
def test_a_ledger_was_restored_if_one_part_says_so(restored: int) -> None:
    reports = parts((), ())
    found = reports[restored]
    reports[restored] = replace(found, facts=replace(found.facts, restored=True))
    assert merge_parts(reports).facts.restored
    assert not merge_parts(parts((), ())).facts.restored


def test_the_outcomes_stand_together_the_oldest_key_first() -> None:
    young, old = (an_outcome(key_id=f"AKIA{age}", age=age) for age in (90, 400))
    failed = an_outcome(Section.FAILED, user="mallory", key_id=None, age=None)
    exempt = an_outcome(Section.EXEMPT, user="olivia", key_id=None, age=None)
    earlier = an_outcome(Section.DELETED, key_id="AKIAGONE", age=10, happened_at=days_ago(1))
    merged = merge_parts(parts((young, failed, exempt), (earlier, old)))
    assert merged.outcomes == (earlier, old, young, failed, exempt)


def test_what_an_earlier_part_did_is_reported_once_and_not_as_of_an_earlier_run() -> None:
    """Until the digest no part is reported, so the next part finds it in the ledger."""
    done = an_outcome(Section.DEACTIVATED, due=30)
    found = replace(done, happened_at=NOON)
    assert merge_parts(parts((done,), (found,))).outcomes == (done,)


def test_what_an_earlier_run_did_is_reported_once() -> None:
    """With the day that is known where the key was decided."""
    earlier = an_outcome(Section.DEACTIVATED, due=30, happened_at=days_ago(1))
    known = replace(earlier, due=earlier.due and earlier.due + timedelta(days=1))
    now = an_outcome(Section.UPCOMING, due=31)
    assert merge_parts(parts((earlier, now), (known,))).outcomes == (earlier, now)
    assert merge_parts(parts((earlier,), (known, now))).outcomes == (known, now)
    assert merge_parts(parts((earlier,), (known,))).outcomes == (known,)


def test_users_without_a_key_id_are_each_listed() -> None:
    failed = [an_outcome(Section.FAILED, user=f"user{n}", key_id=None, age=None) for n in range(3)]
    merged = merge_parts(parts(tuple(failed[:2]), tuple(failed[2:])))
    assert [outcome.user_name for outcome in merged.outcomes] == ["user0", "user1", "user2"]


def test_alias_editors_and_near_names_are_those_of_any_part() -> None:
    first, second = parts((), ())
    merged = merge_parts(
        [
            replace(first, editors={"mode": "arn"}),
            replace(second, account_alias="prod", near={"bob": ("rob",)}),
        ]
    )
    assert (merged.account_alias, merged.near, merged.editors) == (
        "prod",
        {"bob": ("rob",)},
        {"mode": "arn"},
    )


def test_a_suspension_that_a_later_part_refutes_is_none() -> None:
    first, second = parts((), ())
    merged = merge_parts([replace(first, suspended_since={"all-exempt": NOON.date()}), second])
    assert merged.suspended_since == {}


def test_the_digest_of_an_account_reads_as_of_one_part() -> None:
    first, second = parts((an_outcome(Section.DELETED),), (an_outcome(key_id="AKIA2"),))
    finished = replace(second, facts=replace(second.facts, users_left=0))
    [(message, _)] = compose(merge_parts([first, finished]))
    text = message.variants["email"]
    assert "part" not in message.subject
    assert "Tue 24 Nov 2026, 12:00 UTC. 7 users, 9 keys." in text
    assert "The keys of 6 users were read, chosen by the credential report." in text
