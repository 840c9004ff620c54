"""What one part of a run leaves to the next part, and to the next run."""

from dataclasses import replace
from datetime import date

import pytest

from key_rotation.domain.inventory import Inventory, Scan
from key_rotation.domain.model import Mode
from key_rotation.domain.run_part import DigestSummary, RunPart, next_state
from key_rotation.domain.run_state import Continuation, RunState
from tests.unit.builders import (
    ALICE,
    NO_PLAN,
    TODAY,
    a_key,
    a_part,
    a_plan,
    an_inventory,
    observed_key,
)

UNREAD = ("AIDA1", "AIDA2")
FULL = replace(an_inventory(), scan=Scan.FULL)
CONTINUATION = Continuation(part=2, user_ids=UNREAD, scan=Scan.FULL, event_id="event-2")


def unread(inventory: Inventory = FULL) -> Inventory:
    """An inventory for which the time ran out."""
    return replace(inventory, unread_user_ids=UNREAD)


def test_a_part_with_time_for_all_users_leaves_nothing() -> None:
    assert a_part().continuation is None


def test_a_part_leaves_the_users_that_it_could_not_read_in_order() -> None:
    left = a_part(inventory=unread(), max_changes_per_run="25").continuation
    assert left == Continuation(part=1, user_ids=UNREAD, scan=Scan.FULL, event_id="event-2")


def test_the_users_of_changes_that_were_not_started_come_first_and_once() -> None:
    plan = a_plan(an_inventory(observed_key(a_key(age=400))))
    part = a_part(inventory=unread(), plan=replace(NO_PLAN, not_started=plan.steps * 2))
    assert part.continuation
    assert part.continuation.user_ids == (ALICE.user_id, *UNREAD)


def test_what_a_run_changed_or_tried_counts_for_its_event() -> None:
    """Promise 4: the parts and the retries of an event share one limit."""
    changed = a_part(plan=replace(NO_PLAN, changes=7))
    state = next_state(
        RunState(changes_by_event={"event-1": 3, "event-2": 1}), changed, DigestSummary()
    )
    assert state.changes_by_event == {"event-1": 3, "event-2": 8}


def test_a_run_in_report_mode_counts_no_changes() -> None:
    """Else runs that a person starts would push the count of the scheduled event out."""
    planned = a_part(mode=Mode.REPORT, plan=replace(NO_PLAN, changes=7))
    before = RunState(changes_by_event={"event-1": 3})
    after = next_state(before, planned, DigestSummary())
    assert after.changes_by_event == before.changes_by_event


def test_only_the_last_events_are_remembered() -> None:
    state = RunState()
    for number in range(20):
        state = state.after_changes(f"event-{number}", 1)
    assert list(state.changes_by_event) == [f"event-{number}" for number in range(12, 20)]


def test_the_parts_of_a_run_are_numbered() -> None:
    assert a_part().number == 0
    second = a_part(inventory=unread(), continued_from=replace(CONTINUATION, part=1))
    assert second.number == 1
    assert second.continuation
    assert second.continuation.part == 2


@pytest.mark.parametrize(
    ("inventory", "finishes"),
    [
        (FULL, True),
        (replace(FULL, scan=Scan.TARGETED), False),
        (unread(), False),
        (replace(FULL, unreadable_user_ids=frozenset({"AIDA1"})), True),
    ],
)
def test_the_last_part_finishes_a_full_scan_whoever_was_unreadable(
    inventory: Inventory, *, finishes: bool
) -> None:
    assert a_part(inventory=inventory).finishes_full_scan is finishes


BEFORE = RunState(last_full_scan=date(2026, 11, 1), last_full_report_scan=date(2026, 11, 2))


@pytest.mark.parametrize(
    ("part", "scans"),
    [
        (a_part(inventory=FULL), (TODAY, date(2026, 11, 2))),
        (a_part(inventory=FULL, mode=Mode.REPORT), (date(2026, 11, 1), TODAY)),
        (a_part(inventory=unread()), (date(2026, 11, 1), date(2026, 11, 2))),
    ],
    ids=["enforce", "report", "not finished"],
)
def test_a_full_scan_counts_for_the_mode_that_made_it(
    part: RunPart, scans: tuple[date, date]
) -> None:
    state = next_state(BEFORE, part, DigestSummary())
    assert (state.last_full_scan, state.last_full_report_scan) == scans


