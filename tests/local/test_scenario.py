"""Sixty days of the deployed stack: the schedule invokes it, and each key follows the rules."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from local.demo.actors import Actors
from local.demo.mailboxes import Mailboxes
from local.demo.playback import STARTS_AT, Day, Observation, document, play
from local.demo.scenario import LAST_DAY, SUBSCRIBER, seed
from local.demo.scenario_keys import KEYS
from local.demo.scenario_owners import BOUNCE_REPORTED_ON
from local.demo.stages import Stage
from local.demo.timeline import draw
from local.demo.verify import verify
from local.emulator.records import PublishedMessage
from tests.local.conftest import AccountFactory

Scenario = tuple[Actors, Sequence[Day]]


@pytest.fixture(scope="module")
def scenario(account_with_owner_mail: AccountFactory) -> Scenario:
    """Play the scenario once."""
    with account_with_owner_mail(STARTS_AT) as account:
        actors = Actors(account)
        seed(actors)
        return actors, tuple(play(actors, Mailboxes(account)))


@pytest.fixture
def days(scenario: Scenario) -> Sequence[Day]:
    """The observations of each day."""
    return scenario[1]


@pytest.fixture
def key_ids(scenario: Scenario) -> dict[str, str]:
    """The IDs of the keys, by label."""
    return scenario[0].key_ids


def _message(days: Sequence[Day], day: int) -> PublishedMessage:
    (message,) = days[day - 1].messages
    return message


def _statuses(days: Sequence[Day], label: str) -> list[str]:
    return [day.observations[label].status for day in days]


def _deviations(days: Sequence[Day], subject: str) -> tuple[str, ...]:
    (check,) = [each for each in verify(days) if each.subject == subject]
    return check.deviations


@pytest.mark.parametrize("label", [key.label for key in KEYS])
def test_a_key_has_the_expected_stage_on_each_day(days: Sequence[Day], label: str) -> None:
    assert _deviations(days, label) == ()


def test_the_schedule_starts_one_run_a_day_and_none_fails(days: Sequence[Day]) -> None:
    assert _deviations(days, "runs") == ()


def test_a_digest_is_sent_on_each_day_with_news_and_on_no_other(days: Sequence[Day]) -> None:
    assert _deviations(days, "digests") == ()


def test_each_edit_and_the_end_of_an_exemption_are_reported_once(days: Sequence[Day]) -> None:
    assert _deviations(days, "settings") == ()


@pytest.mark.parametrize("subject", ["mails", "mail: eve", "mail: dora", "bounce"])
def test_the_owner_of_a_key_hears_of_each_step_and_the_fallback_after_a_bounce(
    days: Sequence[Day], subject: str
) -> None:
    assert _deviations(days, subject) == ()


def test_a_mail_that_bounces_reaches_the_fallback_on_the_next_day(days: Sequence[Day]) -> None:
    day, (message,) = BOUNCE_REPORTED_ON, days[BOUNCE_REPORTED_ON - 1].messages
    first = next(mail for mail in days[day - 2].mails if mail.to == ("dora@example.com",))
    (again,) = days[day - 1].mails
    assert (again.to, again.subject) == (("it@example.com",), first.subject)
    assert "OWNERS NOT REACHED (1)" in message.text
    assert "550 5.1.1 no such user" in message.text


def test_each_digest_is_delivered_to_the_subscriber(days: Sequence[Day]) -> None:
    recipients = {
        each.endpoint for day in days for message in day.messages for each in message.recipients
    }
    assert recipients == {SUBSCRIBER}


def test_the_checks_find_a_wrong_stage(days: Sequence[Day]) -> None:
    wrong = Observation(sections=(), status="Inactive", reminded=False, due=None)
    day = replace(days[2], observations={**days[2].observations, "ann": wrong})
    (deviation,) = _deviations([*days[:2], day, *days[3:]], "ann")
    assert deviation == "day 3 (Wed 04 Mar): expected works; observed inactive, not ours"


def test_the_checks_find_a_missing_run_and_a_missing_digest(days: Sequence[Day]) -> None:
    silent = [replace(days[0], runs=(), messages=()), *days[1:]]
    assert len(_deviations(silent, "runs")) == 1
    assert len(_deviations(silent, "digests")) == 1


def test_the_checks_find_a_missing_mail_and_a_bounce_that_no_digest_names(
    days: Sequence[Day],
) -> None:
    bounced = replace(days[1], mails=(), messages=())
    silent = [days[0], bounced, *days[2:]]
    assert len(_deviations(silent, "mails")) == 1
    assert len(_deviations(silent, "mail: dora")) == 1
    assert len(_deviations(silent, "bounce")) == 1


def test_no_key_is_deactivated_without_a_notice_seven_days_earlier(
    days: Sequence[Day], key_ids: dict[str, str]
) -> None:
    for key in KEYS:
        for day in [day for day in days if day.observations[key.label].stage is Stage.DEACTIVATED]:
            earlier = [m for each in days[: day.day - 7] for m in each.messages]
            assert any(_lists(message, "noticed", key_ids[key.label]) for message in earlier)


def test_fresh_and_exempt_keys_stay_active(days: Sequence[Day]) -> None:
    for label in ("ann", "frank (new)", "lena", "breakglass"):
        assert set(_statuses(days, label)) == {"Active"}


def test_the_first_notice_describes_each_key(days: Sequence[Day], key_ids: dict[str, str]) -> None:
    noticed = {entry["user"]: entry for entry in document(_message(days, 1))["noticed"]}
    assert noticed["carol"]["description"] == "checkout, production"
    assert noticed["carol"]["due"] == "2026-03-09"
    assert noticed["frank"]["newer_key"]["access_key_id"] == key_ids["frank (new)"]
    assert noticed["dora"]["last_used"] is None
    for key_id in (key_ids["carol"], key_ids["frank (new)"]):
        assert key_id in _message(days, 1).text


def test_a_deactivation_is_reported_with_the_command_that_restores_the_key(
    days: Sequence[Day], key_ids: dict[str, str]
) -> None:
    restore = {e["user"]: e["restore"] for e in document(_message(days, 8))["deactivated"]}
    assert restore["carol"] == (
        "aws iam update-access-key --status Active "
        f"--user-name=carol --access-key-id {key_ids['carol']}"
    )


def test_each_exempt_key_is_listed_in_every_digest_with_its_reason(days: Sequence[Day]) -> None:
    for day in days:
        for message in day.messages:
            reasons = {e["user"]: e["reason"] for e in document(message)["exempt"]}
            assert "sealed in the safe" in reasons["breakglass"]


def test_no_message_response_or_log_contains_a_secret(days: Sequence[Day]) -> None:
    runs = [f"{run.answer} {run.log}" for day in days for run in day.runs]
    messages = [
        body for day in days for message in day.messages for body in message.bodies.values()
    ]
    assert "secret" not in "".join([*runs, *messages]).casefold()


def test_the_timeline_has_a_row_of_sixty_days_for_every_key(days: Sequence[Day]) -> None:
    lines = list(draw(days))
    rows = {
        label: line[20:] for line, label in zip(lines[2:], [k.label for k in KEYS], strict=False)
    }
    assert rows["ann"] == "." * LAST_DAY
    assert rows["gil"] == "NnnnC"
    assert "?" not in "".join(rows.values())
    assert max(map(len, lines)) <= 80


def _lists(message: PublishedMessage, section: str, key_id: str) -> bool:
    return any(entry["access_key_id"] == key_id for entry in document(message).get(section, []))
