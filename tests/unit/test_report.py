"""When a digest is sent, and what the next run has to know."""

from dataclasses import replace

import pytest

from key_rotation.domain.model import Mode, Reason
from key_rotation.domain.run_part import next_state
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import FinishedPart
from tests.unit.builders import (
    NOON,
    TODAY,
    a_finished_part,
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


def test_outcomes_that_are_only_listed_send_no_digest() -> None:
    """Exempt, held and upcoming keys."""
    assert not a_report(*LISTED).needs_digest
    assert not a_report().needs_digest


@pytest.mark.parametrize("section", Section)
def test_one_triggering_outcome_sends_a_digest(section: Section) -> None:
    assert a_report(*LISTED, an_outcome(section, triggers_digest=True)).needs_digest


@pytest.mark.parametrize("mode", Mode)
def test_an_edited_parameter_sends_a_digest(mode: Mode) -> None:
    """In either mode, even if nothing else is to be reported."""
    before = RunState(parameters=parameters(grace_days="29", mode=mode))
    report = a_report(mode=mode, setting=mode, previous=before)
    assert report.changed_parameters == {"grace-days"}
    assert report.needs_digest


def test_a_parameter_edited_and_restored_counts_as_edited() -> None:
    """Its version has changed."""
    raw = parameters()
    raw["mode"] = replace(raw["mode"], version=3)
    assert a_report(previous=RunState(parameters=raw)).changed_parameters == {"mode"}


def test_a_parameter_unknown_to_the_last_run_counts_as_edited() -> None:
    raw = parameters()
    del raw["adopt-inactive-keys"]
    report = a_report(previous=RunState(parameters=raw))
    assert report.changed_parameters == {"adopt-inactive-keys"}


def test_before_the_first_run_no_parameter_counts_as_edited() -> None:
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
    previous = RunState(
        parameters=parameters(exemptions=exemptions, mode=mode),
        ended_exemptions=reported,
        ending_exemptions={"alice until 2026-11-24": TODAY},
    )
    finished = a_finished_part(mode=mode, setting=mode, previous=previous, exemptions=exemptions)
    report = finished.report
    assert len(report.ended_exemptions) == ended
    assert report.needs_digest is bool(ended)
    assert state_after(finished).ended_exemptions == reported + report.ended_exemptions


def state_after(finished: FinishedPart) -> RunState:
    """Return what a part leaves for the next run, if its digest is delivered."""
    report = replace(finished.report, delivered=True)
    return next_state(report.previous, finished.part, report.digest)


def state_after_report_run(*outcomes: Outcome) -> RunState:
    """Return what a run in report mode leaves after it reported these outcomes."""
    return state_after(a_finished_part(*outcomes, mode=Mode.REPORT, setting="report"))


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
def test_in_report_mode_a_digest_is_sent_if_the_keys_or_their_actions_changed(
    reported: tuple[Outcome, ...], outcomes: tuple[Outcome, ...], *, needs_digest: bool
) -> None:
    """A changed due day alone sends none."""
    assert (
        a_report(
            *outcomes,
            mode=Mode.REPORT,
            setting="report",
            previous=state_after_report_run(*reported),
        ).needs_digest
        is needs_digest
    )


def test_in_report_mode_an_unreported_event_sends_a_digest_but_is_not_compared() -> None:
    earlier = an_outcome(Section.DELETED, key_id="AKIA9", happened_at=NOON)
    finished = a_finished_part(
        FIRST, earlier, mode=Mode.REPORT, setting="report", previous=state_after_report_run(FIRST)
    )
    assert finished.report.needs_digest
    assert (
        state_after(finished).report_fingerprints
        == state_after_report_run(FIRST).report_fingerprints
    )


def test_an_enforce_run_keeps_the_fingerprint_of_the_last_report() -> None:
    """So a report run that a person starts after it repeats nothing."""
    previous = RunState(parameters=parameters(), report_fingerprints=("fingerprint",))
    assert state_after(a_finished_part(FIRST, previous=previous)).report_fingerprints == (
        "fingerprint",
    )


def test_the_run_state_contains_the_settings_and_what_was_reported() -> None:
    inventory = an_inventory(
        observed_key(a_key(status="Expired")), observed_key(a_key(key_id="AKIA2"))
    )
    finished = a_finished_part(
        plan=a_plan(inventory),
        inventory=inventory,
        previous=RunState(stopped="2026-11-23"),
        grace_days="45",
    )
    state = state_after(finished)
    assert state.parameters == parameters(grace_days="45")
    assert state.stopped == ""
