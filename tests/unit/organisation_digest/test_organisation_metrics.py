"""The metrics of an organization's run."""

from typing import Any

import pytest

from key_rotation.domain.model import Mode
from key_rotation.reporting.metrics import run_metrics
from key_rotation.reporting.organisation.metrics import metrics
from key_rotation.reporting.organisation.report import OrganisationReport
from tests.unit.builders import METRIC_NAMES, a_finished_part, days_ago
from tests.unit.organisation_digest.organisation_builders import (
    an_account,
    id_of,
    missing,
    organisation,
    registered,
)

NEW_NAMES = {"AccountsLookedAt", "AccountsNotLookedAt", "OldestLookDays"}
FIGURES = dict.fromkeys(METRIC_NAMES, 1)
QUIET = an_account(1, metrics=FIGURES)


def test_the_metrics_are_todays_and_three_more() -> None:
    of_account = run_metrics(a_finished_part())
    assert set(of_account) == METRIC_NAMES
    report = organisation(an_account(1, metrics=of_account))
    assert set(metrics(report)) == METRIC_NAMES | NEW_NAMES


def test_figures_are_summed_and_of_the_oldest_key_the_greatest_counts() -> None:
    report = organisation(
        an_account(1, metrics=FIGURES | {"ActiveKeys": 3, "OldestActiveKeyAge": 80}),
        an_account(2, metrics=FIGURES | {"ActiveKeys": 4, "OldestActiveKeyAge": 95}),
    )
    found = metrics(report)
    assert (found["ActiveKeys"], found["OldestActiveKeyAge"]) == (7, 95)
    assert found["KeysDeleted"] == 2
    assert found["RunCompleted"] == 1


def test_accounts_are_counted_and_new_ones_without_role_do_not_count_as_failing() -> None:
    report = organisation(
        QUIET,
        an_account(2, complete=False),
        not_looked_at=(missing(3), missing(4), missing(5, new=True)),
    )
    found = metrics(report)
    assert (found["AccountsLookedAt"], found["AccountsNotLookedAt"]) == (1, 2)


def test_without_an_account_the_changes_are_zero_and_nothing_is_said_of_keys() -> None:
    found = metrics(organisation(not_looked_at=(missing(1),)))
    assert found["KeysFailed"] == 0
    assert "ActiveKeys" not in found


@pytest.mark.parametrize(
    ("report", "days"),
    [
        (organisation(QUIET), 0),
        (organisation(an_account(1, known=registered(1, last_looked_at=days_ago(9)))), 0),
        (organisation(QUIET, not_looked_at=(missing(2, last_looked_at=days_ago(0)),)), 0),
        (organisation(QUIET, not_looked_at=(missing(2, last_looked_at=days_ago(3)),)), 3),
        (
            organisation(
                not_looked_at=(
                    missing(2, last_looked_at=days_ago(3)),
                    missing(3, first_seen=days_ago(5)),
                )
            ),
            5,
        ),
        (organisation(QUIET, not_looked_at=(missing(2, new=True, first_seen=days_ago(1)),)), 1),
        (
            organisation(
                an_account(1, complete=False, known=registered(1, last_looked_at=days_ago(2)))
            ),
            2,
        ),
    ],
)
def test_the_oldest_look_is_in_days_since_all_users_of_an_account_were_looked_at(
    report: OrganisationReport, days: int
) -> None:
    assert metrics(report)["OldestLookDays"] == days


@pytest.mark.parametrize(
    ("run", "values", "completed"),
    [
        ({}, {}, 1),
        ({"mode": Mode.REPORT}, {}, 1),
        ({"mode": Mode.REPORT, "report_only": True}, {}, 0),
        ({"account_ids": (id_of(1),)}, {}, 0),
        ({}, {"broken_off": "States.Timeout"}, 0),
        ({}, {"not_looked_at": (missing(2),)}, 1),
    ],
)
def test_a_run_is_completed_if_it_is_over_all_accounts_in_the_mode_that_is_set(
    run: dict[str, Any], values: dict[str, Any], completed: int
) -> None:
    """What could not be looked at is in another metric."""
    assert metrics(organisation(QUIET, run=run, **values))["RunCompleted"] == completed


def test_a_run_over_named_accounts_has_no_metrics_of_the_whole_organization() -> None:
    """They would look like a fall of the number of keys."""
    found = metrics(organisation(QUIET, run={"account_ids": (id_of(1),)}))
    missing_names = {"ActiveKeys", "StaleKeys", "KeysInGrace", "OldestActiveKeyAge"}
    assert set(found) == (METRIC_NAMES | NEW_NAMES) - missing_names - {"OldestLookDays"}
