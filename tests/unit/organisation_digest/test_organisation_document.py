"""The JSON and the attributes of an organization's digest, which programs read."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from key_rotation import __version__
from key_rotation.domain.model import Mode
from key_rotation.domain.organisation.accounts import Coverage
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.organisation.digest import compose
from key_rotation.reporting.organisation.report import OrganisationReport, SettingsNews
from key_rotation.reporting.outcome import Section
from tests.unit.builders import KEY_ID, TODAY, an_outcome, parameters
from tests.unit.digest_builders import json_document, single_message
from tests.unit.organisation_digest.organisation_builders import (
    HUB,
    ORGANIZATION,
    a_change,
    an_account,
    data,
    id_of,
    in_report_mode,
    missing,
    organisation,
    registered,
    single,
)

QUIET = an_account(1)


def test_each_entry_has_the_account_and_todays_fields() -> None:
    outcome = an_outcome(Section.DEACTIVATED, due=30, description="CI upload")
    [entry] = data(organisation(an_account(1, outcome)))["deactivated"]
    [today] = json_document(single_message(outcome))["deactivated"]
    assert entry == {"account_id": id_of(1), "account_name": "payments-dev"} | today
    assert entry["restore"] == (
        f"aws iam update-access-key --status Active --user-name=alice --access-key-id {KEY_ID}"
    )


def test_the_json_has_the_facts_of_the_run() -> None:
    report = organisation(
        QUIET,
        in_report_mode(2, an_outcome()),
        not_looked_at=(missing(3),),
        run={"due_changes": 7},
    )
    facts = data(report)
    assert {name: facts[name] for name in facts if not isinstance(facts[name], list | dict)} == {
        "run_id": "run-7",
        "version": __version__,
        "mode": "enforce",
        "organization_id": ORGANIZATION,
        "at": "2026-11-24T12:00:00+00:00",
        "message": 1,
        "messages": 1,
        "accounts": 3,
        "looked_at": 2,
        "users": 6,
        "keys": 6,
        "enforced_accounts": 1,
        "change_limit": 250,
        "due_changes": 7,
        "broken_off": None,
        "accounts_not_listed": 0,
    }


def test_an_account_that_was_not_looked_at_has_unit_reason_and_day() -> None:
    report = organisation(
        not_looked_at=(
            missing(3, reason="no answer", since=2),
            missing(4, new=True, reason="no role"),
            missing(5, reason="x" * 500, ous=()),
        )
    )
    facts = data(report)
    assert facts["not_looked_at"][0] == {
        "account_id": id_of(3),
        "name": "website",
        "ou": "ou-ab12-11111111",
        "reason": "no answer",
        "since": "2026-11-22",
    }
    assert [entry["account_id"] for entry in facts["new_without_role"]] == [id_of(4)]
    assert facts["not_looked_at"][1]["ou"] is None
    assert len(facts["not_looked_at"][1]["reason"]) == 400


def test_the_json_names_the_accounts_that_are_news() -> None:
    facts = data(
        organisation(
            QUIET,
            an_account(2, complete=False),
            joined=(registered(3),),
            left=(registered(4, Coverage.LEFT, open_watches=3),),
            left_out=(
                registered(5, left_out_reason="move", left_out_until=TODAY),
                registered(6),
            ),
            newly_left_out=frozenset({id_of(5)}),
            not_covered=(registered(7, name="management"),),
            not_active=8,
            outside_targets=9,
        )
    )
    assert facts["partly_looked_at"] == [{"account_id": id_of(2), "name": "data-lake"}]
    assert facts["joined"] == [{"account_id": id_of(3), "name": "website"}]
    assert facts["left"] == [{"account_id": id_of(4), "name": "build", "open_watches": 3}]
    assert facts["left_out"] == [
        {
            "account_id": id_of(5),
            "name": "sandbox-anna",
            "reason": "move",
            "until": "2026-11-24",
        }
    ]
    assert facts["not_covered"] == [{"account_id": id_of(7), "name": "management"}]
    assert facts["counts"] == {
        "new_without_role": 0,
        "partly_looked_at": 1,
        "joined": 1,
        "left": 1,
        "left_out": 2,
        "newly_left_out": 1,
        "not_covered": 1,
        "not_active": 8,
        "outside_targets": 9,
    }


def test_the_json_has_the_settings_that_changed_and_what_is_wrong_with_others() -> None:
    ending = f"bob until {TODAY + timedelta(days=5)}"
    news = SettingsNews(
        changes=(a_change("mode"), a_change("ous/ou-1/mode", now=None, editor=None)),
        unread={"max-age": "not read"},
        ended=("eve until 2026-11-01",),
        unmatched=("mallory",),
    )
    facts = data(organisation(an_account(1, exemptions=ending), QUIET, settings=news))
    assert facts["changed_settings"] == [
        {
            "name": "mode",
            "now": "enforce",
            "was": "report",
            "version": 2,
            "by": "arn:aws:sts::999988887777:assumed-role/Admin/alice",
            "reaches_accounts": 2,
        },
        {
            "name": "ous/ou-1/mode",
            "now": None,
            "was": "report",
            "version": None,
            "by": None,
            "reaches_accounts": 2,
        },
    ]
    assert facts["unread_settings"] == [{"name": "max-age", "problem": "not read"}]
    assert facts["ended_entries"] == ["eve until 2026-11-01"]
    assert facts["unmatched_exemptions"] == ["mallory"]
    assert facts["ending_exemptions"] == [{"entry": ending, "accounts": 1}]


@pytest.mark.parametrize(("count", "more"), [(30, {}), (31, {"changed_settings": 1})])
def test_at_most_thirty_settings_are_named_and_the_others_counted(
    count: int, more: Mapping[str, int]
) -> None:
    changes = tuple(a_change(f"accounts/{id_of(n)}/mode") for n in range(count))
    facts = data(organisation(QUIET, settings=SettingsNews(changes=changes)))
    assert len(facts["changed_settings"]) == 30
    assert facts["settings_not_listed"] == more


@pytest.mark.parametrize(("length", "shown"), [(400, 400), (401, 400)])
def test_a_value_is_given_with_its_lines_up_to_400_characters(length: int, shown: int) -> None:
    """Parameter Store has the whole value."""
    value = ("bob\n" * 200)[:length]
    facts = data(organisation(QUIET, settings=SettingsNews(changes=(a_change("x", now=value),))))
    now = facts["changed_settings"][0]["now"]
    assert len(now) == shown
    assert now.startswith("bob\nbob\n")
    assert now.endswith("...") is (length > 400)


SUSPENDED = RunState(
    parameters=parameters(max_changes_per_run="0"), suspended_since={"paused": TODAY}
)


@pytest.mark.parametrize(
    ("report", "severity", "events"),
    [
        (organisation(QUIET), "info", ("listed",)),
        (organisation(QUIET, an_account(2, an_outcome())), "info", ("noticed",)),
        (
            organisation(an_account(1, an_outcome(Section.DELETED)), an_account(2, an_outcome())),
            "warning",
            ("deleted", "noticed"),
        ),
        (organisation(an_account(1, an_outcome(Section.FAILED))), "error", ("failed",)),
        (organisation(QUIET, not_looked_at=(missing(),)), "error", ("not_looked_at",)),
        (organisation(QUIET, not_looked_at=(missing(new=True),)), "info", ("listed",)),
        (organisation(an_account(1, complete=False)), "warning", ("listed",)),
        (organisation(QUIET, broken_off="timeout"), "error", ("broke_off",)),
        (organisation(QUIET, run={"change_limit": 0}), "warning", ("suspended",)),
        (
            organisation(an_account(1, max_changes_per_run="0", previous=SUSPENDED)),
            "warning",
            ("suspended",),
        ),
        (organisation(QUIET, joined=(registered(2),)), "info", ("accounts",)),
        (
            organisation(QUIET, settings=SettingsNews(changes=(a_change(),), unmatched=("x",))),
            "info",
            ("exemptions", "settings"),
        ),
    ],
)
def test_subscribers_can_filter_by_mode_severity_account_organization_and_event(
    report: OrganisationReport, severity: str, events: tuple[str, ...]
) -> None:
    """The account is that of the deployment."""
    assert single(report).attributes == {
        "mode": "enforce",
        "severity": severity,
        "account_id": HUB,
        "organization_id": ORGANIZATION,
        "event": events,
    }


def test_each_message_has_the_severity_of_all_and_its_own_events() -> None:
    """A filter of SNS sees one message at a time."""
    outcomes: list[tuple[Section, Any]] = [(Section.DELETED, 1), (Section.NOTICED, 60)]
    accounts = [
        an_account(n, an_outcome(section, key_id=f"AKIA{n}{k}", age=500 - k))
        for n, (section, count) in enumerate(outcomes)
        for k in range(count)
    ]
    report = organisation(*accounts, not_looked_at=(missing(),), joined=(registered(3),))
    first, *others = [message.attributes for message, _ in compose(report, limit=9_000)]
    assert first["event"] == ("accounts", "deleted", "not_looked_at", "noticed")
    assert {attributes["event"] for attributes in others} == {("noticed",)}
    assert {attributes["severity"] for attributes in (first, *others)} == {"error"}


def test_the_mode_of_a_message_is_that_of_the_run() -> None:
    report = organisation(in_report_mode(1, an_outcome()), run={"mode": Mode.REPORT})
    assert single(report).attributes["mode"] == "report"
    [entry] = data(report)["noticed"]
    assert entry["would"] is True


def test_the_json_is_ascii_whatever_the_names() -> None:
    known = registered(1, name="büro")
    message = single(organisation(replace(an_account(1, an_outcome()), registered=known)))
    assert message.variants["sqs"].isascii()
    assert json.loads(message.variants["sqs"])["noticed"][0]["account_name"] == "büro"
