"""The chat messages of an organization: of a digest, and of a run that was stopped."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from key_rotation.domain.model import Now
from key_rotation.domain.suspension import Suspension
from key_rotation.reporting import chat_keys
from key_rotation.reporting.chat_message import FIX_IT, MAX_ERROR, PAUSED, REPORT_MODE, RESTORED
from key_rotation.reporting.chat_text import (
    DIGEST,
    STOPPED,
    ChatMessage,
    describe,
    plain,
    thread_id,
    title_of,
)
from key_rotation.reporting.formatting import format_date, pluralize
from key_rotation.reporting.organisation.digest import Named, as_paused, severity
from key_rotation.reporting.organisation.key_entry import place_of
from key_rotation.reporting.organisation.report import (
    AccountReport,
    NotLookedAt,
    OrganisationReport,
)
from key_rotation.reporting.organisation.stopped_message import (
    NOTHING_CHANGED,
    WHAT_FOLLOWS,
    hub_account_id,
    printable_kind,
)
from key_rotation.reporting.organisation.subject import subject_parts
from key_rotation.reporting.outcome import Outcome, Section

MAX_ACCOUNTS = 3
"""Accounts that were not looked at and are listed; the others are counted."""


def chat_message(report: OrganisationReport, named: Collection[Named]) -> ChatMessage:
    """Write a digest in short.

    named: the keys that the messages of the digest name: a notice of another one is not given
    """
    report = _given(as_paused(report) if report.paused else report, named)
    news = _urgent(report)
    listed = [outcome for _, outcome in news]
    return ChatMessage(
        title=title_of(subject_parts(report)),
        description=describe(
            list(_head(report)),
            [*_accounts(report), *chat_keys.counts(outcome for _, outcome in report.outcomes())],
            [chat_keys.key_line(o, account.report, place_of(account)) for account, o in news],
        ),
        next_steps=chat_keys.next_steps(listed),
        thread_id=thread_id(report.organization_id, report.now.today),
        event_type=DIGEST,
        context={
            "organization_id": report.organization_id,
            "account_id": report.hub_account_id,
            "run_id": report.run.run_id,
            "mode": str(report.mode),
            "severity": severity(report),
        },
    )


def _given(report: OrganisationReport, named: Collection[Named]) -> OrganisationReport:
    """Return the report without the notices that no message of the digest names."""

    def is_given(account: AccountReport, outcome: Outcome) -> bool:
        notice = outcome.section is Section.NOTICED and not outcome.dry_run
        return not notice or (account.account_id, outcome.access_key_id) in named

    def given(account: AccountReport) -> AccountReport:
        outcomes = tuple(o for o in account.report.outcomes if is_given(account, o))
        return replace(account, report=replace(account.report, outcomes=outcomes))

    return replace(report, accounts=tuple(map(given, report.accounts)))


def _urgent(report: OrganisationReport) -> list[tuple[AccountReport, Outcome]]:
    """Return the news of all accounts, the most urgent first."""
    pairs = [
        (account, outcome)
        for account in report.accounts
        if account.lists_keys
        for outcome in chat_keys.urgent(account.report.outcomes)
    ]
    return sorted(pairs, key=lambda pair: (chat_keys.rank(pair[1]), pair[0].account_id))


def _head(report: OrganisationReport) -> Iterator[str]:
    """Say which organization, and why keys are not changed or the run broke off."""
    day = format_date(report.now.today)
    yield f"Key rotation in organization {plain(report.organization_id)}, {day}."
    if report.broken_off:
        yield f"BROKE OFF: the run ended early: {plain(report.broken_off, 200)}"
    if any(account.report.facts.restored for account in report.accounts):
        yield RESTORED
    if report.paused:
        yield PAUSED
    else:
        yield from _suspended(report)
    if report.all_report_mode:
        yield REPORT_MODE


def _suspended(report: OrganisationReport) -> Iterator[str]:
    """Count the accounts in which nothing is changed or every key is exempt."""
    for kind, label in ((Suspension.PAUSED, "PAUSED"), (Suspension.ALL_EXEMPT, "ALL EXEMPT")):
        number = sum(kind in account.report.suspended_since for account in report.accounts)
        if number:
            yield f"{label} in {pluralize(number, 'account')}."


def _accounts(report: OrganisationReport) -> Iterator[str]:
    """Say how many accounts were looked at, and which were not."""
    expected = pluralize(report.expected, "account")
    yield f"Accounts: {report.looked_at:,} of {expected} looked at"
    news = [account for account in report.not_looked_at if account.triggers_digest]
    yield from map(_not_looked_at, news[:MAX_ACCOUNTS])
    if len(news) > MAX_ACCOUNTS:
        more = pluralize(len(news) - MAX_ACCOUNTS, "more account")
        yield f"NOT LOOKED AT: {more}: see the e-mail"


def _not_looked_at(account: NotLookedAt) -> str:
    known = account.registered.account
    name = f"{known.account_id}, {plain(known.name)}" if known.name else known.account_id
    return f"NOT LOOKED AT: {name}: {plain(account.reason, 160)}"


def stopped_chat_message(
    kind: str, text: str, organization_id: str, execution_arn: str, now: Now
) -> ChatMessage:
    """Write what stopped a run in its first step; the values are those of `stopped_message`."""
    where = f"Key rotation in organization {plain(organization_id)}, {format_date(now.today)}"
    head = (
        f"{where}: this run ended with an error.",
        plain(text, MAX_ERROR) or "The error has no text.",
        NOTHING_CHANGED,
        WHAT_FOLLOWS[0],
    )
    return ChatMessage(
        title=f"STOPPED: {plain(printable_kind(kind))}",
        description=describe(head, (), ()),
        next_steps=(FIX_IT,),
        thread_id=thread_id(organization_id, now.today),
        event_type=STOPPED,
        context={
            "organization_id": organization_id,
            "account_id": hub_account_id(execution_arn),
            "mode": "stopped",
            "severity": "error",
        },
    )
