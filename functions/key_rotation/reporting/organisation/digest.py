"""The messages of an organization's digest, made from a report."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from key_rotation.reporting.organisation.document import document
from key_rotation.reporting.organisation.email_body import render
from key_rotation.reporting.organisation.page import Page
from key_rotation.reporting.organisation.paging import Room, paginate, whole_page
from key_rotation.reporting.organisation.report import AccountReport, OrganisationReport
from key_rotation.reporting.organisation.subject import subject
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.sns_message import MAX_BYTES, Message, compact_variants, variants

MAX_MESSAGES = 5
"""Messages of one run at most. What has no room in them comes in the digest of the next run."""
SERIOUS = frozenset({Section.DEACTIVATED, Section.DELETED, Section.HELD, Section.DEFERRED})

Named = tuple[str, str]
"""What a message names: an account id, with an access key id, or with the name of a user whose keys
could not be read."""


def compose(
    report: OrganisationReport, *, limit: int = MAX_BYTES, messages: int = MAX_MESSAGES
) -> list[tuple[Message, tuple[Named, ...]]]:
    """Write a report as messages that SNS accepts.

    limit: the bytes of a message
    messages: how many there are at most

    Returns each message with the keys that it names. All outcomes of a key are in one message. A
    key that no message names must not be recorded as reported.
    """
    report = as_paused(report) if report.paused else report
    whole = whole_page(report)
    message = _message(report, whole, variants)
    if message.size <= limit:
        return [(message, _named(whole))]

    def compact(page: Page) -> Message:
        return _message(report, page, compact_variants)

    room = Room(size_of=lambda page: compact(page).size, limit=limit, messages=messages)
    return [(compact(page), _named(page)) for page in paginate(report, room)]


def as_paused(report: OrganisationReport) -> OrganisationReport:
    """Return the report as if changes were paused in each account: the limit of all is 0."""

    def paused(account: AccountReport) -> AccountReport:
        facts = account.report.facts
        settings = replace(facts.settings, max_changes_per_run=0)
        return replace(
            account, report=replace(account.report, facts=replace(facts, settings=settings))
        )

    return replace(report, accounts=tuple(map(paused, report.accounts)))


def _named(page: Page) -> tuple[Named, ...]:
    return tuple(entry.name for entry in page.keys)


def _message(
    report: OrganisationReport, page: Page, forms: Callable[[str, str], dict[str, str]]
) -> Message:
    data = json.dumps(document(report, page), ensure_ascii=True, separators=(",", ":"))
    return Message(
        subject=subject(report, page.label, page.unnamed_notices),
        variants=forms(render(report, page), data),
        attributes={
            "mode": str(report.mode),
            "severity": severity(report),
            "account_id": report.hub_account_id,
            "organization_id": report.organization_id,
            "event": tuple(sorted(set(_events(report, page)))) or ("listed",),
        },
    )


def severity(report: OrganisationReport) -> str:
    """Return how urgent a digest is: `error`, `warning` or `info`."""
    sections = {outcome.section for _, outcome in report.outcomes()}
    if Section.FAILED in sections or report.failing or report.broken_off:
        return "error"
    suspended = any(account.report.suspended_since for account in report.accounts)
    quiet = not (sections & SERIOUS or suspended or report.paused or report.partly_looked_at)
    return "info" if quiet else "warning"


def _events(report: OrganisationReport, page: Page) -> Iterator[str]:
    """Return what one message reports: the sections that triggered it, and what is no key's."""
    outcomes = [outcome for entry in page.keys for outcome in entry.outcomes]
    yield from (str(outcome.section) for outcome in outcomes if outcome.triggers_digest)
    suspended = any(account.report.suspended_since for account in report.accounts)
    news, first = report.settings, page.number == 1
    others = {
        "not_looked_at": page.not_looked_at,
        "suspended": suspended or report.paused,
        "broke_off": first and report.broken_off,
        "accounts": first and report.has_account_news,
        "settings": first and (news.changes or news.unread_is_new or news.ended),
        "exemptions": first and (news.unmatched or report.ending),
        "owners": first and report.owners and report.owners.needs_digest,
    }
    yield from (event for event, is_reported in others.items() if is_reported)