@pytest.mark.parametrize(
    ("state", "mode", "last"),
    [
        (RunState(), Mode.ENFORCE, None),
        (RunState(), Mode.REPORT, None),
        (BEFORE, Mode.ENFORCE, date(2026, 11, 1)),
        (BEFORE, Mode.REPORT, date(2026, 11, 2)),
        (replace(BEFORE, last_full_report_scan=None), Mode.REPORT, date(2026, 11, 1)),
    ],
)
def test_a_full_scan_in_report_mode_does_not_count_for_enforce_mode(
    state: RunState, mode: Mode, last: date | None
) -> None:
    assert state.last_full_scan_in(mode) == last


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, ("new", "b", "c")), (1, ("a", "new", "c")), (2, ("a", "b", "new"))],
)
def test_the_fingerprint_of_a_report_replaces_that_of_the_same_part(
    number: int, expected: tuple[str, ...]
) -> None:
    before = RunState(report_fingerprints=("a", "b", "c"))
    continued_from = replace(CONTINUATION, part=number) if number else None
    expecting = replace(
        before, expected_continuations=(continued_from.fingerprint,) if continued_from else ()
    )
    part = a_part(mode=Mode.REPORT, setting="report", continued_from=continued_from)
    assert (
        next_state(
            expecting, part, DigestSummary(delivered=True, fingerprint="new")
        ).report_fingerprints
        == expected
    )


def test_a_new_run_in_enforce_mode_replaces_the_parts_that_earlier_runs_left() -> None:
    before = RunState(expected_continuations=("left by an earlier run",))
    assert next_state(before, a_part(), DigestSummary()).expected_continuations == ()
    part = a_part(inventory=unread())
    assert part.continuation
    assert next_state(before, part, DigestSummary()).expected_continuations == (
        part.continuation.fingerprint,
    )


def test_a_report_run_that_a_person_starts_leaves_the_expected_parts_alone() -> None:
    before = RunState(expected_continuations=("the next part of the day's run",))
    part = a_part(mode=Mode.REPORT)
    assert (
        next_state(before, part, DigestSummary()).expected_continuations
        == before.expected_continuations
    )


def test_the_last_part_ends_the_parts_of_its_event() -> None:
    before = RunState(expected_continuations=("another", CONTINUATION.fingerprint))
    state = next_state(before, a_part(continued_from=CONTINUATION), DigestSummary())
    assert state.expected_continuations == ("another",)


def test_a_part_stays_expected_until_the_next_one_has_ended() -> None:
    """Promise 5: Lambda retries a part that dies before it invokes the next one."""
    first = replace(CONTINUATION, part=1)
    before = RunState(expected_continuations=("another", first.fingerprint))
    part = a_part(inventory=unread(), continued_from=first)
    assert part.continuation
    state = next_state(before, part, DigestSummary())
    both = (first.fingerprint, part.continuation.fingerprint)
    assert state.expected_continuations == ("another", *both)
    again = next_state(state, a_part(continued_from=part.continuation), DigestSummary())
    assert again.expected_continuations == ("another",)


def test_each_field_of_a_continuation_changes_its_fingerprint() -> None:
    others = [
        replace(CONTINUATION, part=3),
        replace(CONTINUATION, user_ids=("AIDA1",)),
        replace(CONTINUATION, scan=Scan.TARGETED),
        replace(CONTINUATION, event_id="event-3"),
        replace(CONTINUATION, edited=("mode",)),
    ]
    fingerprints = {left.fingerprint for left in (CONTINUATION, *others)}
    assert len(fingerprints) == 6
    assert replace(CONTINUATION).fingerprint == CONTINUATION.fingerprint


def test_the_expected_parts_do_not_grow_without_end() -> None:
    """Parts of report runs that never came."""
    before = RunState(expected_continuations=tuple(f"{n:064}" for n in range(5_000)))
    part = a_part(mode=Mode.REPORT, inventory=unread())
    state = next_state(before, part, DigestSummary())
    assert part.continuation is not None
    assert len(state.expected_continuations) == 100
    assert state.expected_continuations[-1] == part.continuation.fingerprint


@pytest.mark.parametrize(("limit", "last"), [("25", 25), ("40", 40), ("0", 7)])
def test_the_last_limit_above_zero_is_remembered(limit: str, last: int) -> None:
    """New days are given by it while changes are paused."""
    part = a_part(max_changes_per_run=limit)
    assert next_state(RunState(last_limit=7), part, DigestSummary()).last_limit == last


@pytest.mark.parametrize(("mode", "created"), [(Mode.ENFORCE, "today"), (Mode.REPORT, "before")])
def test_only_a_run_in_enforce_mode_takes_note_of_a_restored_table(
    mode: Mode, created: str
) -> None:
    """A report run starts no notice and no window anew, so the next run still has to."""
    part = replace(a_part(mode=mode, setting=mode), ledger_created="today")
    before = RunState(ledger_created="before")
    assert next_state(before, part, DigestSummary()).ledger_created == created


def test_the_fingerprints_of_the_parts_before_are_empty_where_there_were_none() -> None:
    part = a_part(mode=Mode.REPORT, setting="report", continued_from=CONTINUATION)
    digest = DigestSummary(delivered=True, fingerprint="new")
    assert next_state(RunState(), part, digest).report_fingerprints == ("", "", "new")
