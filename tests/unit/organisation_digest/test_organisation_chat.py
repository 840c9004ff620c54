"""The chat message of an organization: its accounts, its keys, and what it must not promise."""

from typing import Any

import pytest

from key_rotation.domain.model import Mode, Reason
from key_rotation.reporting.organisation.chat_message import chat_message, stopped_chat_message
from key_rotation.reporting.organisation.digest import Named, compose
from key_rotation.reporting.organisation.report import OrganisationReport
from key_rotation.reporting.outcome import Section
from tests.unit.builders import NOW, an_outcome
from tests.unit.chat_schema import assert_means_nothing, shown
from tests.unit.organisation_digest.organisation_builders import (
    EXECUTION,
    HUB,
    ORGANIZATION,
    an_account,
    id_of,
    in_report_mode,
    missing,
    organisation,
    single,
)


def message(report: OrganisationReport, named: set[Named] | None = None) -> dict[str, Any]:
    """Return the chat message of a report, of whose keys the digest names all unless given."""
    every = {name for _, names in compose(report) for name in names}
    document = shown(chat_message(report, every if named is None else named).body)
    assert_means_nothing(document)
    return document


def description(report: OrganisationReport, named: set[Named] | None = None) -> list[str]:
    """Return the lines of its description."""
    return str(message(report, named)["content"]["description"]).splitlines()


def test_a_message_names_the_account_of_each_key_and_the_most_urgent_first() -> None:
    report = organisation(
        an_account(1, an_outcome(user="alice", key_id="AKIA1", due=9)),
        an_account(
            2,
            an_outcome(user="bob", key_id="AKIA2", due=7),
            an_outcome(Section.DEACTIVATED, user="carol", key_id="AKIA3", due=30),
        ),
    )
    assert description(report) == [
        "Key rotation in organization o-exampleorg1, Tue 24 Nov 2026.",
        "",
        "- Accounts: 2 of 2 accounts looked at",
        "- Done: 1 deactivated",
        "- Coming: 2 notices",
        "",
        (
            f"- DEACTIVATED: carol AKIA3, in account {id_of(2)}, data-lake, 90 days old: deleted on"
            " Thu 24 Dec 2026 if it stays unused"
        ),
        (
            f"- NOTICE: bob AKIA2, in account {id_of(2)}, data-lake, 90 days old: stops working on"
            " Tue 1 Dec 2026"
        ),
        (
            f"- NOTICE: alice AKIA1, in account {id_of(1)}, payments-dev, 90 days old: stops"
            " working on Thu 3 Dec 2026"
        ),
    ]


def test_the_title_is_the_subject_of_the_digest_without_its_head() -> None:
    report = organisation(an_account(1, an_outcome()), not_looked_at=(missing(),))
    title = message(report)["content"]["title"]
    assert single(report).subject == f"[key-rotation] {ORGANIZATION}: {title}"


def test_the_metadata_are_those_of_the_organization_and_its_hub() -> None:
    metadata = message(organisation(an_account(1, an_outcome())))["metadata"]
    assert metadata["threadId"] == "key-rotation-o-exampleorg1-2026-W48"
    assert metadata["eventType"] == "key-rotation-digest"
    assert metadata["additionalContext"] == {
        "organization_id": ORGANIZATION,
        "account_id": HUB,
        "run_id": "run-7",
        "mode": "enforce",
        "severity": "info",
    }


def test_a_notice_that_no_message_of_the_digest_names_is_not_given() -> None:
    """It comes in the next digest, and its day is then counted from there."""
    report = organisation(
        an_account(1, an_outcome(key_id="AKIA1"), an_outcome(key_id="AKIA2", user="bob"))
    )
    document = message(report, {(id_of(1), "AKIA2")})
    assert document["content"]["title"] == "1 of 1 account, 1 notice"
    assert "AKIA1" not in document["content"]["description"]
    assert "NOTICE: bob AKIA2" in document["content"]["description"]


def test_what_happened_is_said_though_the_digest_had_no_room_for_it() -> None:
    report = organisation(an_account(1, an_outcome(Section.DELETED, reason=Reason.UNUSED)))
    assert any(line.startswith("- DELETED: alice") for line in description(report, set()))


@pytest.mark.parametrize(
    ("count", "listed", "more"),
    [(3, 3, 0), (4, 3, 1)],
)
def test_accounts_that_were_not_looked_at_are_named_up_to_three(
    count: int, listed: int, more: int
) -> None:
    found = [
        line
        for line in description(
            organisation(not_looked_at=tuple(missing(n) for n in range(1, count + 1)))
        )
        if line.startswith("- NOT LOOKED AT: ")
    ]
    assert len(found) == listed + more
    assert found[0].startswith(f"- NOT LOOKED AT: {id_of(1)}, payments-dev: AssumeRole: AccessDen")
    assert ("- NOT LOOKED AT: 1 more account: see the e-mail" in found) is bool(more)


def test_an_account_that_is_no_news_is_only_counted() -> None:
    lines = description(organisation(not_looked_at=(missing(triggers_digest=False),)))
    assert not [line for line in lines if "NOT LOOKED AT" in line]
    assert "- Accounts: 0 of 1 account looked at" in lines


def test_a_run_that_broke_off_says_why() -> None:
    lines = description(organisation(an_account(1), broken_off="States.Timeout: x"))
    assert "BROKE OFF: the run ended early: States\u2024Timeout: x" in lines


def test_in_report_mode_everything_only_would_be() -> None:
    report = organisation(in_report_mode(1, an_outcome()), run={"mode": Mode.REPORT})
    lines = description(report)
    assert "REPORT MODE: nothing was changed." in lines
    assert "- Would be: 1 noticed" in lines
    assert any(line.startswith("- WOULD GET A NOTICE: alice") for line in lines)


def test_while_the_organization_is_paused_no_day_is_promised() -> None:
    report = organisation(an_account(1, an_outcome()), run={"change_limit": 0})
    lines = description(report)
    assert "PAUSED: no key is changed, and all announced days are suspended." in lines
    assert any("is to stop working on Tue 1 Dec 2026; suspended" in line for line in lines)


def test_where_one_account_is_paused_it_is_counted() -> None:
    report = organisation(an_account(1, an_outcome()), an_account(2, max_changes_per_run="0"))
    assert "PAUSED in 1 account." in description(report)


def test_a_thousand_keys_are_ten_lines_and_a_number() -> None:
    outcomes = [an_outcome(key_id=f"AKIA{n:016}", user=f"user{n}") for n in range(1000)]
    lines = description(organisation(an_account(1, *outcomes)))
    assert len([line for line in lines if line.startswith("- NOTICE: ")]) == 10
    assert lines[-1] == "- and 990 more: see the e-mail"


def test_a_run_that_was_stopped_says_that_nothing_was_changed() -> None:
    text = "The parameter /key-rotation/mode has the value 'off'."
    message = stopped_chat_message("InvalidSettingsError", text, ORGANIZATION, EXECUTION, NOW)
    document = shown(message.body)
    assert_means_nothing(document)
    assert document["content"]["title"] == "STOPPED: InvalidSettings"
    assert document["content"]["description"].split("\n\n") == [
        (
            "Key rotation in organization o-exampleorg1, Tue 24 Nov 2026: this run ended with an"
            " error."
        ),
        text,
        "No account was looked at, and no key was changed.",
        "Keys are not rotated in any account until a run succeeds.",
    ]
    assert document["metadata"]["threadId"] == "key-rotation-o-exampleorg1-2026-W48"
    assert document["metadata"]["eventType"] == "key-rotation-stopped"
