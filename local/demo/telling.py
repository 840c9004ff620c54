"""Lets the story happen in an account, day by day, and writes down what is seen."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from local.demo.people import People
from local.demo.stages import ACTIVE, GONE, Stage
from local.demo.story import DEEDS, FIRST_DAY, KEYS, LAST_DAY, day_of
from local.emulator.records import Invocation, Mail

_NOON = time(12, tzinfo=UTC)  # the schedule fires at 09:00, and people act after it
_MORNING = time(6, tzinfo=UTC)
STARTS_AT = datetime.combine(FIRST_DAY, time(0, tzinfo=UTC))
_LAST_NIGHT = timedelta(hours=14)
_LISTS = frozenset(stage.section for stage in Stage if stage.section) | {"failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One key on one day.

    sections: the lists of the answer that name it
    status: what IAM says, read by an administrator after the run
    reminded: whether a mail of the day calls it due tomorrow
    """

    sections: tuple[str, ...]
    status: str
    reminded: bool
    due: date | None

    @property
    def stage(self) -> Stage | None:
        """What this looks like; None where it looks like nothing that the story knows."""
        if len(self.sections) > 1:
            return None
        section = self.sections[0] if self.sections else None
        return Stage.seen_as(section=section, status=self.status, reminded=self.reminded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened on one day, and what people did after it."""

    day: int
    runs: tuple[Invocation, ...]
    mails: tuple[Mail, ...]
    sights: Mapping[str, Sight]
    deeds: tuple[str, ...]


def happen(people: People) -> Iterator[Day]:
    """Move the clock from noon to noon; the schedule fires the function on the way."""
    account, active = people.account, set(people.ids)
    for day in range(1, LAST_DAY + 1):
        runs, mails = len(account.invocations()), len(account.outbox())
        account.move_clock(to=datetime.combine(day_of(day), _MORNING))
        for key in KEYS:
            if key.daily and key.label in active:
                people.use(key.label, ago=_LAST_NIGHT)
        account.move_clock(to=datetime.combine(day_of(day), _NOON))
        today = _written_down(day, people, account.invocations()[runs:], account.outbox()[mails:])
        active = {label for label, sight in today.sights.items() if sight.status == ACTIVE}
        for deed in DEEDS:
            if deed.day == day:
                deed.do(people)
        yield today


def document(mail: Mail) -> Mapping[str, Any]:
    """Read a mail's facts, in the form that programs get."""
    facts: Mapping[str, Any] = json.loads(mail.bodies["sqs"])
    return facts


def _written_down(day: int, people: People, runs: list[Invocation], mails: list[Mail]) -> Day:
    answer = (runs[-1].answer if runs else None) or {}
    named = [
        (entry["access_key_id"], section, entry["due"])
        for section, entries in answer.items()
        if section in _LISTS
        for entry in entries
    ]
    reminded = {
        entry["access_key_id"]
        for mail in mails
        for entry in document(mail).get("upcoming", [])
        if entry.get("reminder")
    }
    statuses = people.statuses()
    sights = {}
    for key in KEYS:
        key_id = people.ids.get(key.label, "")
        dues = [due for found, _, due in named if found == key_id and due]
        sights[key.label] = Sight(
            sections=tuple(section for found, section, _ in named if found == key_id),
            status=statuses.get(key_id, GONE),
            reminded=key_id in reminded,
            due=date.fromisoformat(dues[0]) if dues else None,
        )
    deeds = tuple(deed.text for deed in DEEDS if deed.day == day)
    return Day(day=day, runs=tuple(runs), mails=tuple(mails), sights=sights, deeds=deeds)
