"""Compares the observations of the organization with the expectations."""

from collections.abc import Iterator, Sequence

from local.demo.organisation.playback import Day, Observation, document
from local.demo.organisation.scenario import (
    DIGEST_DAYS,
    LAST_DAY,
    REPORTED_SETTINGS,
    SUBSCRIBER,
    TEAM,
    TEAM_ACCOUNT,
    TEAM_DIGEST_DAYS,
    WITH_ROLE,
    day_of,
)
from local.demo.organisation.scenario_accounts import (
    ACCOUNTS,
    BY_NAME,
    ScenarioAccount,
    ScenarioKey,
)
from local.demo.organisation.scenario_owner import MAILS, RULE
from local.demo.organisation.stages import UNKNOWN
from local.demo.verify import Check
from local.emulator.records import Cause, PublishedMessage


def verify(days: Sequence[Day], units: dict[str, str], with_role: set[str]) -> list[Check]:
    """Check each account and each key, then the executions, the digests and the roles.

    units: the IDs of the organizational units, by name
    with_role: the names of the accounts that have the member role in the end
    """
    checks = []
    for account in ACCOUNTS:
        checks.append(_check(account.name, account.rule, _look_deviations(account, days)))
        for key in account.keys:
            deviations = _key_deviations(account, key, days)
            checks.append(_check(f"  {key.user}", key.rule, deviations))
    general = (
        ("runs", "the schedule starts one execution a day, and none fails", _run_deviations(days)),
        ("digests", "one on each day with news, none on any other", _digest_deviations(days)),
        ("mail", RULE, _mail_deviations(days)),
        ("team", "its own account's digest, and no other", _team_deviations(days)),
        ("settings", "the edit is reported once", _settings_deviations(days, units)),
        ("roles", "in each account of the root, but for management", _role_deviations(with_role)),
    )
    return checks + [_check(*each) for each in general]


def _check(subject: str, rule: str, deviations: Iterator[str]) -> Check:
    return Check(subject=subject, rule=rule, deviations=tuple(deviations))


def sign(observed: Observation) -> str:
    """Return the character of a key on the timeline."""
    return observed.stage.sign if observed.stage else UNKNOWN


def _look_deviations(account: ScenarioAccount, days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        expected, observed = account.looks[day.day - 1], day.looks[account.name]
        if observed != expected:
            yield f"{_date(day)}: expected {expected!r}; observed {str(observed)!r}"


def _key_deviations(
    account: ScenarioAccount, key: ScenarioKey, days: Sequence[Day]
) -> Iterator[str]:
    for day in days:
        expected, observed = key.stages[day.day - 1], day.keys[account.name, key.user]
        if sign(observed) != expected:
            yield f"{_date(day)}: expected {expected!r}; observed {_describe(observed)}"
        if expected == "N" and observed.due != day_of(key.due):
            yield f"{_date(day)}: expected a notice for {day_of(key.due)}; observed {observed.due}"
        if observed.account not in (None, account.id):
            yield f"{_date(day)}: named under the account {observed.account}"


def _run_deviations(days: Sequence[Day]) -> Iterator[str]:
    if len(days) != LAST_DAY:
        yield f"expected {LAST_DAY} days; observed {len(days)}"
    for day in days:
        statuses = [execution.status for execution in day.executions]
        if statuses != ["SUCCEEDED"]:
            yield f"{_date(day)}: expected one execution that succeeds; observed {statuses}"
        for run in day.invocations:
            if run.error or run.cause is not Cause.SCHEDULE:
                yield f"{_date(day)}: observed {run.function}, {run.cause}, {run.error}"


def _digest_deviations(days: Sequence[Day]) -> Iterator[str]:
    for day in days:
        yield from _deliveries(day, day.messages, SUBSCRIBER, expected=day.day in DIGEST_DAYS)


def _mail_deviations(days: Sequence[Day]) -> Iterator[str]:
    mails = [(day.day, mail) for day in days for mail in day.mails]
    sent = tuple((day, ", ".join(m.to), m.text.partition("\n")[0]) for day, m in mails)
    if sent != MAILS:
        yield f"expected mails {MAILS}; observed {sent}"
    subjects = {mail.subject.removeprefix("Re: ") for _, mail in mails}
    if len(subjects) != 1:
        yield f"expected one thread; observed {sorted(subjects)}"


def _team_deviations(days: Sequence[Day]) -> Iterator[str]:
    team = BY_NAME[TEAM_ACCOUNT].id
    for day in days:
        delivered = [message for message in day.team_messages if message.recipients]
        yield from _deliveries(day, delivered, TEAM, expected=day.day in TEAM_DIGEST_DAYS)
        for message in delivered:
            if message.attributes["account_id"] != team:
                yield f"{_date(day)}: a digest of {message.attributes['account_id']} reached {TEAM}"


def _deliveries(
    day: Day, messages: Sequence[PublishedMessage], to: str, *, expected: bool
) -> Iterator[str]:
    """Compare the messages with none, or with one that reaches one address."""
    recipients = [[each.endpoint for each in message.recipients] for message in messages]
    if recipients != ([[to]] if expected else []):
        subjects = [message.subject for message in messages]
        yield f"{_date(day)}: expected {int(expected)} to {to}; observed {subjects}, {recipients}"


def _settings_deviations(days: Sequence[Day], units: dict[str, str]) -> Iterator[str]:
    for day in days:
        changes = [c["name"] for m in day.messages for c in document(m)["changed_settings"]]
        expected = [
            name.replace("(staging)", units["staging"])
            for name in REPORTED_SETTINGS.get(day.day, [])
        ]
        if changes != expected:
            yield f"{_date(day)}: expected changed settings {expected}; observed {changes}"


def _role_deviations(with_role: set[str]) -> Iterator[str]:
    if with_role != WITH_ROLE:
        yield f"expected {sorted(WITH_ROLE)}; observed {sorted(with_role)}"


def _describe(observed: Observation) -> str:
    if observed.stage:
        return f"{observed.stage.sign!r}, {observed.stage.legend}"
    return f"{observed.status}, listed under {observed.sections}, would: {observed.would}"


def _date(day: Day) -> str:
    return f"day {day.day} ({day_of(day.day):%a %d %b})"
