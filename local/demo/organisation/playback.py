"""Plays the scenario in an organization, day by day, and records what is observed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from local.demo.mailboxes import Mailboxes
from local.demo.organisation.actors import Actors, Owner
from local.demo.organisation.scenario import ACTIONS, LAST_DAY, day_of
from local.demo.organisation.scenario_accounts import ACCOUNTS
from local.demo.organisation.stages import KeyStage, Look
from local.emulator.records import Invocation, PublishedMessage, SentMail

_NOON = time(12, tzinfo=UTC)  # the schedule runs at 09:00, and people act after it
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was observed of one key on one day.

    sections: the lists of the digest that name the key
    status: its status in IAM after the run
    would: whether the digest says that it would be so in enforce mode
    due: the day that the digest gives for it
    account: the account that the digest gives for it
    """

    sections: tuple[str, ...]
    status: str
    would: bool
    due: date | None
    account: str | None

    @property
    def stage(self) -> KeyStage | None:
        """The stage with these properties, or None if the scenario has no such stage."""
        if len(self.sections) > 1:
            return None
        section = self.sections[0] if self.sections else None
        return KeyStage.matching(section=section, status=self.status, would=self.would)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution of the state machine; `answer` is its output, None unless it succeeded."""

    arn: str
    status: str
    answer: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was observed on one day, and what people did after the run.

    messages: of the organization's topic; team_messages: of the topic for single accounts
    mails: to owners
    looks: what the run did with each account
    """

    day: int
    executions: tuple[Execution, ...]
    invocations: tuple[Invocation, ...]
    messages: tuple[PublishedMessage, ...]
    team_messages: tuple[PublishedMessage, ...]
    mails: tuple[SentMail, ...]
    keys: Mapping[Owner, Observation]
    looks: Mapping[str, Look]
    actions: tuple[str, ...]


def play(actors: Actors) -> Iterator[Day]:
    """Move the clock from noon to noon; the schedule starts the state machine on the way."""
    account = actors.account
    mailboxes = Mailboxes(account, account.outputs["DigestFunctionName"])
    for day in range(1, LAST_DAY + 1):
        invocations, published = len(account.invocations()), len(account.outbox())
        known = set(_execution_arns(actors))
        account.move_clock(to=datetime.combine(day_of(day), _NOON))
        new = [arn for arn in _execution_arns(actors) if arn not in known]
        executions = tuple(_execution(actors, arn) for arn in new)
        invoked = tuple(account.invocations()[invocations:])
        messages = account.outbox()[published:]
        mails = mailboxes.take()
        yield _observe(day, actors, executions, invoked, messages, mails)


def document(message: PublishedMessage) -> Mapping[str, Any]:
    """Read the JSON body of a message."""
    facts: Mapping[str, Any] = json.loads(message.bodies["sqs"])
    return facts


def _observe(
    day: int,
    actors: Actors,
    executions: Sequence[Execution],
    invocations: Sequence[Invocation],
    messages: Sequence[PublishedMessage],
    mails: Sequence[SentMail],
) -> Day:
    """Read what the run of a day left, then let people act."""
    topic = actors.account.outputs["TopicArn"]
    digests = tuple(each for each in messages if each.topic == topic)
    keys = {owner: _key(actors, owner, digests) for owner in actors.key_ids}
    for action in ACTIONS:
        if action.day == day:
            action.do(actors)
    return Day(
        day=day,
        executions=tuple(executions),
        invocations=tuple(invocations),
        messages=digests,
        team_messages=tuple(each for each in messages if each.topic != topic),
        mails=tuple(mails),
        keys=keys,
        looks={each.name: _look(each.id, executions, invocations) for each in ACCOUNTS},
        actions=tuple(action.text for action in ACTIONS if action.day == day),
    )


def _key(actors: Actors, owner: Owner, digests: Sequence[PublishedMessage]) -> Observation:
    key_id = actors.key_ids[owner]
    found = [(section, e) for section, e in _entries(digests) if e["access_key_id"] == key_id]
    due = found[0][1]["due"] if found else None
    return Observation(
        sections=tuple(section for section, _ in found),
        status=actors.status(owner),
        would=any("would" in entry for _, entry in found),
        due=date.fromisoformat(due) if due else None,
        account=found[0][1]["account_id"] if found else None,
    )


def _entries(digests: Sequence[PublishedMessage]) -> Iterator[tuple[str, Entry]]:
    """Yield the keys that digests name, each with its list."""
    for message in digests:
        for section, entries in document(message).items():
            if isinstance(entries, list):
                yield from ((section, e) for e in entries if isinstance(e, dict) and "user" in e)


def _look(
    account_id: str, executions: Sequence[Execution], invocations: Sequence[Invocation]
) -> Look:
    """Return what the answer of the execution and the account step's answer say of an account."""
    answers = [execution.answer for execution in executions if execution.answer]
    if any(account_id == e["account_id"] for a in answers for e in a["not_looked_at"]):
        return Look.NOT_LOOKED_AT
    looked = [i.answer for i in invocations if i.payload.get("account_id") == account_id]
    return Look.LOOKED_AT if any(a and a["looked"] for a in looked) else Look.NOT_ASKED


def _execution_arns(actors: Actors) -> list[str]:
    machine = actors.account.outputs["StateMachineArn"]
    states = actors.account.client("stepfunctions")
    return [
        each["executionArn"]
        for each in states.list_executions(stateMachineArn=machine)["executions"]
    ]


def _execution(actors: Actors, arn: str) -> Execution:
    found = actors.account.client("stepfunctions").describe_execution(executionArn=arn)
    output = found.get("output")
    answer = json.loads(output) if output and found["status"] == "SUCCEEDED" else None
    return Execution(arn=arn, status=found["status"], answer=answer)
