"""Plays the scenario in an account, day by day, and records what is observed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from local.demo.actors import Actors
from local.demo.mailboxes import Mailboxes, bounces
from local.demo.scenario import ACTIONS, FIRST_DAY, LAST_DAY, day_of
from local.demo.scenario_keys import KEYS
from local.demo.stages import ACTIVE, GONE, Stage
from local.emulator.records import Invocation, PublishedMessage, SentMail

_NOON = time(12, tzinfo=UTC)  # the schedule runs at 09:00, and people act after it
_MORNING = time(6, tzinfo=UTC)
STARTS_AT = datetime.combine(FIRST_DAY, time(0, tzinfo=UTC))
_LAST_NIGHT = timedelta(hours=14)
_SECTIONS = frozenset(stage.section for stage in Stage if stage.section) | {"failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was observed of one key on one day.

    sections: the lists of the function's response that name the key
    status: its status in IAM after the run
    reminded: whether a message of the day announces it for the next day
    due: the day that the response gives for it
    """

    sections: tuple[str, ...]
    status: str
    reminded: bool
    due: date | None

    @property
    def stage(self) -> Stage | None:
        """The stage with these properties, or None if the scenario has no such stage."""
        if len(self.sections) > 1:
            return None
        section = self.sections[0] if self.sections else None
        return Stage.matching(section=section, status=self.status, reminded=self.reminded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was observed on one day, and what happened after the run.

    messages: the digests
    mails: those to owners
    """

    day: int
    runs: tuple[Invocation, ...]
    messages: tuple[PublishedMessage, ...]
    mails: tuple[SentMail, ...]
    observations: Mapping[str, Observation]
    actions: tuple[str, ...]


def play(actors: Actors, mailboxes: Mailboxes) -> Iterator[Day]:
    """Move the clock from noon to noon; the schedule invokes the function on the way."""
    account, active = actors.account, set(actors.key_ids)
    for day in range(1, LAST_DAY + 1):
        runs, messages = len(account.invocations()), len(account.outbox())
        account.move_clock(to=datetime.combine(day_of(day), _MORNING))
        for key in KEYS:
            if key.daily and key.label in active:
                actors.use(key.label, ago=_LAST_NIGHT)
        account.move_clock(to=datetime.combine(day_of(day), _NOON))
        today = _observe(
            day,
            actors,
            runs=account.invocations()[runs:],
            messages=account.outbox()[messages:],
            mails=mailboxes.take(),
        )
        active = {
            label
            for label, observation in today.observations.items()
            if observation.status == ACTIVE
        }
        for action in ACTIONS:
            if action.day == day:
                action.do(actors)
        yield today


def document(message: PublishedMessage) -> Mapping[str, Any]:
    """Read the JSON body of a message."""
    facts: Mapping[str, Any] = json.loads(message.bodies["sqs"])
    return facts


def _observe(
    day: int,
    actors: Actors,
    *,
    runs: Sequence[Invocation],
    messages: Sequence[PublishedMessage],
    mails: Sequence[SentMail],
) -> Day:
    acted = (action.text for action in ACTIONS if action.day == day)
    return Day(
        day=day,
        runs=tuple(runs),
        messages=tuple(messages),
        mails=tuple(mails),
        observations=_observe_keys(actors, runs, messages),
        actions=(*bounces(mails), *acted),
    )


def _observe_keys(
    actors: Actors, runs: Sequence[Invocation], messages: Sequence[PublishedMessage]
) -> Mapping[str, Observation]:
    answer = (runs[-1].answer if runs else None) or {}
    named = [
        (entry["access_key_id"], section, entry["due"])
        for section, entries in answer.items()
        if section in _SECTIONS
        for entry in entries
    ]
    reminded = {
        entry["access_key_id"]
        for message in messages
        for entry in document(message).get("upcoming", [])
        if entry.get("reminder")
    }
    statuses = actors.statuses()
    observations = {}
    for key in KEYS:
        key_id = actors.key_ids.get(key.label, "")
        dues = [due for found, _, due in named if found == key_id and due]
        observations[key.label] = Observation(
            sections=tuple(section for found, section, _ in named if found == key_id),
            status=statuses.get(key_id, GONE),
            reminded=key_id in reminded,
            due=date.fromisoformat(dues[0]) if dues else None,
        )
    return observations
