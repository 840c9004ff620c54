"""Which accounts are looked at, and what the register keeps of each from run to run."""

from dataclasses import replace
from datetime import timedelta

import pytest

from key_rotation.domain.organisation.accounts import Coverage, RegisteredAccount
from key_rotation.domain.organisation.named_accounts import require_looked_at
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.domain.settings import Settings
from key_rotation.errors import InvalidEventError
from tests.unit.builders import NOON, NOW, TODAY, a_key, in_days
from tests.unit.organisation.organisation_builders import (
    DIVISION,
    FIRST,
    OTHER,
    PATH,
    ROOT,
    SECOND,
    TEAM,
    THIRD,
    a_row,
    a_run,
    an_account,
    register_terms,
)

TOMORROW = replace(NOW, instant=NOON + timedelta(days=1))
STATES = ["PENDING_ACTIVATION", "SUSPENDED", "PENDING_CLOSURE", "CLOSED", "", "active", "NEW"]


@pytest.mark.parametrize(
    ("targets", "covered"),
    [
        ((ROOT,), True),
        ((DIVISION,), True),
        ((TEAM,), True),
        ((OTHER,), False),
        ((OTHER, TEAM), True),
        ((FIRST,), False),
    ],
)
def test_an_account_in_a_target_is_looked_at(targets: tuple[str, ...], *, covered: bool) -> None:
    """However deep below it."""
    row = register_terms(targets=targets).register(an_account(), None)
    assert row.coverage is (Coverage.COVERED if covered else Coverage.OUTSIDE_TARGETS)
    assert row.is_item is covered


@pytest.mark.parametrize("state", STATES)
def test_an_account_in_any_other_state_than_active_is_not_looked_at(state: str) -> None:
    row = register_terms().register(an_account(state=state), None)
    assert (row.coverage, row.settings) == (Coverage.NOT_ACTIVE, None)


@pytest.mark.parametrize(
    ("line", "coverage"),
    [
        (f"{FIRST} until {in_days(-1)}", Coverage.COVERED),
        (f"{FIRST} until {TODAY}", Coverage.LEFT_OUT),
        (f"{FIRST} until {in_days(1)}", Coverage.LEFT_OUT),
        (f"{SECOND}", Coverage.COVERED),
    ],
)
def test_an_account_is_left_out_up_to_the_last_day_of_its_entry(
    line: str, coverage: Coverage
) -> None:
    row = register_terms(leave_out_text=f"{line} # why").register(an_account(), None)
    assert row.coverage is coverage
    left_out = coverage is Coverage.LEFT_OUT
    assert row.left_out_reason == ("why" if left_out else None)
    assert (row.left_out_until is not None) is left_out


def test_an_account_whose_overrides_are_not_accepted_is_no_item() -> None:
    terms = register_terms(parameters={f"accounts/{FIRST}/mode": "off"})
    row = terms.register(an_account(), None)
    assert (row.coverage, row.settings, row.is_item) == (Coverage.COVERED, None, False)
    assert f"{PATH}/accounts/{FIRST}/mode" in row.problems[0]
    assert terms.register(an_account(SECOND), None).is_item


def test_the_management_account_is_known_as_such() -> None:
    terms = register_terms()
    assert [terms.register(an_account(i), None).is_management for i in (FIRST, THIRD)] == [
        False,
        True,
    ]


def test_a_row_names_the_run_that_wrote_it() -> None:
    run = a_run("run-7", report_only=True)
    row = register_terms(run=run).register(an_account(), a_row())
    assert (row.run_id, row.event_id, row.report_only) == ("run-7", "event of run-7", True)


def test_what_is_remembered_of_an_account_stays() -> None:
    before = a_row(
        last_looked_at=NOON - timedelta(days=3),
        first_seen=NOON - timedelta(days=9),
        failing_since=in_days(-2),
        failure_reported=in_days(-1),
        changes_allowed=3,
        problems=("an earlier one",),
    )
    row = register_terms().register(an_account(), before)
    remembered = ("first_seen", "last_looked_at", "failing_since", "failure_reported")
    assert [getattr(row, name) for name in remembered] == [
        getattr(before, name) for name in remembered
    ]
    assert (row.changes_allowed, row.problems) == (None, ())


def test_an_account_that_is_not_looked_at_on_purpose_no_longer_fails() -> None:
    before = a_row(failing_since=in_days(-2), failure_reported=in_days(-1))
    row = register_terms(leave_out_text=FIRST).register(an_account(), before)
    assert (row.failing_since, row.failure_reported) == (None, None)


def test_an_account_joins_leaves_and_returns() -> None:
    """Each is news in the run that finds it; the first day in the organization stays."""
    run = a_run().after(None)
    joined = register_terms(run=run).register(an_account(), None)
    assert run.has_news_of(joined)
    next_run = a_run("run-2", started=TOMORROW.instant).after(replace(run, ended=NOON))
    terms = register_terms(now=TOMORROW, run=next_run)
    assert not next_run.has_news_of(terms.register(an_account(), joined))
    left = terms.leave(joined, 4)
    assert (left.coverage, left.left_on, left.open_watches) == (
        Coverage.LEFT,
        TOMORROW.today,
        4,
    )
    assert next_run.has_news_of(left)
    later = replace(NOW, instant=NOON + timedelta(days=2))
    third_run = a_run("run-3", started=later.instant).after(replace(next_run, ended=NOON))
    assert not third_run.has_news_of(left)
    returned = register_terms(now=later, run=third_run).register(an_account(), left)
    assert third_run.has_news_of(returned)
    assert (returned.first_seen, returned.left_on, returned.open_watches) == (NOON, None, 0)


