"""When an organization's digest is sent, and which keys it names."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.domain.model import Mode
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.organisation.digest import compose
from key_rotation.reporting.organisation.report import (
    AccountReport,
    OrganisationReport,
    SettingsNews,
)
from key_rotation.reporting.outcome import Section
from tests.unit.builders import TODAY, a_report, an_outcome, days_ago, parameters
from tests.unit.organisation_digest.organisation_builders import (
    a_change,
    an_account,
    id_of,
    in_report_mode,
    missing,
    organisation,
    registered,
)

LISTED = tuple(
    an_outcome(section, key_id=f"AKIA{section}", triggers_digest=False)
    for section in (Section.UPCOMING, Section.EXEMPT, Section.HELD)
)
QUIET = an_account(1, *LISTED)
ENDING = f"bob until {TODAY + timedelta(days=5)}"
WOULD = replace(an_outcome(), dry_run=True)
REPORTED = RunState(
    parameters=parameters(mode="report"),
    report_fingerprints=(a_report(WOULD).fingerprint,),
    suspended_since={"report-mode": TODAY},
    suspension_reported=TODAY,
)
PAUSED: dict[str, Any] = {"max_changes_per_run": "0"}
PAUSED_YESTERDAY = RunState(
    parameters=parameters(**PAUSED),
    suspended_since={"paused": TODAY - timedelta(days=1)},
    suspension_reported=TODAY - timedelta(days=1),
)
PAUSED_LAST_WEEK = replace(PAUSED_YESTERDAY, suspension_reported=TODAY - timedelta(days=7))


def restored(account: AccountReport) -> AccountReport:
    report = account.report
    return replace(account, report=replace(report, facts=replace(report.facts, restored=True)))


@pytest.mark.parametrize(
    ("report", "sent"),
    [
        (organisation(QUIET), False),
        (organisation(an_account(1, an_outcome())), True),
        (organisation(QUIET, not_looked_at=(missing(),)), True),
        (organisation(QUIET, not_looked_at=(missing(triggers_digest=False),)), False),
        (organisation(QUIET, joined=(registered(2),)), True),
        (organisation(QUIET, left=(registered(2),)), True),
        (organisation(QUIET, left_out=(registered(2),)), False),
        (organisation(QUIET, left_out=(registered(2),), newly_left_out=frozenset({"2"})), True),
        (organisation(QUIET, not_covered=(registered(2),)), True),
        (organisation(QUIET, not_active=1, outside_targets=1), False),
        (organisation(QUIET, broken_off="States.Timeout"), True),
        (organisation(QUIET, settings=SettingsNews(changes=(a_change(),))), True),
        (organisation(QUIET, settings=SettingsNews(unread={"x": "y"})), False),
        (organisation(QUIET, settings=SettingsNews(unread={"x": "y"}, unread_is_new=True)), True),
        (organisation(QUIET, settings=SettingsNews(ended=("bob",))), True),
        (organisation(QUIET, settings=SettingsNews(unmatched=("bob",))), False),
        (
            organisation(QUIET, settings=SettingsNews(unmatched=("bob",), unmatched_is_new=True)),
            True,
        ),
        (organisation(an_account(1, exemptions=ENDING)), True),
        (organisation(an_account(1, previous=PAUSED_LAST_WEEK, **PAUSED)), True),
        (organisation(an_account(1, previous=PAUSED_YESTERDAY, **PAUSED)), False),
        (organisation(restored(QUIET)), True),
    ],
)
def test_a_digest_is_sent_because_of_what_is_new(report: OrganisationReport, *, sent: bool) -> None:
    assert report.needs_digest is sent


@pytest.mark.parametrize(
    "account",
    [
        an_account(1, previous=RunState(parameters=parameters(grace_days="29"))),
        an_account(1, exemptions="bob until 2026-11-01"),
        an_account(1, unmatched=a_report(exemptions="bob").settings.exemptions),
    ],
)
def test_the_settings_of_an_account_are_news_of_the_organization_only(
    account: AccountReport,
) -> None:
    """A thousand accounts would tell the same change, and the same entry that matches nothing."""
    assert account.report.needs_digest
    assert not organisation(account).needs_digest


@pytest.mark.parametrize(
    ("account", "named"),
    [
        (in_report_mode(1, an_outcome()), True),
        (in_report_mode(1, an_outcome(), previous=REPORTED), False),
        (in_report_mode(1, an_outcome(Section.DELETED), previous=REPORTED), True),
        (an_account(1, replace(an_outcome(), dry_run=True), mode=Mode.REPORT), False),
    ],
)
def test_dry_runs_are_named_when_the_keys_and_actions_of_their_account_are_others(
    account: AccountReport, *, named: bool
) -> None:
    """The last is a report run that a person started: its answer counts them."""
    report = organisation(account, joined=(registered(2),))
    assert organisation(account).needs_digest is named
    [(message, names)] = compose(report)
    assert bool(names) is named
    assert ("AKIAALICE0000000001" in message.variants["email"]) is named
    assert "Would be 1" in message.variants["email"]


def test_keys_that_are_only_listed_in_the_digest_of_one_account_are_counted() -> None:
    report = organisation(an_account(1, *LISTED, an_outcome(key_id="AKIANEW")))
    [(message, names)] = compose(report)
    assert names == ((id_of(1), "AKIANEW"),)
    text = message.variants["email"]
    assert "  To check 1 held\n" in text
    assert "  Coming   1 notice, 1 upcoming\n" in text
    assert "  Exempt   1 exempt\n" in text
    for outcome in LISTED:
        assert str(outcome.access_key_id) not in text


def test_a_key_is_named_with_all_its_outcomes() -> None:
    """What an earlier run did, and what comes."""
    earlier = an_outcome(Section.DEACTIVATED, happened_at=days_ago(1), due=29)
    now = an_outcome(Section.UPCOMING, due=29, triggers_digest=False)
    [(message, names)] = compose(organisation(an_account(1, earlier, now)))
    assert names == ((id_of(1), "AKIAALICE0000000001"),)
    assert "DEACTIVATED: these keys no longer work (1)" in message.variants["email"]
    assert "UPCOMING: announced before (1)" in message.variants["email"]


def test_a_user_whose_keys_could_not_be_read_is_named_by_name() -> None:
    failed = an_outcome(Section.FAILED, user="mallory", key_id=None, age=None, detail="denied")
    [(_, names)] = compose(organisation(an_account(1, failed)))
    assert names == ((id_of(1), "mallory"),)


def test_the_same_key_id_in_two_accounts_is_two_keys() -> None:
    report = organisation(an_account(1, an_outcome()), an_account(2, an_outcome()))
    [(_, names)] = compose(report)
    assert len(set(names)) == 2
