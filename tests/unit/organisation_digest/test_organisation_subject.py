"""The subject of an organization's e-mail: its counts are those of the data."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.domain.model import Mode
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.organisation.report import OrganisationReport, SettingsNews
from key_rotation.reporting.organisation.subject import subject
from key_rotation.reporting.outcome import Section
from tests.unit.builders import TODAY, an_outcome
from tests.unit.organisation_digest.organisation_builders import (
    ORGANIZATION,
    a_change,
    an_account,
    in_report_mode,
    missing,
    organisation,
    registered,
)

PAUSED: dict[str, Any] = {"run": {"change_limit": 0}}
UPCOMING = an_outcome(Section.UPCOMING, due=12, triggers_digest=False)
ENDING = f"bob until {TODAY + timedelta(days=5)}"

QUIET, ANOTHER = an_account(1), an_account(2)
NOTICED, DELETED = an_outcome(Section.NOTICED), an_outcome(Section.DELETED)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (organisation(), "0 of 0 accounts, nothing to do"),
        (organisation(QUIET), "1 of 1 account, nothing to do"),
        (organisation(QUIET, not_looked_at=(missing(),)), "1 of 2 accounts, 1 not looked at"),
        (
            organisation(QUIET, an_account(2, DELETED), not_looked_at=(missing(),)),
            "2 of 3 accounts, 1 deleted",
        ),
        (
            organisation(QUIET, an_account(2, complete=False)),
            "1 of 2 accounts, 1 partly looked at",
        ),
        (
            organisation(QUIET, an_account(9), not_looked_at=(missing(9),)),
            "1 of 2 accounts, 1 not looked at, 1 partly looked at",
        ),
        (
            organisation(
                an_account(1, an_outcome(Section.DEACTIVATED), DELETED),
                an_account(2, an_outcome(Section.DEACTIVATED), UPCOMING),
            ),
            "2 of 2 accounts, 2 deactivated, 1 deleted, 1 due",
        ),
        (
            organisation(
                an_account(1, an_outcome(Section.UPCOMING, due=1)), an_account(2, UPCOMING)
            ),
            "2 of 2 accounts, 1 due tomorrow",
        ),
        (
            organisation(
                an_account(1, an_outcome(Section.UPCOMING, due=1)),
                an_account(2, an_outcome(Section.UPCOMING, due=3)),
            ),
            "2 of 2 accounts, 2 due soon",
        ),
        (
            organisation(in_report_mode(1, NOTICED), in_report_mode(2, UPCOMING)),
            "REPORT MODE, 2 of 2 accounts, 1 would be noticed, 1 would be due",
        ),
        (
            organisation(an_account(1, NOTICED), in_report_mode(2, NOTICED)),
            "2 of 2 accounts, 1 notice, 1 would be noticed",
        ),
        (organisation(run={"mode": Mode.REPORT}), "REPORT MODE, 0 of 0 accounts, nothing to do"),
        (
            organisation(an_account(1, DELETED), run={"mode": Mode.REPORT}),
            "1 of 1 account, 1 deleted",
        ),
        (organisation(QUIET, run={"change_limit": 1}), "1 of 1 account, nothing to do"),
        (organisation(QUIET, **PAUSED), "PAUSED, 1 of 1 account, nothing to do"),
        (
            organisation(an_account(1, UPCOMING, max_changes_per_run="0")),
            "PAUSED, 1 of 1 account, 1 suspended",
        ),
        (
            organisation(an_account(1, UPCOMING, max_changes_per_run="0"), ANOTHER),
            "2 of 2 accounts, 1 suspended",
        ),
        (
            organisation(QUIET, broken_off="States.Timeout"),
            "BROKE OFF, 1 of 1 account",
        ),
        (
            organisation(
                QUIET,
                joined=(registered(3), registered(4)),
                left=(registered(5),),
                left_out=(registered(6), registered(7)),
                newly_left_out=frozenset({"111122223006"}),
                not_covered=(registered(8),),
            ),
            "1 of 1 account, 2 joined, 1 left, 1 left out, 1 not covered",
        ),
        (
            organisation(QUIET, settings=SettingsNews(changes=(a_change(),))),
            "1 of 1 account, settings changed",
        ),
        (
            organisation(QUIET, settings=SettingsNews(unread={"x": "x"}, unread_is_new=True)),
            "1 of 1 account, settings changed",
        ),
        (
            organisation(QUIET, settings=SettingsNews(unread={"x": "x"})),
            "1 of 1 account, nothing to do",
        ),
        (
            organisation(QUIET, settings=SettingsNews(ended=("bob",), unmatched=("eve",))),
            "1 of 1 account, exemption ended, exemption matches nothing",
        ),
        (organisation(an_account(1, exemptions=ENDING)), "1 of 1 account, exemption ends soon"),
    ],
)
def test_the_subject_counts_accounts_and_what_happened_in_all(
    report: OrganisationReport, expected: str
) -> None:
    assert subject(report) == f"[key-rotation] {ORGANIZATION}: {expected}"


def test_an_account_that_is_all_exempt_is_in_the_subject_if_every_account_is() -> None:
    since = RunState(suspended_since={"all-exempt": TODAY})
    exempt = an_account(1, previous=since, exemptions="*")
    assert ": ALL EXEMPT, 1 of 1 account" in subject(organisation(exempt))
    assert "ALL EXEMPT" not in subject(organisation(exempt, ANOTHER))


def test_large_numbers_have_commas() -> None:
    accounts = [an_account(number) for number in range(1, 999)]
    report = organisation(*accounts, not_looked_at=(missing(1001), missing(1002)))
    assert ": 998 of 1,000 accounts, 2 not looked at" in subject(report)


def test_notices_that_no_message_names_are_not_counted() -> None:
    """They are not given."""
    report = organisation(*(an_account(n, NOTICED) for n in range(1, 6)))
    assert subject(report, "", 2).endswith(": 5 of 5 accounts, 3 notices")
    assert "notice" not in subject(report, "", 5)


@pytest.mark.no_cover
@pytest.mark.parametrize("label", ["", "5 of 5"])
@pytest.mark.parametrize("organization_id", ["o-abc1234567", f"o-{'a' * 32}"])
def test_the_subject_is_under_100_printable_ascii_characters(
    organization_id: str, label: str
) -> None:
    outcomes = [an_outcome(section) for section in Section]
    report = organisation(
        *(an_account(number, *outcomes) for number in range(1, 1200)),
        **PAUSED,
        joined=(registered(3),),
        broken_off="States.Timeout",
    )
    line = subject(replace(report, organization_id=organization_id), label)
    assert len(line) < 100
    assert line.isascii()
    assert line.isprintable()
    assert ": BROKE OFF, PAUSED, " in line
    assert line.endswith(f", ...{f' ({label})' if label else ''}")
