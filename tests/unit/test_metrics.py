"""Promise 10: silence is alarming. What the metrics count that the alarms ring on."""

import pytest

from key_rotation.domain.model import Mode, User
from key_rotation.reporting.metrics import run_metrics
from key_rotation.reporting.outcome import Section
from tests.unit.builders import (
    ALICE,
    a_key,
    a_plan,
    a_report,
    a_watch,
    an_inventory,
    an_outcome,
    deactivated,
    observed_key,
    watches_of,
)

METRIC_NAMES = {
    "ActiveKeys",
    "StaleKeys",
    "KeysNoticed",
    "KeysDeactivated",
    "KeysInGrace",
    "KeysDeleted",
    "KeysHeld",
    "KeysExempt",
    "KeysDeferred",
    "KeysFailed",
    "OldestActiveKeyAge",
    "RunCompleted",
}


def test_a_run_puts_out_these_metrics_and_no_others() -> None:
    """Of an empty account too: an alarm must not miss its data."""
    assert set(run_metrics(a_report())) == METRIC_NAMES


def test_an_empty_account_counts_nothing_and_the_run_completes() -> None:
    metrics = run_metrics(a_report())
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
def test_active_and_stale_keys_are_counted_and_the_oldest_is_measured(
    ages: tuple[int, ...], active: int, stale: int, oldest: int
) -> None:
    """A key of 90 days is stale; an inactive one is neither."""
    keys = [a_key(age=age, key_id=f"AKIA{age}") for age in ages]
    inactive = a_key(age=500, status="Inactive", key_id="AKIAOFF")
    expired = a_key(age=600, status="Expired", key_id="AKIAODD")
    metrics = run_metrics(
        a_report(inventory=an_inventory(*map(observed_key, [*keys, inactive, expired])))
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
def test_each_heading_is_counted_under_its_name_and_no_other(name: str, section: Section) -> None:
    metrics = run_metrics(a_report(an_outcome(section), an_outcome(section, key_id="AKIA2")))
    assert {other: count for other, count in metrics.items() if count} == {
        name: 2,
        "RunCompleted": 1,
    }


def test_what_only_would_have_happened_counts_as_nothing() -> None:
    dry_run = an_outcome(Section.DEACTIVATED, dry_run=True)
    assert run_metrics(a_report(dry_run, mode=Mode.REPORT))["KeysDeactivated"] == 0


def test_the_keys_in_their_grace_window_are_counted() -> None:
    keys = [a_key(age=200, status="Inactive", key_id=f"AKIA{n}") for n in range(3)]
    watches = [a_watch(key, deactivated(since=3)) for key in keys[:2]]
    plan = a_plan(an_inventory(*map(observed_key, keys)), watches_of(*watches))
    assert run_metrics(a_report(plan=plan))["KeysInGrace"] == 2


@pytest.mark.parametrize(
    ("mode", "configured_mode", "completed"),
    [
        (Mode.ENFORCE, "enforce", 1),
        (Mode.REPORT, "report", 1),
        (Mode.REPORT, "enforce", 0),
    ],
)
def test_a_run_counts_as_complete_in_the_mode_that_the_settings_have(
    mode: Mode, configured_mode: str, completed: int
) -> None:
    """A report that a person asked for is no proof that rotation is enforced."""
    assert run_metrics(a_report(mode=mode, setting=configured_mode))["RunCompleted"] == completed


def test_a_run_that_could_not_read_a_user_does_not_count_as_complete() -> None:
    """Though it went on with the others."""
    bob = User(name="bob", path="/", user_id="AIDABOB")
    report = a_report(inventory=an_inventory(observed_key(a_key()), users=[ALICE], unread=[bob]))
    assert run_metrics(report)["RunCompleted"] == 0


def test_a_run_that_failed_with_one_key_counts_as_complete() -> None:
    """Every user was looked at; another alarm rings for the key."""
    metrics = run_metrics(a_report(an_outcome(Section.FAILED)))
    assert (metrics["RunCompleted"], metrics["KeysFailed"]) == (1, 1)
