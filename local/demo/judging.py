"""Holds what was seen against what the rules say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from local.demo.story import (
    EXEMPTION_ENDS_TOLD,
    KEYS,
    LAST_DAY,
    MAIL_DAYS,
    SETTINGS_TOLD,
    StoryKey,
    day_of,
)
from local.demo.telling import Day, Sight, document
from local.emulator.records import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One rule, and every deviation from it."""

    subject: str
    rule: str
    deviations: tuple[str, ...]


def judge(days: Sequence[Day]) -> list[Verdict]:
    """Judge the whole story, key by key, then its runs and its mails."""
    verdicts = [
        Verdict(subject=key.label, rule=key.rule, deviations=tuple(_of_key(key, days)))
        for key in KEYS
    ]
    general = (
        ("runs", "the schedule ran it once a day, and it did not fail", _of_runs(days)),
        ("mails", "one on each day with news, and none on any other", _of_mails(days)),
        ("settings", "every edit, and the exemption's end, told once", _of_settings(days)),
    )
    return verdicts + [
        Verdict(subject=subject, rule=rule, deviations=tuple(deviations))
        for subject, rule, deviations in general
    ]


def _of_key(key: StoryKey, days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        wanted, saw = key.on(day.day), day.sights[key.label]
        due = day_of(wanted.due) if wanted.due else None
        if (saw.stage, saw.due) != (wanted.stage, due):
            yield f"{_date(day)}: expected {wanted.stage.legend}{_due(due)}; saw {_told(saw)}"


def _of_runs(days: Sequence[Day]) -> Iterator[str]:
    if len(days) != LAST_DAY:
        yield f"expected {LAST_DAY} days; saw {len(days)}"
    for day in days:
        saw = [f"{run.cause}, {run.error or 'no error'}" for run in day.runs]
        if saw != [f"{Cause.SCHEDULE}, no error"]:
            yield f"{_date(day)}: expected one run by the schedule; saw {saw}"
        elif day.runs[0].answer["failed"]:
            yield f"{_date(day)}: expected no failed key; saw {day.runs[0].answer['failed']}"


def _of_mails(days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        wanted, saw = int(day.day in MAIL_DAYS), [mail.subject for mail in day.mails]
        if len(saw) != wanted:
            yield f"{_date(day)}: expected {wanted} mails; saw {saw}"


def _of_settings(days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        told = [document(mail) for mail in day.mails]
        changed = [name for each in told for name in each["changed_settings"]]
        wanted = SETTINGS_TOLD.get(day.day, [])
        if changed != wanted:
            yield f"{_date(day)}: expected these changes told: {wanted}; saw {changed}"
        ended = sum(len(each["ended_exemptions"]) for each in told)
        if ended != (day.day == EXEMPTION_ENDS_TOLD):
            yield f"{_date(day)}: saw {ended} ends of exemptions told"


def _told(saw: Sight) -> str:
    if saw.stage:
        return f"{saw.stage.legend}{_due(saw.due)}"
    reminder = ", reminded" if saw.reminded else ""
    return f"{saw.status}, listed under {saw.sections}{reminder}{_due(saw.due)}"


def _date(day: Day) -> str:
    return f"day {day.day} ({day_of(day.day):%a %d %b})"


def _due(due: date | None) -> str:
    return f" for day {(due - day_of(1)).days + 1}" if due else ""
