"""Compares the observations with the expectations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from local.demo.expectations import expected_on
from local.demo.mailboxes import user_of_mail
from local.demo.playback import Day, Observation, document
from local.demo.scenario import (
    DIGEST_DAYS,
    EXEMPTION_END_REPORTED_ON,
    LAST_DAY,
    REPORTED_SETTINGS,
    day_of,
)
from local.demo.scenario_keys import KEYS, ScenarioKey
from local.demo.scenario_owners import (
    BOUNCE,
    BOUNCE_REPORTED_ON,
    BOUNCING,
    FOLLOWED_MAILS,
    FOLLOWED_RULES,
    expected_mails,
)
from local.emulator.records import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule, and each deviation from it."""

    subject: str
    rule: str
    deviations: tuple[str, ...]


def verify(days: Sequence[Day]) -> list[Check]:
    """Check each key, then the runs, the digests and the reported settings."""
    checks = [
        Check(subject=key.label, rule=key.rule, deviations=tuple(_key_deviations(key, days)))
        for key in KEYS
    ]
    general = (
        ("runs", "the schedule starts one run a day, and none fails", _run_deviations(days)),
        ("digests", "one on each day with news, none on any other", _digest_deviations(days)),
        (
            "settings",
            "each edit and the exemption's end, reported once",
            _settings_deviations(days),
        ),
        ("mails", "the owner, or else the fallback, hears of each step", _mail_deviations(days)),
        *(
            (f"mail: {user}", rule, _followed_deviations(user, days))
            for user, rule in FOLLOWED_RULES.items()
        ),
        ("bounce", "one digest names the address that did not accept mail", _bounces(days)),
    )
    return checks + [
        Check(subject=subject, rule=rule, deviations=tuple(deviations))
        for subject, rule, deviations in general
    ]


def _key_deviations(key: ScenarioKey, days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        expected, observed = expected_on(day.day, key.expected), day.observations[key.label]
        due = day_of(expected.due) if expected.due else None
        if (observed.stage, observed.due) != (expected.stage, due):
            wanted, found = f"{expected.stage.legend}{_due(due)}", _describe(observed)
            yield f"{_date(day)}: expected {wanted}; observed {found}"


def _run_deviations(days: Sequence[Day]) -> Iterator[str]:
    if len(days) != LAST_DAY:
        yield f"expected {LAST_DAY} days; observed {len(days)}"
    for day in days:
        runs = [f"{run.cause}, {run.error or 'no error'}" for run in day.runs]
        if runs != [f"{Cause.SCHEDULE}, no error"]:
            yield f"{_date(day)}: expected one scheduled run; observed {runs}"
        elif failed := day.runs[0].answer["failed"]:
            yield f"{_date(day)}: expected no failed key; observed {failed}"


def _digest_deviations(days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        expected = int(day.day in DIGEST_DAYS)
        subjects = [message.subject for message in day.messages]
        if len(subjects) != expected:
            yield f"{_date(day)}: expected {expected} digests; observed {subjects}"


def _settings_deviations(days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        digests = [document(message) for message in day.messages]
        changed = [name for each in digests for name in each["changed_settings"]]
        expected = REPORTED_SETTINGS.get(day.day, [])
        if changed != expected:
            yield f"{_date(day)}: expected changed settings {expected}; observed {changed}"
        ended = sum(len(each["ended_exemptions"]) for each in digests)
        if ended != (day.day == EXEMPTION_END_REPORTED_ON):
            yield f"{_date(day)}: observed {ended} ended exemptions"


def _mail_deviations(days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        expected = expected_mails(day.day)
        sent = sorted((user_of_mail(mail), ", ".join(mail.to)) for mail in day.mails)
        if sent != expected:
            yield f"{_date(day)}: expected mails {expected}; observed {sent}"


def _followed_deviations(user: str, days: Sequence[Day]) -> Iterator[str]:
    mails = [(day.day, mail) for day in days for mail in day.mails if user_of_mail(mail) == user]
    sent = tuple((day, ", ".join(m.to), m.text.partition("\n")[0]) for day, m in mails)
    if sent != FOLLOWED_MAILS[user]:
        yield f"expected mails {FOLLOWED_MAILS[user]}; observed {sent}"
    subjects = {mail.subject.removeprefix("Re: ") for _, mail in mails}
    if len(subjects) != 1:
        yield f"expected one subject; observed {subjects}"


def _bounces(days: Sequence[Day]) -> Iterator[str]:
    expected = [(BOUNCE_REPORTED_ON, BOUNCING, BOUNCE)]
    named = [
        (day.day, each["address"], each["words"])
        for day in days
        for message in day.messages
        for each in document(message)["owners_not_reached"]
    ]
    if named != expected:
        yield f"expected digests to name {expected}; observed {named}"


def _describe(observed: Observation) -> str:
    if observed.stage:
        return f"{observed.stage.legend}{_due(observed.due)}"
    reminder = ", reminded" if observed.reminded else ""
    return f"{observed.status}, listed under {observed.sections}{reminder}{_due(observed.due)}"


def _date(day: Day) -> str:
    return f"day {day.day} ({day_of(day.day):%a %d %b})"


def _due(due: date | None) -> str:
    return f" for day {(due - day_of(1)).days + 1}" if due else ""
