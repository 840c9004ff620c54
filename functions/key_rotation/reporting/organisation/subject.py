"""The subject of an organization's e-mail."""

from collections.abc import Iterator, Mapping
from datetime import date

from key_rotation.domain.model import Mode
from key_rotation.domain.suspension import Suspension
from key_rotation.reporting.digest import SUBJECT_LIMIT, SUBJECT_ORDER
from key_rotation.reporting.formatting import pluralize
from key_rotation.reporting.headings import count_text
from key_rotation.reporting.organisation.report import AccountReport, OrganisationReport
from key_rotation.reporting.outcome import Outcome, Section


def subject(report: OrganisationReport, page_label: str = "", unnamed_notices: int = 0) -> str:
    """Write what happened in under 100 printable ASCII characters.

    page_label: `1 of 2`, or empty where there is one message only
    unnamed_notices: how many notices no message names: they are not given
    """
    parts = subject_parts(report, unnamed_notices)
    start = f"[key-rotation] {report.organization_id}: "
    tail = f" ({page_label})" if page_label else ""
    line = f"{start}{', '.join(parts)}{tail}"
    while len(line) > SUBJECT_LIMIT and len(parts) > 1:
        parts.pop()
        line = f"{start}{', '.join(parts)}, ...{tail}"
    return line


def subject_parts(report: OrganisationReport, unnamed_notices: int = 0) -> list[str]:
    """Return what happened, the most urgent first; at least one part."""
    happened = [*_sections(report, unnamed_notices), *_others(report)]
    return [*_labels(report), _accounts(report), *(happened or _nothing_happened(report))]


def _nothing_happened(report: OrganisationReport) -> Iterator[str]:
    """Say why a digest is sent although no key and no setting is in the subject."""
    if missing := len(report.not_looked_at):
        yield f"{missing:,} not looked at"
    if partly := len(report.partly_looked_at):
        yield f"{partly:,} partly looked at"
    if not (missing or partly or report.broken_off):
        yield "nothing to do"


def _labels(report: OrganisationReport) -> Iterator[str]:
    """Return what the subject begins with: why not everything is as usual."""
    if report.broken_off:
        yield "BROKE OFF"
    if report.all_report_mode:
        yield "REPORT MODE"
    suspensions = [account.report.suspended_since for account in report.accounts]
    if report.paused or _all_have(Suspension.PAUSED, suspensions):
        yield "PAUSED"
    if _all_have(Suspension.ALL_EXEMPT, suspensions):
        yield "ALL EXEMPT"


def _all_have(kind: Suspension, suspensions: list[Mapping[str, date]]) -> bool:
    return bool(suspensions) and all(kind in since for since in suspensions)


def _accounts(report: OrganisationReport) -> str:
    return f"{report.looked_at:,} of {pluralize(report.expected, 'account')}"


def _sections(report: OrganisationReport, unnamed_notices: int) -> Iterator[str]:
    """Count what was done, and what enforce mode would do."""
    for section in SUBJECT_ORDER:
        pairs = report.in_section(section)
        if section is Section.UPCOMING:
            yield from _upcoming(pairs)
            continue
        dry_run = sum(outcome.dry_run for _, outcome in pairs)
        unnamed = unnamed_notices if section is Section.NOTICED else 0
        done = len(pairs) - dry_run - unnamed
        if done > 0:
            yield count_text(section, done)
        if dry_run:
            yield f"{dry_run:,} would be {section}"


def _upcoming(pairs: tuple[tuple[AccountReport, Outcome], ...]) -> Iterator[str]:
    """Count the reminders; if there are none, all keys with an announced day."""
    suspended = sum(account.report.settings.paused for account, _ in pairs)
    for mode, due in ((Mode.ENFORCE, "due"), (Mode.REPORT, "would be due")):
        running = [
            (account, outcome)
            for account, outcome in pairs
            if account.report.mode is mode and not account.report.settings.paused
        ]
        reminders = [pair for pair in running if pair[1].triggers_digest]
        if reminders:
            tomorrow = all(account.report.are_due_tomorrow([o]) for account, o in reminders)
            yield f"{len(reminders):,} {due} {'tomorrow' if tomorrow else 'soon'}"
        elif running:
            yield f"{len(running):,} {due}"
    if suspended:
        yield f"{suspended:,} suspended"


def _others(report: OrganisationReport) -> Iterator[str]:
    """Name what is news of accounts and settings."""
    news = report.settings
    counts = {
        "joined": len(report.joined),
        "left": len(report.left),
        "left out": len(report.newly_left_out),
        "not covered": len(report.not_covered),
    }
    yield from (f"{count:,} {what}" for what, count in counts.items() if count)
    if report.owners and (unreachable := len(report.owners.unreachable)):
        yield f"{pluralize(unreachable, 'owner')} not reached"
    others = {
        "settings changed": news.changes or news.unread_is_new,
        "exemption ended": news.ended,
        "exemption ends soon": report.ending,
        "exemption matches nothing": news.unmatched,
        "mails not sent": report.owners and report.owners.problems,
    }
    yield from (what for what, entries in others.items() if entries)
