"""Promise 10: the metrics that the alarms and the dashboard use."""

import pytest

from key_rotation.domain.model import Mode, User
from key_rotation.reporting.metrics import run_metrics
from key_rotation.reporting.outcome import Section
from tests.unit.builders import (
    ALICE,
    METRIC_NAMES,
    a_finished_part,
    a_key,
    a_plan,
    a_watch,
    an_inventory,
    an_outcome,
    deactivated,
    observed_key,
    watches_of,
)


def test_a_run_publishes_exactly_these_metrics() -> None:
    """Even for an empty account: an alarm must not lack data."""
    assert set(run_metrics(a_finished_part())) == METRIC_NAMES


def test_a_run_of_an_empty_account_completes_and_counts_no_keys() -> None:
    metrics = run_metrics(a_finished_part())
    assert metrics == {**dict.fromkeys(METRIC_NAMES, 0), "RunCompleted": 1}


@pytest.mark.parametrize(
    ("ages", "active", "stale", "oldest"),
    [
        ((), 0, 0, 0),
        ((0,), 1, 0, 0),
        ((89,), 1, 0, 89),
        ((90,), 1, 1, 90),
        ((89, 90, 91, 400), 4, 3, 400),
    ],
)
def test_active_and_stale_keys_and_the_oldest_age_are_reported(
    ages: tuple[int, ...], active: int, stale: int, oldest: int
) -> None:
    """A key of 90 days is stale; an inactive key is neither active nor stale."""
    keys = [a_key(age=age, key_id=f"AKIA{age}") for age in ages]
    inactive = a_key(age=500, status="Inactive", key_id="AKIAOFF")
    expired = a_key(age=600, status="Expired", key_id="AKIAODD")
    metrics = run_metrics(
        a_finished_part(inventory=an_inventory(*map(observed_key, [*keys, inactive, expired])))
    )
    assert (metrics["ActiveKeys"], metrics["StaleKeys"]) == (active, stale)
    assert metrics["OldestActiveKeyAge"] == oldest


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("KeysNoticed", Section.NOTICED),
        ("KeysDeactivated", Section.DEACTIVATED),
        ("KeysDeleted", Section.DELETED),
        ("KeysHeld", Section.HELD),
        ("KeysExempt", Section.EXEMPT),
        ("KeysDeferred", Section.DEFERRED),
        ("KeysFailed", Section.FAILED),
    ],
)
def test_each_section_is_counted_by_its_metric_only(name: str, section: Section) -> None:
    metrics = run_metrics(a_finished_part(an_outcome(section), an_outcome(section, key_id="AKIA2")))
    assert {other: count for other, count in metrics.items() if count} == {
        name: 2,
        "RunCompleted": 1,
    }


def test_a_dry_run_outcome_is_not_counted() -> None:
    dry_run = an_outcome(Section.DEACTIVATED, dry_run=True)
    assert run_metrics(a_finished_part(dry_run, mode=Mode.REPORT))["KeysDeactivated"] == 0


def test_keys_in_a_grace_window_are_counted() -> None:
    keys = [a_key(age=200, status="Inactive", key_id=f"AKIA{n}") for n in range(3)]
    watches = [a_watch(key, deactivated(since=3)) for key in keys[:2]]
    plan = a_plan(an_inventory(*map(observed_key, keys)), watches_of(*watches))
    assert run_metrics(a_finished_part(plan=plan))["KeysInGrace"] == 2


@pytest.mark.parametrize(
    ("mode", "configured_mode", "completed"),
    [
        (Mode.ENFORCE, "enforce", 1),
        (Mode.REPORT, "report", 1),
        (Mode.REPORT, "enforce", 0),
    ],
)
def test_a_run_completes_only_in_the_mode_of_the_settings(
    mode: Mode, configured_mode: str, completed: int
) -> None:
    """A report run that a person started does not show that rotation is enforced."""
    assert (
        run_metrics(a_finished_part(mode=mode, setting=configured_mode))["RunCompleted"]
        == completed
    )


def test_a_run_that_could_not_read_a_user_is_complete() -> None:
    """Promise 10: one unreadable user never masks the alarm on missing runs."""
    bob = User(name="bob", path="/", user_id="AIDABOB")
    report = a_finished_part(
        inventory=an_inventory(observed_key(a_key()), users=[ALICE], unread=[bob])
    )
    assert run_metrics(report)["RunCompleted"] == 1


def test_a_run_with_a_failed_key_is_complete() -> None:
    """The keys of every user were read; another alarm reports the failed key."""
    metrics = run_metrics(a_finished_part(an_outcome(Section.FAILED)))
    assert (metrics["RunCompleted"], metrics["KeysFailed"]) == (1, 1)
