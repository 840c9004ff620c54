"""The e-mail as a whole: its head, its sections, their order and their width."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from key_rotation import __version__
from key_rotation.domain.model import Mode, Now, Reason, User
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.digest import compose, subject
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.report import Report
from tests.unit.builders import (
    a_key,
    a_report,
    an_inventory,
    an_outcome,
    days_ago,
    observed_key,
    parameters,
    used,
)
from tests.unit.digest_builders import (
    LONGEST_NAME,
    ORDINARY_DAY,
    email_body,
    json_document,
    many_outcomes,
    single_message,
)

EXAMPLE = Path(__file__).with_name("examples") / "digest.txt"


def test_lines_have_at_most_72_columns() -> None:
    assert [line for line in email_body(*ORDINARY_DAY).splitlines() if len(line) > 72] == []


def test_only_a_single_long_word_exceeds_72_columns() -> None:
    """A user name can have 64 characters, and no name is broken."""
    for line in email_body(*many_outcomes(24)).splitlines():
        if len(line) > 72:
            assert LONGEST_NAME[:50] in line


def test_every_heading_counts_the_keys_below_it() -> None:
    body = email_body(*ORDINARY_DAY)
    for heading in (
        "DEACTIVATED: these keys no longer work (1)",
        "DELETED: these keys cannot be restored (1)",
        "NOTICE: these keys will stop working (1)",
        "TOMORROW: reminder (1)",
        "UPCOMING: announced before (1)",
        "FAILED: an error occurred; the next run tries again (1)",
        "EXEMPT: no action is taken (1)",
    ):
        assert f"\n{heading}\n---" in body
    for outcome in ORDINARY_DAY:
        assert f"  {outcome.user_name}  {outcome.access_key_id or '(all keys)'}" in body


def test_failed_and_held_keys_come_first_and_exempt_keys_and_settings_last() -> None:
    changed = RunState(parameters=parameters(grace_days="29"))
    headings = re.findall(
        r"^([A-Z]{4,})(?: THAT|:)", email_body(*ORDINARY_DAY, previous=changed), re.MULTILINE
    )
    assert headings[:2] == ["FAILED", "HELD"]
    assert headings[-2:] == ["EXEMPT", "SETTINGS"]


def test_upcoming_keys_are_sorted_by_their_days() -> None:
    days = (20, 3, 11)
    upcoming = [
        an_outcome(
            Section.UPCOMING,
            reason=Reason.IN_WINDOW,
            due=due,
            key_id=f"AKIA{due}",
            triggers_digest=False,
        )
        for due in days
    ]
    body = email_body(*upcoming)
    assert sorted(days) == sorted(days, key=lambda due: body.index(f"AKIA{due}"))


def test_each_digest_gives_the_version_of_the_product() -> None:
    assert f"key-rotation {__version__}." in email_body(an_outcome())
    assert json_document(single_message(an_outcome()))["version"] == __version__


def test_a_run_that_continues_gives_the_number_of_remaining_users() -> None:
    inventory = replace(an_inventory(), unread_user_ids=("AIDA1", "AIDA2"))
    assert "the next part of this run reads 2 users." in " ".join(
        email_body(an_outcome(), inventory=inventory).split()
    )


def test_the_head_counts_what_was_done_what_is_upcoming_and_what_needs_a_person() -> None:
    head = email_body(*ORDINARY_DAY).partition("\n\n")[2].partition("\n\n")[0]
    assert " ".join(head.split()) == (
        "To check 1 failed, 1 held "
        "Done 1 deactivated, 1 deleted, 1 extended, 1 adopted, 1 withdrawn, 1 closed "
        "Coming 1 notice, 2 upcoming, 1 deferred Exempt 1 exempt "
        "Delay deferred keys come first, so a change can be up to 1 run later than announced "
        "Next due the next run: 1 deferred"
    )


def test_in_report_mode_the_digest_marks_each_dry_run_with_would() -> None:
    outcomes = [
        replace(outcome, dry_run=True)
        for outcome in ORDINARY_DAY
        if outcome.section not in {Section.UPCOMING, Section.EXEMPT, Section.FAILED}
    ]
    message = single_message(*outcomes, mode=Mode.REPORT)
    body = message.variants["email"]
    assert "REPORT MODE: this run changed nothing." in body
    headings = re.findall(r"^([A-Z]{2}.*\(\d+\))\n---", body, re.MULTILINE)
    assert len(headings) == len(outcomes)
    assert [heading for heading in headings if not heading.startswith("WOULD ")] == []
    for outcome in outcomes:
        assert json_document(message)[outcome.section][0]["would"] is True
    assert message.attributes["mode"] == "report"
    assert "would be" in message.subject
    assert "would be" not in subject(a_report(*ORDINARY_DAY))
    head = message.variants["email"].partition("\n\nREPORT MODE")[2].partition("WOULD")[0]
    assert "Would be" in head
    assert "Done" not in head
    assert "stops working" not in message.variants["email"]
    assert "For the owner" not in message.variants["email"]
    assert "WOULD" not in email_body(*ORDINARY_DAY)


def test_unreported_events_are_separate_from_dry_run_outcomes() -> None:
    """The run before deactivated one key and could not report it; a dry run lists another."""
    done_outcome = an_outcome(Section.DEACTIVATED, key_id="AKIADONE", happened_at=days_ago(1))
    dry_run_outcome = an_outcome(Section.DEACTIVATED, key_id="AKIAWOULD", dry_run=True)
    message = single_message(done_outcome, dry_run_outcome, mode=Mode.REPORT)
    body = message.variants["email"]
    assert "1 deactivated" in message.subject
    assert "1 would be deactivated" in message.subject
    done_section = body.partition("\nDEACTIVATED: these keys no longer work (1)\n")[2]
    assert "AKIADONE" in done_section.partition("WOULD BE")[0]
    assert "AKIAWOULD" in done_section.partition("WOULD BE")[2]


def test_if_settings_changed_all_are_listed_with_version_and_earlier_value() -> None:
    before = RunState(parameters=parameters(grace_days="29"))
    message = single_message(previous=before)
    body = message.variants["email"]
    assert "  * grace-days: 30 (version 1, was 29)" in body
    assert "    max-age-days: 90 (version 1)" in body
    assert json_document(message)["changed_settings"] == ["grace-days"]
    assert json_document(message)["settings"]["max-age-days"] == {"value": "90", "version": 1}
    assert (
        json_document(single_message(an_outcome()))["settings"],
        json_document(single_message())["changed_settings"],
    ) == (
        {},
        [],
    )


def test_an_ended_exemption_is_listed_as_it_was_written() -> None:
    message = single_message(exemptions="bob until 2026-11-01 # on leave")
    assert "\n  bob until 2026-11-01 # on leave\n" in message.variants["email"]
    assert json_document(message)["ended_exemptions"] == ["bob until 2026-11-01 # on leave"]


def test_ages_and_days_are_in_the_configured_time_zone() -> None:
    tokyo = Now(instant=datetime(2026, 11, 24, 16, 0, tzinfo=UTC), zone=ZoneInfo("Asia/Tokyo"))
    message = single_message(
        an_outcome(last_use=used(datetime(2026, 11, 20, 15, 0, tzinfo=UTC))), now=tokyo
    )
    assert "Wed 25 Nov 2026, 01:00 JST." in message.variants["email"]
    assert "91 days old" in message.variants["email"]
    assert "last used Sat 21 Nov 2026" in message.variants["email"]
    assert json_document(message)["noticed"][0]["age_days"] == 91
    assert json_document(message)["noticed"][0]["last_used"] == "2026-11-20T15:00:00+00:00"


def example_report() -> Report:
    """Return the report of a day on which everything happens, for the documentation."""
    previous = RunState(
        parameters=parameters(grace_days="45", exemptions="ivan until 2026-11-23 # on leave")
    )
    users = [User(name=f"user{n}", path="/", user_id=f"AIDA{n}") for n in range(42)]
    return a_report(
        *ORDINARY_DAY,
        inventory=an_inventory(*(observed_key(a_key(user=user)) for user in users)),
        previous=previous,
        exemptions="ivan until 2026-11-23 # on leave",
    )


def test_the_example_is_the_current_digest() -> None:
    """To write it again: `python -m tests.unit.test_email_body`."""
    assert compose(example_report())[0][0].variants["email"] == EXAMPLE.read_text(encoding="utf-8")


if __name__ == "__main__":
    EXAMPLE.write_text(compose(example_report())[0][0].variants["email"], encoding="utf-8")
