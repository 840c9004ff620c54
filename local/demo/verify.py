"""Holds what was seen against what the rules say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from local.demo.playback import Day, Observation, document
from local.demo.scenario import (
    DIGEST_DAYS,
    EXEMPTION_END_REPORTED_ON,
    KEYS,
    LAST_DAY,
    REPORTED_SETTINGS,
    ScenarioKey,
    day_of,
)
from local.emulator.records import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule, and every deviation from it."""

    subject: str
    rule: str
    deviations: tuple[str, ...]


def verify(days: Sequence[Day]) -> list[Check]:
    """Judge the whole story, key by key, then its runs and its mails."""
    checks = [
        Check(subject=key.label, rule=key.rule, deviations=tuple(_key_deviations(key, days)))
        for key in KEYS
    ]
    general = (
        ("runs", "the schedule ran it once a day, and it did not fail", _run_deviations(days)),
        ("mails", "one on each day with news, and none on any other", _digest_deviations(days)),
        ("settings", "every edit, and the exemption's end, told once", _settings_deviations(days)),
    )
    return checks + [
        Check(subject=subject, rule=rule, deviations=tuple(deviations))
        for subject, rule, deviations in general
    ]


def _key_deviations(key: ScenarioKey, days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        wanted, saw = key.on(day.day), day.observations[key.label]
        due = day_of(wanted.due) if wanted.due else None
        if (saw.stage, saw.due) != (wanted.stage, due):
            yield f"{_date(day)}: expected {wanted.stage.legend}{_due(due)}; saw {_describe(saw)}"


def _run_deviations(days: Sequence[Day]) -> Iterator[str]:
    if len(days) != LAST_DAY:
        yield f"expected {LAST_DAY} days; saw {len(days)}"
    for day in days:
        saw = [f"{run.cause}, {run.error or 'no error'}" for run in day.runs]
        if saw != [f"{Cause.SCHEDULE}, no error"]:
            yield f"{_date(day)}: expected one run by the schedule; saw {saw}"
        elif day.runs[0].answer["failed"]:
            yield f"{_date(day)}: expected no failed key; saw {day.runs[0].answer['failed']}"


def _digest_deviations(days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        wanted, saw = int(day.day in DIGEST_DAYS), [mail.subject for mail in day.messages]
        if len(saw) != wanted:
            yield f"{_date(day)}: expected {wanted} mails; saw {saw}"


def _settings_deviations(days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        told = [document(mail) for mail in day.messages]
        changed = [name for each in told for name in each["changed_settings"]]
        wanted = REPORTED_SETTINGS.get(day.day, [])
        if changed != wanted:
            yield f"{_date(day)}: expected these changes told: {wanted}; saw {changed}"
        ended = sum(len(each["ended_exemptions"]) for each in told)
        if ended != (day.day == EXEMPTION_END_REPORTED_ON):
            yield f"{_date(day)}: saw {ended} ends of exemptions told"


def _describe(saw: Observation) -> str:
    if saw.stage:
        return f"{saw.stage.legend}{_due(saw.due)}"
    reminder = ", reminded" if saw.reminded else ""
    return f"{saw.status}, listed under {saw.sections}{reminder}{_due(saw.due)}"


def _date(day: Day) -> str:
    return f"day {day.day} ({day_of(day.day):%a %d %b})"


def _due(due: date | None) -> str:
    return f" for day {(due - day_of(1)).days + 1}" if due else ""
