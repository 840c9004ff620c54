"""What an organization's e-mail says of parameters and exemptions."""

from datetime import timedelta

import pytest

from key_rotation.reporting.organisation.report import ParameterChange, SettingsNews
from tests.unit.builders import TODAY, an_outcome
from tests.unit.organisation_digest.organisation_builders import (
    a_change,
    an_account,
    body,
    data,
    organisation,
)

QUIET = an_account(1)
TEN = [f"user{n}" for n in range(10)]


def block(*changes: ParameterChange) -> list[str]:
    """Return the lines about changed parameters, without their indentation."""
    text = body(organisation(QUIET, settings=SettingsNews(changes=changes)))
    return [
        line.strip() for line in text.partition("\nSETTINGS: ")[2].split("\n\n")[0].splitlines()
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            a_change("mode", reach=12),
            ["edited mode (version 2)", "now: enforce", "was: report", "reaches 12 accounts"],
        ),
        (
            a_change("ous/ou-1/mode", was=None, reach=1),
            ["added ous/ou-1/mode (version 2)", "now: enforce", "reaches 1 account"],
        ),
        (
            a_change("accounts/1/mode", reach=0),
            [
                "edited accounts/1/mode (version 2)",
                "now: enforce",
                "was: report",
                "reaches 0 accounts",
            ],
        ),
    ],
)
def test_a_change_is_given_with_its_values_its_reach_and_its_editor(
    change: ParameterChange, expected: list[str]
) -> None:
    by = "by assumed-role/Admin/alice"
    assert block(change) == ["changed since the last digest (1)", *expected, by]


def test_an_editor_who_could_not_be_read_is_not_named() -> None:
    assert block(a_change(editor=None))[-1] == "its editor could not be read"


def test_a_removed_parameter_has_no_editor() -> None:
    """Parameter Store does not tell."""
    removed = a_change("ous/ou-1/mode", now=None, reach=0)
    assert block(removed)[1:] == ["removed ous/ou-1/mode", "was: report"]
    text = body(organisation(QUIET, settings=SettingsNews(changes=(removed, removed))))
    assert text.count("Parameter Store does not tell who removed one") == 1
    edited = body(organisation(QUIET, settings=SettingsNews(changes=(a_change(),))))
    assert "Parameter Store" not in edited


def test_of_a_value_of_several_lines_those_that_differ_are_shown() -> None:
    change = a_change("exemptions", was="alice\nbob\ncarol", now="alice\ncarol\ndave")
    assert block(change)[2:4] == ["now: dave", "was: bob"]


def test_of_many_lines_five_are_shown_and_the_others_counted() -> None:
    change = a_change("exemptions", was="none", now="\n".join(TEN))
    shown = [f"now: user{n}" for n in range(5)]
    assert block(change)[2:9] == [*shown, "now: and 5 more lines", "was: none"]


def test_five_lines_are_shown_without_a_count() -> None:
    change = a_change("exemptions", was="none", now="\n".join(TEN[:5]))
    assert block(change)[2:8] == [*(f"now: user{n}" for n in range(5)), "was: none"]


def test_thirty_changes_are_named_and_the_others_counted() -> None:
    lines = block(*(a_change(f"accounts/{n}/mode") for n in range(32)))
    assert lines[0] == "changed since the last digest (32)"
    assert sum(line.startswith("edited ") for line in lines) == 30
    assert lines[-1] == "and 2 more"


def test_what_is_wrong_with_the_parameters_is_listed() -> None:
    news = SettingsNews(
        unread={"max-age": "The parameter /key-rotation/max-age is not read: 'x' is similar."},
        ended=("ivan until 2026-11-23 # on leave",),
        unmatched=("build-sever-*",),
    )
    ending = f"bob until {TODAY + timedelta(days=5)}"
    accounts = [an_account(number, exemptions=ending) for number in (2, 3)]
    text = body(organisation(QUIET, *accounts, settings=news))
    assert "SETTINGS THAT NOTHING READS: check their names (1)\n  The parameter" in text
    assert "\nENTRIES THAT ENDED: they no longer apply (1)\n  ivan until 2026-11-23" in text
    assert "\nEXEMPTIONS THAT MATCH NOTHING: no user and no key (1)\n  build-sever-*\n" in text
    assert "\nEXEMPTIONS THAT END SOON: then the keys get a new notice (1)\n" in text
    assert f"\n  {ending} (2 accounts)\n" in text


def test_where_nothing_is_new_nothing_is_said_of_settings() -> None:
    assert not {"SETTINGS", "EXEMPTIONS", "ENTRIES"} & set(body(organisation(QUIET)).split())


def test_a_chat_message_that_failed_is_told_at_the_end_of_the_email_and_in_the_json() -> None:
    report = organisation(an_account(1, an_outcome()), chat_failure="2026-11-23: refused")
    told = "CHAT: the last message to the chat topic was not sent\n  2026-11-23: refused\n"
    assert told in body(report)
    assert data(report)["chat_failed"] == "2026-11-23: refused"
    silent = organisation(an_account(1, an_outcome()))
    assert "CHAT" not in body(silent)
    assert "chat_failed" not in data(silent)
