"""An organization's digest as programs read it."""

from collections.abc import Iterable

from key_rotation import __version__
from key_rotation.domain.model import Mode
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.settings import Parameter
from key_rotation.reporting.digest import full_entry
from key_rotation.reporting.formatting import sanitize_line
from key_rotation.reporting.organisation.page import Page
from key_rotation.reporting.organisation.report import (
    NotLookedAt,
    OrganisationReport,
    ParameterChange,
)
from key_rotation.reporting.owners_document import owners_document
from key_rotation.reporting.response import Document, iso_time
from key_rotation.reporting.settings_document import chat_document

MAX_VALUE = 400
"""Characters of a parameter's value, of a reason and of an entry."""


def document(report: OrganisationReport, page: Page) -> Document:
    """Return the JSON of one message."""
    by_section: dict[str, list[Document]] = {}
    for entry in page.keys:
        account = entry.account
        where = {"account_id": account.account_id, "account_name": account.name}
        for outcome in entry.outcomes:
            facts = where | full_entry(outcome, account.report.now)
            by_section.setdefault(str(outcome.section), []).append(facts)
    return {
        "run_id": report.run.run_id,
        "version": __version__,
        "mode": str(report.mode),
        "organization_id": report.organization_id,
        "at": report.now.instant.isoformat(),
        "message": page.number,
        "messages": page.total,
        "accounts": report.expected,
        "looked_at": report.looked_at,
        "users": sum(account.report.user_count for account in report.accounts),
        "keys": sum(account.report.key_count for account in report.accounts),
        "enforced_accounts": sum(a.report.mode is Mode.ENFORCE for a in report.accounts),
        "change_limit": report.run.change_limit,
        "due_changes": report.run.due_changes,
        "broken_off": report.broken_off and sanitize_line(report.broken_off, MAX_VALUE),
        "not_looked_at": [_not_looked_at(account) for account in page.not_looked_at],
        **by_section,
        **(_news(report, page.names) if page.number == 1 else {}),
        **(owners_document(report.owners) if report.owners and page.number == 1 else {}),
        "left_for_tomorrow": {str(section): n for section, n in page.left_for_tomorrow.items()},
        "not_listed": {str(section): n for section, n in page.not_listed.items()},
        "accounts_not_listed": page.accounts_not_listed,
    }


def _news(report: OrganisationReport, most: int) -> Document:
    """Return what is no key's, which is in the first message: of each kind the first entries."""
    newly = [a for a in report.left_out if a.account.account_id in report.newly_left_out]
    new = [account for account in report.not_looked_at if account.new_without_role]
    return {
        "new_without_role": [_not_looked_at(account) for account in new[:most]],
        "partly_looked_at": _names(a.registered for a in report.partly_looked_at[:most]),
        "joined": _names(report.joined[:most]),
        "left": [
            _name(account) | {"open_watches": account.open_watches}
            for account in report.left[:most]
        ],
        "left_out": [
            _name(account)
            | {
                "reason": account.left_out_reason and sanitize_line(account.left_out_reason),
                "until": iso_time(account.left_out_until),
            }
            for account in newly[:most]
        ],
        "not_covered": _names(report.not_covered[:most]),
        "counts": {
            "new_without_role": len(new),
            "partly_looked_at": len(report.partly_looked_at),
            "joined": len(report.joined),
            "left": len(report.left),
            "left_out": len(report.left_out),
            "newly_left_out": len(newly),
            "not_covered": len(report.not_covered),
            "not_active": report.not_active,
            "outside_targets": report.outside_targets,
        },
        **_settings(report, most),
    }


def _settings(report: OrganisationReport, most: int) -> Document:
    news, ending = report.settings, list(report.ending.items())
    counts = {
        "changed_settings": len(news.changes),
        "unread_settings": len(news.unread),
        "ended_entries": len(news.ended),
        "ending_exemptions": len(ending),
        "unmatched_exemptions": len(news.unmatched),
    }
    unread = list(news.unread.items())[:most]
    return {
        "changed_settings": [_change(change) for change in news.changes[:most]],
        "unread_settings": [{"name": name, "problem": _cut(problem)} for name, problem in unread],
        "ended_entries": [_cut(entry) for entry in news.ended[:most]],
        "ending_exemptions": [
            {"entry": _cut(entry), "accounts": count} for entry, count in ending[:most]
        ],
        "unmatched_exemptions": [_cut(entry) for entry in news.unmatched[:most]],
        "settings_not_listed": {
            name: count - most for name, count in counts.items() if count > most
        },
        **chat_document(report.chat_failure),
    }


def _change(change: ParameterChange) -> Document:
    """Return one parameter; `now` and `was` are null for none, `by` for not known."""
    return {
        "name": change.name,
        "now": _value(change.now),
        "was": _value(change.before),
        "version": change.now and change.now.version,
        "by": change.editor,
        "reaches_accounts": change.reach,
    }


def _value(parameter: Parameter | None) -> str | None:
    if parameter is None:
        return None
    value = parameter.value
    return value if len(value) <= MAX_VALUE else f"{value[: MAX_VALUE - 3]}..."


def _not_looked_at(account: NotLookedAt) -> Document:
    ous = account.registered.account.ous
    return {
        **_name(account.registered),
        "ou": ous[-1] if ous else None,
        "reason": _cut(account.reason),
        "since": account.since.isoformat(),
    }


def _names(accounts: Iterable[RegisteredAccount]) -> list[Document]:
    return [_name(account) for account in accounts]


def _name(account: RegisteredAccount) -> Document:
    return {"account_id": account.account.account_id, "name": account.account.name}


def _cut(text: str) -> str:
    return sanitize_line(text, MAX_VALUE)
