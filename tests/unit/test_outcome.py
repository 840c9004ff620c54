"""What a report lists for each decision, and what triggers a digest."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from key_rotation.domain.model import NEVER_USED, Action, Failure, Mode, Reason, Status
from key_rotation.domain.watch import Deactivating, Ended, Held, State
from key_rotation.reporting.news import lasting_by_user, mark_news
from key_rotation.reporting.outcome import (
    Outcome,
    Section,
    collect_outcomes,
    outcome_of_event,
    outcome_of_failure,
)
from tests.unit.builders import (
    ALICE,
    TODAY,
    a_key,
    a_part,
    a_plan,
    a_watch,
    an_event,
    an_inventory,
    days_ago,
    deactivated,
    in_days,
    noticed,
    observed_key,
    used,
    watches_of,
)


def outcome_of(
    state: State | None = None,
    *,
    age: float = 100,
    status: str = "Active",
    mode: Mode = Mode.ENFORCE,
    reported: bool = False,
    reactivations: int = 0,
    **changed: Any,
) -> Outcome | None:
    """Return the outcome of one key as planned, if it has one."""
    key = a_key(age=age, status=status)
    stored_watches = [a_watch(key, state, reactivations=reactivations)] if state else []
    watches = watches_of(*stored_watches)
    plan = a_plan(
        an_inventory(observed_key(key, used(days_ago(3)))), watches, first_part=True, **changed
    )
    part = a_part(mode=mode, plan=plan, setting=mode, **changed)
    found = collect_outcomes(part, watches)
    days = {user: dict.fromkeys(what, TODAY) for user, what in lasting_by_user(found).items()}
    outcomes = mark_news(found, days if reported else {}, TODAY, paused=part.settings.paused)
    assert len(outcomes) < 2
    return outcomes[0] if outcomes else None


MakeOutcome = Callable[[], Outcome | None]
WINDOW = deactivated(since=10)


@pytest.mark.parametrize(
    ("section", "make_outcome"),
    [
        (Section.NOTICED, outcome_of),
        (Section.DEACTIVATED, partial(outcome_of, noticed(due=0))),
        (Section.DEACTIVATED, partial(outcome_of, Deactivating(notice=None), status="Inactive")),
        (
            Section.DELETED,
            partial(
                outcome_of, deactivated(since=30, baseline=used(days_ago(3))), status="Inactive"
            ),
        ),
        (Section.EXTENDED, partial(outcome_of, WINDOW, status="Inactive")),
        (Section.WITHDRAWN, partial(outcome_of, noticed(due=3), max_age_days="365")),
        (Section.ADOPTED, partial(outcome_of, status="Inactive", adopt_inactive_keys="true")),
        (Section.HELD, partial(outcome_of, WINDOW, reactivations=2)),
        (Section.HELD, partial(outcome_of, status="Expired")),
        (Section.UPCOMING, partial(outcome_of, noticed(due=1))),
    ],
)
def test_each_action_and_each_reminder_triggers_a_digest_under_its_section(
    section: Section, make_outcome: MakeOutcome
) -> None:
    outcome = make_outcome()
    assert outcome is not None
    assert (outcome.section, outcome.triggers_digest) == (section, True)


@pytest.mark.parametrize(
    ("section", "make_outcome"),
    [
        (Section.EXEMPT, partial(outcome_of, exemptions="alice")),
        (Section.HELD, partial(outcome_of, Held(), reported=True)),
        (
            Section.HELD,
            partial(
                outcome_of,
                status="Expired",
                reported=True,
            ),
        ),
        (Section.UPCOMING, partial(outcome_of, noticed(due=2))),
        (Section.UPCOMING, partial(outcome_of, noticed(due=1, announced=0))),
        (
            Section.UPCOMING,
            partial(
                outcome_of,
                deactivated(since=31, baseline=used(days_ago(3))),
                status="Inactive",
                delete_unused_keys="false",
            ),
        ),
    ],
)
def test_an_unchanged_key_is_listed_but_triggers_no_digest(
    section: Section, make_outcome: MakeOutcome
) -> None:
    """Exempt, held before, upcoming, or with an unknown status that was reported before."""
    outcome = make_outcome()
    assert outcome is not None
    assert (outcome.section, outcome.triggers_digest) == (section, False)


@pytest.mark.parametrize(
    "make_outcome",
    [
        partial(outcome_of, age=10),
        partial(outcome_of, status="Inactive"),
        partial(outcome_of, noticed(due=3), status="Inactive"),
        partial(outcome_of, Ended(), status="Inactive"),
    ],
)
def test_a_young_key_or_one_that_someone_else_deactivated_is_not_listed(
    make_outcome: MakeOutcome,
) -> None:
    assert make_outcome() is None


@pytest.mark.parametrize(("due", "remind"), [(3, False), (2, False), (1, True)])
def test_an_upcoming_day_triggers_a_digest_only_as_a_reminder(due: int, *, remind: bool) -> None:
    for outcome in (
        outcome_of(noticed(due=due)),
        outcome_of(deactivated(since=30 - due, baseline=used(days_ago(3))), status="Inactive"),
    ):
        assert outcome is not None
        assert outcome.triggers_digest is remind


@pytest.mark.parametrize(
    ("dry_run", "make_outcome"),
    [
        (True, partial(outcome_of, mode=Mode.REPORT)),
        (True, partial(outcome_of, noticed(due=0), mode=Mode.REPORT)),
        (
            True,
            partial(
                outcome_of,
                deactivated(since=30, baseline=used(days_ago(3))),
                status="Inactive",
                mode=Mode.REPORT,
            ),
        ),
        (True, partial(outcome_of, noticed(due=0), max_changes_per_run="0", mode=Mode.REPORT)),
        (True, partial(outcome_of, noticed(due=3), mode=Mode.REPORT)),
        (False, partial(outcome_of, Held(), mode=Mode.REPORT)),
        (False, partial(outcome_of, exemptions="alice", mode=Mode.REPORT)),
        (False, partial(outcome_of, status="Expired", mode=Mode.REPORT)),
        (False, outcome_of),
        (False, partial(outcome_of, noticed(due=0))),
    ],
)
def test_in_report_mode_every_action_is_a_dry_run(
    make_outcome: MakeOutcome, *, dry_run: bool
) -> None:
    """Upcoming days and exemptions are the same in either mode."""
    outcome = make_outcome()
    assert outcome is not None
    assert outcome.dry_run is dry_run


def test_a_deferred_key_has_no_due_day() -> None:
    """The day on which its turn comes is not known."""
    outcome = outcome_of(noticed(due=0), max_changes_per_run="0")
    assert outcome is not None
    assert outcome.due is None


def test_an_exempt_key_is_listed_with_the_reason_and_the_last_day() -> None:
    outcome = outcome_of(exemptions="alice until 2026-12-31 # moves to a role")
    assert outcome is not None
    assert (outcome.explanation, str(outcome.due)) == ("exempt: moves to a role", "2026-12-31")


def test_an_unknown_status_is_listed_as_iam_spells_it() -> None:
    outcome = outcome_of(status="Expired")
    assert outcome is not None
    assert outcome.explanation.endswith(": Expired")


def test_an_outcome_contains_the_facts_of_its_key() -> None:
    outcome = outcome_of()
    assert outcome is not None
    assert (outcome.user_name, outcome.access_key_id) == ("alice", a_key().access_key_id)
    assert (outcome.created, outcome.last_use, outcome.due) == (
        days_ago(100),
        used(days_ago(3)),
        in_days(7),
    )


def test_a_failure_always_triggers_a_digest() -> None:
    """For a user whose keys could not be read, it names no key."""
    outcome = outcome_of_failure(Failure(user_name="alice", text="throttled"))
    assert (outcome.section, outcome.triggers_digest, outcome.dry_run) == (
        Section.FAILED,
        True,
        False,
    )
    assert (outcome.user_name, outcome.access_key_id, outcome.explanation) == (
        "alice",
        None,
        "throttled",
    )


@pytest.mark.parametrize("mode", Mode)
def test_unreported_events_of_earlier_runs_come_first_and_are_not_dry_runs(mode: Mode) -> None:
    """In report mode too."""
    event = replace(
        an_event(Action.DEACTIVATE, Reason.NOTICE_OVER, at=1, due=29), last_use=NEVER_USED
    )
    key = a_key(age=100, status="Inactive")
    watch = replace(
        a_watch(key, deactivated(since=1)), unreported_events=(event,), description="CI upload"
    )
    watches = watches_of(watch)
    plan = a_plan(an_inventory(observed_key(key)), watches)
    first, second = collect_outcomes(a_part(mode=mode, plan=plan), watches)
    assert (first.section, first.triggers_digest, first.dry_run) == (
        Section.DEACTIVATED,
        True,
        False,
    )
    assert (first.happened_at, first.due, first.last_use) == (days_ago(1), in_days(29), NEVER_USED)
    assert first.details.description == "CI upload"
    assert (second.section, second.happened_at) == (Section.UPCOMING, None)


def test_an_unreported_event_of_a_deleted_key_is_listed() -> None:
    event = an_event(Action.DELETE, Reason.UNUSED, at=1)
    watches = watches_of(replace(a_watch(a_key(), Ended()), unreported_events=(event,)))
    [outcome] = collect_outcomes(a_part(), watches)
    assert (outcome.section, outcome.user_name) == (Section.DELETED, ALICE.name)


def test_an_event_without_a_section_is_an_error() -> None:
    with pytest.raises(ValueError, match="keep"):
        outcome_of_event(a_watch(a_key(), Held()), an_event(Action.KEEP, Reason.FRESH), None, TODAY)


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.KEEP])
def test_every_action_except_keep_has_a_section(action: Action) -> None:
    outcome = outcome_of_event(
        a_watch(a_key(), Held()), an_event(action, Reason.STALE), None, TODAY
    )
    assert outcome.section in Section


def test_a_hold_triggers_a_digest_in_the_run_that_holds_the_key() -> None:
    """The watch is already in the state Held when the outcomes are collected."""
    key = a_key(age=100)
    watches = watches_of(a_watch(key, WINDOW, reactivations=2))
    plan = a_plan(an_inventory(observed_key(key)), watches)
    event = an_event(Action.HOLD, Reason.REACTIVATED_TOO_OFTEN)
    held = replace(a_watch(key, Held(), reactivations=2), unreported_events=(event,))
    executed = replace(plan, steps=tuple(replace(step, watch=held) for step in plan.steps))
    [outcome] = collect_outcomes(a_part(plan=executed), watches)
    assert (outcome.section, outcome.triggers_digest) == (Section.HELD, True)


def test_a_key_has_one_of_three_statuses() -> None:
    """Any other status of IAM is `OTHER`."""
    assert {a_key(status=text).status for text in ("Active", "Inactive", "Expired")} == set(Status)