@pytest.mark.parametrize(
    ("previous", "told"),
    [
        (a_run(ended=NOON), True),
        (a_run(ended=None), False),
        (a_run(ended=NOON, report_only=True), False),
        (a_run(ended=NOON, account_ids=(SECOND,)), False),
    ],
)
def test_news_stays_until_the_digest_of_a_whole_run(
    previous: OrganisationRun, *, told: bool
) -> None:
    previous = previous.after(None)
    joined = register_terms(run=previous).register(an_account(), None)
    run = a_run("run-2", started=TOMORROW.instant).after(previous)
    row = register_terms(now=TOMORROW, run=run).register(an_account(), joined)
    assert run.has_news_of(row) is not told


def exempt_until(row: RegisteredAccount) -> list[object]:
    """Return the days on which exemptions of all keys in a row's settings end."""
    assert row.settings is not None
    settings = Settings.parse(row.settings.raw, path=PATH)
    return [entry.until for entry in settings.exemptions if entry.pattern == "*"]


@pytest.mark.parametrize(
    ("coverage", "parameters"),
    [
        (Coverage.LEFT_OUT, {"leave_out_text": FIRST}),
        (Coverage.OUTSIDE_TARGETS, {"targets": (OTHER,)}),
        (Coverage.NOT_ACTIVE, {}),
    ],
)
def test_after_a_rest_notices_and_windows_start_again(
    coverage: Coverage, parameters: dict[str, object]
) -> None:
    """As when an exemption of all keys ends: what was announced before no longer counts."""
    state = "SUSPENDED" if coverage is Coverage.NOT_ACTIVE else "ACTIVE"
    terms = register_terms(**parameters)  # type: ignore[arg-type]  # one of them each
    resting = terms.register(an_account(state=state), a_row())
    assert resting.coverage is coverage
    row = register_terms(now=TOMORROW).register(an_account(), resting)
    assert exempt_until(row) == [TODAY]
    assert row.settings is not None
    settings = Settings.parse(row.settings.raw, path=PATH)
    key, tomorrow = a_key(), TOMORROW.today
    assert settings.exemption_of(key, tomorrow) is None
    assert settings.was_exempt(key, since=TODAY, today=tomorrow)
    assert not settings.was_exempt(key, since=tomorrow, today=tomorrow)
    later = replace(NOW, instant=NOON + timedelta(days=9))
    assert exempt_until(register_terms(now=later).register(an_account(), row)) == [TODAY]


def test_an_account_that_returns_starts_again_as_after_a_rest() -> None:
    left = register_terms().leave(a_row(), 2)
    later = replace(NOW, instant=NOON + timedelta(days=40))
    assert exempt_until(register_terms(now=later).register(an_account(), left)) == [in_days(39)]


@pytest.mark.parametrize(("unreadable", "ends"), [(False, []), (True, [in_days(-1)])])
def test_an_account_whose_row_cannot_be_read_starts_again(
    *, unreadable: bool, ends: list[object]
) -> None:
    """It may have been left out until now. One that is new keeps what its own deployment gave."""
    row = register_terms().register(an_account(), None, unreadable=unreadable)
    assert exempt_until(row) == ends


def test_after_a_rest_that_ended_within_the_day_notices_and_windows_start_again() -> None:
    """The entry was removed after the run of this morning, and another run follows."""
    resting = register_terms(leave_out_text=FIRST).register(an_account(), None)
    row = register_terms().register(an_account(), resting)
    assert exempt_until(row) == [TODAY - timedelta(days=1)]


def test_the_exemptions_that_apply_stay_beside_those_of_a_rest() -> None:
    resting = register_terms(leave_out_text=FIRST).register(an_account(), None)
    terms = register_terms(now=TOMORROW, parameters={"exemptions": "alice\nbob"})
    row = terms.register(an_account(), resting)
    assert row.settings is not None
    assert row.settings.raw["exemptions"].value.splitlines()[:2] == ["alice", "bob"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (None, "it is no account of the organization"),
        (
            a_row(an_account(state="SUSPENDED"), coverage=Coverage.NOT_ACTIVE),
            "its state is SUSPENDED",
        ),
        (a_row(an_account(state=""), coverage=Coverage.NOT_ACTIVE), "its state is unknown"),
        (a_row(coverage=Coverage.OUTSIDE_TARGETS), "it is outside the targets"),
        (a_row(coverage=Coverage.LEFT_OUT), "it is left out (no reason given)"),
        (
            a_row(coverage=Coverage.LEFT_OUT, left_out_reason="move", left_out_until=in_days(1)),
            f"it is left out until {in_days(1)} (move)",
        ),
        (a_row(problems=("The parameter x is bad.",)), "The parameter x is bad"),
    ],
)
def test_a_named_account_must_be_one_that_is_looked_at(
    row: RegisteredAccount | None, why: str
) -> None:
    rows = {SECOND: a_row(an_account(SECOND))} | ({FIRST: row} if row else {})
    require_looked_at([SECOND], rows)
    with pytest.raises(InvalidEventError) as raised:
        require_looked_at([SECOND, FIRST], rows)
    assert str(raised.value) == (
        f"The input has the account {FIRST}, which is not looked at: {why}. "
        "It accepts accounts that are looked at. Nothing was changed."
    )
