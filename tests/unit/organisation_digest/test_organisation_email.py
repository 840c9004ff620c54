"""An organization's e-mail: its head, its order, its width, and what it says of accounts."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from key_rotation import __version__
from key_rotation.domain.key_details import KeyToDelete
from key_rotation.domain.model import NEVER_USED, Mode, Now, Reason
from key_rotation.domain.organisation.accounts import Coverage
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.organisation.report import AccountReport, OrganisationReport
from key_rotation.reporting.outcome import Section
from tests.unit.builders import TODAY, an_outcome, days_ago, in_days, used
from tests.unit.digest_builders import LONGEST_NAME, ORDINARY_DAY, many_outcomes
from tests.unit.organisation_digest.example_organisations import eight_accounts, thousand_accounts
from tests.unit.organisation_digest.organisation_builders import (
    ORGANIZATION,
    an_account,
    body,
    day,
    id_of,
    in_report_mode,
    missing,
    organisation,
    registered,
    words,
)

QUIET = an_account(1)
DEFERRED = an_outcome(Section.DEFERRED, reason=Reason.OVER_LIMIT, due=None)
UPCOMING = an_outcome(
    Section.UPCOMING, reason=Reason.NOTICE_RUNNING, due=20, triggers_digest=False, key_id="AKIA2"
)


def headings(text: str) -> list[str]:
    return re.findall(r"^([A-Z]{2}[A-Z ]+):", text, re.MULTILINE)


@pytest.mark.no_cover
@pytest.mark.parametrize("report", [eight_accounts(), thousand_accounts()])
def test_lines_have_at_most_72_columns(report: OrganisationReport) -> None:
    assert [line for line in body(report).splitlines() if len(line) > 72] == []


def test_only_a_single_long_word_exceeds_72_columns() -> None:
    """A user name can have 64 characters, and no name is broken."""
    report = organisation(*(an_account(n, *many_outcomes(24)) for n in (1, 2)))
    for line in body(report).splitlines():
        assert len(line) <= 72 or LONGEST_NAME[:50] in line


@pytest.mark.parametrize("section", [Section.NOTICED, Section.DEFERRED, Section.DELETED])
def test_short_entries_fit_the_width_of_a_phone(section: Section) -> None:
    """38 characters, with a user name of ten, and a name of 13 for the account."""
    accounts = [
        an_account(
            n,
            an_outcome(section, user=f"user{n}", key_id=f"AKIA{n:016}", last_use=used(days_ago(3))),
        )
        for n in range(31)
    ]
    listed = body(organisation(*accounts)).split("\n\n")[-2].splitlines()[1:]
    assert len(listed) == 3 * 31
    for line in listed:
        assert len(line) <= 38
        assert "   " not in line.strip()


def test_the_short_entries_of_an_account_stand_below_its_name() -> None:
    """So each key has at most two lines, however many of one account there are."""

    def lines(count: int) -> list[str]:
        outcomes = [an_outcome(key_id=f"AKIA{n:016}", age=400 - n) for n in range(count)]
        return body(organisation(an_account(1, *outcomes), an_account(2))).splitlines()

    assert len(lines(90)) - len(lines(31)) == 59 * 2
    assert lines(31).count(f"    in {id_of(1)}, payments-dev:") == 1


@pytest.mark.parametrize(("count", "full"), [(30, True), (31, False)])
def test_up_to_thirty_keys_of_a_heading_are_in_full_whatever_their_accounts(
    count: int, *, full: bool
) -> None:
    accounts = [an_account(n, an_outcome(key_id=f"AKIA{n:016}")) for n in range(count)]
    text = body(organisation(*accounts))
    assert text.count("90 days old, limit 90") == (count if full else 0)
    assert text.count("90 d, limit 90") == (0 if full else count)
    for n in range(count):
        assert f"in {'account ' if full else ''}{id_of(n)}, " in text


def test_each_entry_names_the_account_of_its_key() -> None:
    report = organisation(an_account(1, *ORDINARY_DAY), an_account(2, an_outcome(user="zoe")))
    text = body(report)
    for entry in text.split("\n\n"):
        if entry.startswith("  ") and re.search(r"  AKIA|\(all keys\)", entry):
            account = 2 if "zoe" in entry else 1
            assert f"in account {id_of(account)}, " in entry or f"in {id_of(account)}, " in entry


@pytest.mark.parametrize("count", [1, 40])
def test_the_restore_command_asks_for_the_profile_of_the_account(count: int) -> None:
    """The same user name and command may exist in another account."""
    outcomes = [
        an_outcome(Section.DEACTIVATED, key_id=f"AKIA{n:016}", due=30) for n in range(count)
    ]
    text = words(organisation(an_account(1, *outcomes)))
    profile = f"account {id_of(1)}" if count == 1 else "its account"
    assert text.count(f", with the profile of {profile}: aws iam update-access-key") == 1


@pytest.mark.parametrize("count", [1, 40])
def test_a_key_to_delete_first_is_named_with_its_key(count: int) -> None:
    first = KeyToDelete(
        access_key_id="AKIAFIRST", status="Inactive", last_use=NEVER_USED, key_count=2
    )
    outcomes = [an_outcome(key_id=f"AKIA{n:016}", to_delete=first) for n in range(count)]
    text = body(organisation(an_account(1, *outcomes)))
    assert text.count("AKIAFIRST") >= count
    assert "aws iam delete-access-key" in text


def test_what_needs_a_person_comes_first_and_settings_last() -> None:
    assert headings(body(eight_accounts()).partition("\n\n  To check")[2]) == [
        "NOT LOOKED AT",
        "NEW",
        "PARTLY LOOKED AT",
        "FAILED",
        "HELD",
        "DEACTIVATED",
        "DELETED",
        "EXTENDED",
        "ADOPTED",
        "WITHDRAWN",
        "CLOSED",
        "NOTICE",
        "WOULD GET A NOTICE",
        "TOMORROW",
        "DEFERRED",
        "JOINED",
        "LEFT",
        "LEFT OUT",
        "NOT COVERED",
        "EXEMPTIONS THAT MATCH NOTHING",
        "ENTRIES THAT ENDED",
        "SETTINGS THAT NOTHING READS",
        "SETTINGS",
    ]


def test_the_oldest_key_of_all_accounts_comes_first() -> None:
    ages = (90, 400, 95, 120)
    accounts = [
        an_account(n, an_outcome(key_id=f"AKIA{age}", age=age)) for n, age in enumerate(ages, 1)
    ]
    text = body(organisation(*accounts))
    assert sorted(ages, reverse=True) == sorted(ages, key=lambda age: text.index(f"AKIA{age}"))


def test_the_head_gives_organization_day_accounts_and_keys() -> None:
    berlin = Now(instant=datetime(2026, 11, 24, 8, 0, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin"))
    report = organisation(
        an_account(1, users=3), an_account(2, users=1), not_looked_at=(missing(),)
    )
    assert body(replace(report, now=berlin)).startswith(
        f"Key rotation in organization {ORGANIZATION}\n"
        "Tue 24 Nov 2026, 09:00 CET.\n"
        "2 of 3 accounts looked at; 4 users, 4 keys.\n"
    )


def test_the_head_says_that_a_person_named_the_accounts() -> None:
    run = {"account_ids": (id_of(1),)}
    assert "\n1 of 1 account that a person named looked at; " in body(organisation(QUIET, run=run))
    assert "a person" not in body(organisation(QUIET))


def test_the_head_counts_over_all_accounts() -> None:
    text = words(
        organisation(
            an_account(1, *ORDINARY_DAY), an_account(2, *ORDINARY_DAY), not_looked_at=(missing(),)
        )
    )
    assert (
        "To check 1 account not looked at, 2 failed, 2 held "
        "Done 2 deactivated, 2 deleted, 2 extended, 2 adopted, 2 withdrawn, 2 closed "
        "Coming 2 notices, 4 upcoming, 2 deferred Exempt 2 exempt"
    ) in text


def test_a_new_account_without_role_is_nothing_to_check() -> None:
    text = body(organisation(QUIET, not_looked_at=(missing(2, new=True),)))
    assert "To check" not in text
    assert "NOT LOOKED AT" not in text
    assert f"NEW: the member role is not there yet (1)\n{'-' * 38}\n" in text
    assert f"\n\n  {id_of(2)}, data-lake\n" in text


def paused(number: int, **options: Any) -> AccountReport:
    since = RunState(suspended_since={"paused": TODAY - timedelta(days=2)})
    return an_account(number, max_changes_per_run="0", previous=since, **options)


EXEMPT = an_account(
    4, previous=RunState(suspended_since={"all-exempt": TODAY}), exemptions="*", users=1
)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (organisation(QUIET), None),
        (
            organisation(in_report_mode(1), run={"mode": Mode.REPORT}),
            (
                "REPORT MODE since Tue 24 Nov 2026: this run changed nothing. Enforce mode "
                "would do this:"
            ),
        ),
        (
            organisation(
                an_account(1, mode=Mode.REPORT), run={"mode": Mode.REPORT, "report_only": True}
            ),
            "REPORT MODE: this run changed nothing because a person asked for it. Enforce mode",
        ),
        (
            organisation(QUIET, an_account(2), in_report_mode(3)),
            "MODE: enforced in 2 of 3 accounts; in the others, report mode changes nothing.",
        ),
        (
            organisation(QUIET, run={"mode": Mode.REPORT}),
            "MODE: enforced in 1 account, though report mode is set for all.",
        ),
        (
            organisation(an_account(1, DEFERRED), run={"change_limit": 0}),
            (
                "PAUSED: organisation/max-changes-per-run is 0, so no key is changed in any "
                "account, and all announced days are suspended. 1 key waits; on release they"
            ),
        ),
        (
            organisation(QUIET, paused(2), paused(3)),
            (
                f"PAUSED in 2 accounts ({id_of(2)}, {id_of(3)}) since Sun 22 Nov 2026: "
                "max-changes-per-run is 0 there, and all announced days are suspended."
            ),
        ),
        (
            organisation(QUIET, *(paused(number) for number in range(2, 8))),
            (
                f"PAUSED in 6 accounts ({id_of(2)}, {id_of(3)}, {id_of(4)}, {id_of(5)} and 2 more) "
                "since"
            ),
        ),
        (
            organisation(QUIET, EXEMPT),
            f"ALL EXEMPT in 1 account ({id_of(4)}) since Tue 24 Nov 2026: every key there is",
        ),
        (
            organisation(QUIET, broken_off="States.Timeout: \x1b[1mslow"),
            (
                "BROKE OFF: the run ended early: States.Timeout: [1mslow The next run "
                "reports what it did in accounts that gave no answer."
            ),
        ),
    ],
)
def test_the_head_says_where_keys_are_not_enforced(
    report: OrganisationReport, expected: str | None
) -> None:
    suspended = re.findall(r"\n(?:MODE|REPORT MODE|PAUSED|ALL EXEMPT|BROKE OFF)\b", body(report))
    assert len(suspended) == (0 if expected is None else 1)
    assert (expected or "") in words(report)


def test_the_limit_of_the_organization_is_told_instead_of_those_of_accounts() -> None:
    text = body(organisation(paused(1), run={"change_limit": 0}))
    assert re.findall(r"^PAUSED.{7}", text, re.MULTILINE) == ["PAUSED: organ"]


def test_a_suspension_lasts_since_the_first_day_in_any_account() -> None:
    since = [RunState(suspended_since={"paused": TODAY - timedelta(days=n)}) for n in (1, 5, 3)]
    accounts = [
        an_account(n, max_changes_per_run="0", previous=state) for n, state in enumerate(since, 1)
    ]
    assert " since Thu 19 Nov 2026: max-changes" in words(organisation(*accounts))


def test_the_head_says_that_a_ledger_was_restored() -> None:
    restored = replace(QUIET.report, facts=replace(QUIET.report.facts, restored=True))
    account = replace(QUIET, report=restored)
    assert "RESTORED: the ledger comes from a backup." in body(organisation(account))


def test_keys_of_a_paused_organization_are_only_to_stop_working() -> None:
    """Whatever limit their account has."""
    report = organisation(
        an_account(1, an_outcome(), replace(UPCOMING, triggers_digest=True)),
        run={"change_limit": 0},
    )
    text = words(report)
    assert "NOTICE: these keys will stop working when changes go on (1)" in text
    assert f"is to stop working on {day(in_days(7))}; suspended while changes are paused" in text
    assert "Next due" not in text


def test_keys_of_paused_accounts_stand_below_a_heading_of_their_own() -> None:
    text = body(
        organisation(
            an_account(1, an_outcome()), an_account(2, an_outcome(), max_changes_per_run="0")
        )
    )
    assert "\nNOTICE: these keys will stop working (1)\n" in text
    assert "\nNOTICE: these keys will stop working when changes go on (1)\n" in text


@pytest.mark.parametrize(
    ("limit", "due", "expected"),
    [
        (25, 25, None),
        (
            25,
            26,
            (
                "26 changes were due, and organisation/max-changes-per-run is 25: 1 waits for "
                "later runs, the newest keys longest"
            ),
        ),
        (0, 26, None),
    ],
)
def test_the_head_says_how_many_changes_the_limit_of_the_organization_defers(
    limit: int, due: int, expected: str | None
) -> None:
    text = words(organisation(QUIET, run={"change_limit": limit, "due_changes": due}))
    assert (expected or "Key rotation") in text
    assert ("Limit" in text) is bool(expected)


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ((QUIET,), None),
        ((an_account(1, UPCOMING),), "Mon 14 Dec 2026"),
        ((an_account(1, UPCOMING), in_report_mode(2, an_outcome())), "Mon 14 Dec 2026"),
        ((in_report_mode(2, an_outcome()),), "Tue 1 Dec 2026, in enforce mode"),
        ((an_account(1, UPCOMING), an_account(2, DEFERRED)), "the next run: 1 deferred"),
        ((an_account(1, UPCOMING, max_changes_per_run="0"),), None),
    ],
)
def test_next_due_is_the_next_thing_that_happens_in_any_account(
    accounts: tuple[AccountReport, ...], expected: str | None
) -> None:
    found = re.search(r"^  Next due (.+)$", body(organisation(*accounts)), re.MULTILINE)
    assert (found and found[1]) == expected


def test_the_head_says_when_deferred_keys_can_be_late() -> None:
    assert "Delay deferred keys come first" in words(organisation(an_account(1, DEFERRED)))
    late = organisation(an_account(1, DEFERRED), run={"change_limit": 0})
    assert "Delay" not in body(late)


def test_the_head_says_how_long_the_backlogs_take() -> None:
    """Until the last day of the longest."""

    def backlog(number: int, days: int) -> AccountReport:
        outcomes = [an_outcome(key_id=f"AKIA{n}", due=days + n // 25) for n in range(26)]
        return an_account(number, *outcomes)

    text = words(organisation(backlog(1, 7), backlog(2, 20), QUIET))
    assert (
        "Backlog 2 accounts with more announced days than one run may change: the last day is "
        f"{day(in_days(21))}"
    ) in text


def test_an_account_that_was_not_looked_at_has_name_unit_day_and_reason() -> None:
    report = organisation(QUIET, not_looked_at=(missing(7, since=3),))
    entry = body(report).partition("every week.\n\n")[2].partition("\n\n")[0]
    assert " ".join(entry.replace("    | ", "").split()) == (
        f"{id_of(7)}, payments-dev in ou-ab12-22222222 since Sat 21 Nov 2026: AssumeRole: "
        "AccessDenied: User: arn:aws:sts::999988887777:assumed-role/KeyRotationHub/key-rotation "
        "is not authorized to perform: sts:AssumeRole on resource: "
        f"arn:aws:iam::{id_of(7)}:role/key-rotation/KeyRotationMember"
    )


def test_of_many_accounts_that_were_not_looked_at_each_reason_is_written_once() -> None:
    """Though it names the account, which is `ACCOUNT` there."""
    accounts = [missing(number) for number in range(1, 40)]
    accounts += [missing(number, reason="no answer") for number in range(40, 45)]
    text = body(organisation(QUIET, not_looked_at=tuple(accounts)))
    assert text.count("is not authorized") == 1
    assert "ACCOUNT:role" in text.replace("\n  | ", "")
    assert text.count("no answer") == 1
    listed = text.partition("KeyRotationMember\n")[2].partition("\n\n")[0].splitlines()
    for number in range(1, 45):
        assert any(line.startswith(f"    {id_of(number)}, ") for line in listed)
    assert all(len(line) <= 38 for line in listed)


@pytest.mark.parametrize(("count", "times"), [(30, 30), (31, 1)])
def test_up_to_thirty_accounts_that_were_not_looked_at_have_their_reason_each(
    count: int, times: int
) -> None:
    accounts = tuple(missing(n, reason="no answer") for n in range(count))
    assert body(organisation(QUIET, not_looked_at=accounts)).count("no answer") == times


def test_those_that_could_not_be_looked_at_for_longest_come_first() -> None:
    since = {1: 0, 2: 9, 3: 3}
    accounts = tuple(missing(number, since=days) for number, days in since.items())
    text = body(organisation(QUIET, not_looked_at=accounts))
    assert text.index(f"  {id_of(2)}") < text.index(f"  {id_of(3)}") < text.index(f"  {id_of(1)}")


def test_one_account_of_twenty_that_fails_is_all_that_the_digest_reports() -> None:
    quiet = [an_account(number, UPCOMING) for number in range(1, 20)]
    text = body(organisation(*quiet, not_looked_at=(missing(20),)))
    assert headings(text) == ["NOT LOOKED AT"]
    assert "19 of 20 accounts looked at;" in text
    assert "  To check 1 account not looked at\n  Coming   19 upcoming\n" in text


def test_without_a_single_account_nothing_is_said_of_users_and_keys() -> None:
    text = body(organisation(not_looked_at=(missing(1),)))
    assert "\n0 of 1 account looked at.\n" in text
    assert "were read" not in text


@pytest.mark.parametrize(
    ("coverage", "values", "expected"),
    [
        (Coverage.COVERED, {}, []),
        (Coverage.OUTSIDE_TARGETS, {}, ["outside the targets: not looked at"]),
        (Coverage.NOT_ACTIVE, {}, ["not active: not looked at"]),
        (Coverage.LEFT_OUT, {}, ["no end date"]),
        (Coverage.LEFT_OUT, {"left_out_reason": "move\n x"}, ["no end date: move x"]),
        (
            Coverage.LEFT_OUT,
            {"left_out_reason": "move", "left_out_until": TODAY},
            ["until Tue 24 Nov 2026: move"],
        ),
        (Coverage.LEFT, {"open_watches": 1}, ["1 key was watched"]),
        (Coverage.LEFT, {"open_watches": 0}, ["0 keys were watched"]),
    ],
)
def test_an_account_is_named_with_what_is_known_of_it(
    coverage: Coverage, values: dict[str, Any], expected: list[str]
) -> None:
    account = registered(3, coverage, **values)
    text = body(organisation(QUIET, joined=(account,)))
    entry = text.partition(f"  {id_of(3)}, website")[2].partition("\n\n")[0]
    assert [line.strip() for line in entry.splitlines() if line] == expected


def test_accounts_at_which_no_run_looks_are_counted_and_named_once() -> None:
    """In the digest that first reports that they are left out."""
    known = registered(2, Coverage.LEFT_OUT)
    new = registered(3, Coverage.LEFT_OUT)
    report = organisation(
        QUIET,
        left_out=(known, new),
        newly_left_out=frozenset({id_of(3)}),
        not_active=3,
        outside_targets=1_200,
    )
    text = body(report)
    assert "\nOther accounts: 2 left out, 3 not active, 1,200 outside the targets.\n" in text
    assert "LEFT OUT: by organisation/leave-out (1)" in text
    assert id_of(3) in text
    assert id_of(2) not in text
    assert "Other accounts" not in body(organisation(QUIET))


def test_of_many_accounts_thirty_are_named_and_the_others_counted() -> None:
    """As in the first run, to which all accounts are new."""
    text = body(organisation(QUIET, joined=tuple(registered(n) for n in range(2, 1002))))
    assert "JOINED: new in the organization (1,000)" in text
    assert "\n  and 970 more\n" in text
    assert len(re.findall(r"^  1111222\d+, ", text, re.MULTILINE)) == 30


def test_foreign_names_make_no_lines_of_their_own() -> None:
    """Whoever owns an account chooses its name."""
    forged = "x\n\nDEACTIVATED: these keys no longer work (1)\u202e"
    known = registered(1, name=forged)
    report = organisation(
        an_account(1, an_outcome(), known=known),
        not_looked_at=(missing(2, name=forged, reason=forged),),
        joined=(known,),
        broken_off=forged,
    )
    assert "\nDEACTIVATED" not in body(report)
    assert "\u202e" not in body(report)


def test_each_e_mail_ends_with_the_run_and_the_version() -> None:
    assert body(organisation(QUIET)).endswith(f"\nRun run-7, key-rotation {__version__}.\n")
