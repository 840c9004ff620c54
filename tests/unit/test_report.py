"""What is a reason to write to people, and what only would be repeated."""

from dataclasses import replace

import pytest

from key_rotation.domain.model import Mode, Reason
from key_rotation.domain.run_part import next_state
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report
from tests.unit.builders import (
    ALICE,
    KEY_ID,
    NOON,
    a_key,
    a_plan,
    a_report,
    an_inventory,
    an_outcome,
    days,
    observed_key,
    parameters,
)

LISTED = (
    an_outcome(Section.EXEMPT, triggers_digest=False),
    an_outcome(Section.HELD, triggers_digest=False),
    an_outcome(Section.UPCOMING, triggers_digest=False),
)


def test_what_is_only_listed_sends_no_digest() -> None:
    """Exempt, held and upcoming keys; keys not ours are not even listed."""
    assert not a_report(*LISTED).needs_digest
    assert not a_report().needs_digest


@pytest.mark.parametrize("section", Section)
def test_one_piece_of_news_sends_a_digest(section: Section) -> None:
    assert a_report(*LISTED, an_outcome(section, triggers_digest=True)).needs_digest


@pytest.mark.parametrize("mode", Mode)
def test_an_edited_setting_sends_a_digest(mode: Mode) -> None:
    """In either mode, with nothing else to tell."""
    before = RunState(parameters=parameters(grace_days="29"))
    report = a_report(mode=mode, previous=before)
    assert report.changed_parameters == {"grace-days"}
    assert report.needs_digest


def test_a_setting_edited_and_edited_back_was_edited() -> None:
    """Its version tells."""
    raw = parameters()
    raw["mode"] = replace(raw["mode"], version=3)
    assert a_report(previous=RunState(parameters=raw)).changed_parameters == {"mode"}


def test_a_parameter_that_the_last_run_did_not_know_counts_as_edited() -> None:
    raw = parameters()
    del raw["adopt-inactive-keys"]
    report = a_report(previous=RunState(parameters=raw))
    assert report.changed_parameters == {"adopt-inactive-keys"}


def test_before_the_first_run_no_setting_was_edited() -> None:
    assert a_report(previous=RunState()).changed_parameters == frozenset()
    assert not a_report(previous=RunState()).needs_digest


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(
    ("until", "reported", "ended"),
    [("2026-11-24", (), 0), ("2026-11-23", (), 1), ("2026-11-23", ("alice until 2026-11-23",), 0)],
)
def test_the_end_of_an_exemption_sends_a_digest_once(
    mode: Mode, until: str, reported: tuple[str, ...], ended: int
) -> None:
    exemptions = f"bob\nalice until {until}"
    previous = RunState(parameters=parameters(exemptions=exemptions), ended_exemptions=reported)
    report = a_report(mode=mode, previous=previous, exemptions=exemptions)
    assert len(report.ended_exemptions) == ended
    assert report.needs_digest is bool(ended)
    assert state_after(report).ended_exemptions == reported + report.ended_exemptions


def state_after(report: Report) -> RunState:
    """What the run of a report leaves for the next."""
    return next_state(report.previous, report.part, report.fingerprint)


def state_after_report_run(*outcomes: Outcome) -> RunState:
    """What a run in report mode left behind that told these."""
    return state_after(a_report(*outcomes, mode=Mode.REPORT))


FIRST, SECOND = an_outcome(key_id="AKIA1"), an_outcome(key_id="AKIA2")


@pytest.mark.parametrize(
    ("reported", "outcomes", "needs_digest"),
    [
        ((), (), False),
        ((), (FIRST,), True),
        ((FIRST,), (FIRST,), False),
        ((FIRST, SECOND), (SECOND, FIRST), False),
        ((FIRST,), (FIRST, SECOND), True),
        ((FIRST, SECOND), (FIRST,), True),
        ((FIRST,), (SECOND,), True),
        ((FIRST,), (), True),
        ((FIRST,), (replace(FIRST, section=Section.DEACTIVATED),), True),
        ((FIRST,), (replace(FIRST, due=None, reason=Reason.REACTIVATED),), False),
        ((FIRST,), (replace(FIRST, created=FIRST.created and FIRST.created - days(1)),), False),
        ((FIRST,), (replace(FIRST, triggers_digest=False),), False),
    ],
)
def test_in_report_mode_only_other_pairs_of_key_and_action_are_news(
    reported: tuple[Outcome, ...], outcomes: tuple[Outcome, ...], *, needs_digest: bool
) -> None:
    """Not that another day passed."""
    assert (
        a_report(
            *outcomes,
            mode=Mode.REPORT,
            previous=replace(state_after_report_run(*reported), parameters=parameters()),
        ).needs_digest
        is needs_digest
    )


def test_in_report_mode_what_an_earlier_run_did_is_news_and_no_part_of_the_comparison() -> None:
    earlier = an_outcome(Section.DELETED, key_id="AKIA9", happened_at=NOON)
    report = a_report(FIRST, earlier, mode=Mode.REPORT, previous=state_after_report_run(FIRST))
    assert report.needs_digest
    assert (
        state_after(report).report_fingerprints == state_after_report_run(FIRST).report_fingerprints
    )


def test_an_enforcing_run_leaves_the_last_report_standing() -> None:
    """So that a report asked for by hand repeats nothing after it."""
    previous = RunState(parameters=parameters(), report_fingerprints=("fingerprint",))
    assert state_after(a_report(FIRST, previous=previous)).report_fingerprints == ("fingerprint",)


def test_the_next_run_knows_the_settings_and_what_people_were_told() -> None:
    inventory = an_inventory(
        observed_key(a_key(status="Expired")), observed_key(a_key(key_id="AKIA2"))
    )
    report = a_report(
        plan=a_plan(inventory),
        inventory=inventory,
        previous=RunState(stopped="2026-11-23"),
        grace_days="45",
    )
    state = state_after(report)
    assert state.parameters == parameters(grace_days="45")
    assert state.unknown_status == {KEY_ID: ALICE.user_id}
    assert state.stopped == ""
