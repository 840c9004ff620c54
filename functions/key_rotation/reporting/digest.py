"""The messages of a digest, made from a report."""

import json
from collections.abc import Callable, Iterator, Mapping

from key_rotation import __version__
from key_rotation.domain.model import LastUse, Mode, Now
from key_rotation.domain.suspension import Suspension
from key_rotation.reporting.commands import one_line, replacement_commands, restore_command
from key_rotation.reporting.email_body import Page, render
from key_rotation.reporting.formatting import pluralize, sanitize_line
from key_rotation.reporting.headings import count_text
from key_rotation.reporting.key_entries import is_restorable
from key_rotation.reporting.key_limit import is_to_be_replaced
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.owners_document import owner_document, owners_document
from key_rotation.reporting.paging import paginate
from key_rotation.reporting.report import Report
from key_rotation.reporting.response import Document, iso_time, key_entry
from key_rotation.reporting.settings_document import settings_document
from key_rotation.reporting.sns_message import MAX_BYTES, Message, compact_variants, variants

SUBJECT_LIMIT = 99
"""SNS accepts subjects of less than 100 characters (SNS API Reference, Publish)."""
SUBJECT_ORDER = (
    Section.FAILED,
    Section.HELD,
    Section.DEACTIVATED,
    Section.DELETED,
    Section.NOTICED,
    Section.UPCOMING,
    Section.EXTENDED,
    Section.ADOPTED,
    Section.WITHDRAWN,
    Section.CLOSED,
    Section.DEFERRED,
    Section.WAITING,
)

SUSPENDED = {Suspension.PAUSED: "PAUSED", Suspension.ALL_EXEMPT: "ALL EXEMPT"}
"""What the subject begins with; in report mode it says `would` instead."""


def compose(report: Report) -> list[tuple[Message, tuple[Outcome, ...]]]:
    """Write a report as messages that SNS accepts.

    Returns each message with the outcomes that it names. All outcomes of a key are in one message.
    Whatever triggers a digest is in one of the messages; what is only listed may be left out.
    """
    whole = Page(number=1, total=1, outcomes=report.outcomes)
    message = _message(report, whole, variants)
    if message.size <= MAX_BYTES:
        return [(message, whole.outcomes)]

    def compact(page: Page) -> Message:
        return _message(report, page, compact_variants)

    pages = paginate(report.outcomes, lambda page: compact(page).size, MAX_BYTES)
    return [(compact(page), page.outcomes) for page in pages]


def subject(report: Report, page_label: str = "") -> str:
    """Write what happened in under 100 printable ASCII characters."""
    alias = sanitize_line(report.account_alias)
    tail = subject_tail(report, page_label)
    parts = subject_parts(report)
    what = ", ".join(parts)
    line = f"[key-rotation] {alias} ({report.account_id}): {what}{tail}"
    if not alias or not line.isascii() or len(line) > SUBJECT_LIMIT:  # the text has the alias
        line = f"[key-rotation] {report.account_id}: {what}{tail}"
    while len(line) > SUBJECT_LIMIT:
        parts.pop()
        line = f"[key-rotation] {report.account_id}: {', '.join(parts)}, ...{tail}"
    return line


def subject_tail(report: Report, page_label: str = "") -> str:
    """Write which part of the run it is, and which message of the digest; nothing for the only."""
    part = f"part {report.facts.number + 1}" if report.is_part else ""
    labels = ", ".join(label for label in (part, page_label) if label)
    return f" ({labels})" if labels else ""


def subject_parts(report: Report) -> list[str]:
    """Return what happened, the most urgent first; at least one part."""
    parts = [title for kind, title in SUSPENDED.items() if kind in report.suspended_since]
    if unreachable := report.contacts.news.unreachable:
        parts.append(f"{pluralize(len(unreachable), 'owner')} not reached")
    parts += [part for section in SUBJECT_ORDER for part in _counts(report, section)]
    others = {
        "settings changed": report.changed_parameters,
        "exemptions changed": report.exemption_news.changed,
        "exemption ended": report.ended_exemptions,
        "exemption ends soon": report.exemption_news.ending_listed,
        "exemption matches nothing": report.unmatched_listed,
        "mails not sent": report.contacts.news.problems,
    }
    parts += [what for what, found in others.items() if found]
    empty = "REPORT MODE, nothing to do" if report.mode is Mode.REPORT else "nothing to do"
    return parts or [empty]


def _counts(report: Report, section: Section) -> Iterator[str]:
    """Count what was done, and what enforce mode would do."""
    outcomes = report.in_section(section)
    if section is Section.UPCOMING:
        yield from _upcoming(report) if outcomes else ()
        return
    done = sum(not outcome.dry_run for outcome in outcomes)
    if done:
        yield count_text(section, done)
    if dry_run := len(outcomes) - done:
        yield f"{dry_run} would be {section}"


def _upcoming(report: Report) -> Iterator[str]:
    """Count the reminders; if there are none, all keys with an announced day."""
    outcomes = report.in_section(Section.UPCOMING)
    if report.settings.paused:
        yield f"{len(outcomes)} suspended"
        return
    due = "would be due" if report.mode is Mode.REPORT else "due"
    reminders = [outcome for outcome in outcomes if outcome.triggers_digest]
    if not reminders:
        yield f"{len(outcomes)} {due}"
    else:
        when = "tomorrow" if report.are_due_tomorrow(reminders) else "soon"
        yield f"{len(reminders)} {due} {when}"


def _message(report: Report, page: Page, forms: Callable[[str, str], dict[str, str]]) -> Message:
    document = json.dumps(_document(report, page), ensure_ascii=True, separators=(",", ":"))
    return Message(
        subject=subject(report, page.label),
        variants=forms(render(report, page), document),
        attributes={
            "mode": str(report.mode),
            "severity": severity(report),
            "account_id": report.account_id,
            "event": tuple(sorted(_events(report, page))) or ("listed",),
        },
    )


def _events(report: Report, page: Page) -> Iterator[str]:
    """Return what one message reports: the sections that triggered it, and what is no key's."""
    yield from {str(outcome.section) for outcome in page.outcomes if outcome.triggers_digest}
    if report.suspended_since:
        yield "suspended"
    if report.contacts.news.needs_digest:
        yield "owners"
    if page.number < page.total:
        return
    if report.changed_parameters or report.ended_exemptions:
        yield "settings"
    if report.unmatched_listed or report.exemption_news.needs_digest:
        yield "exemptions"


def severity(report: Report) -> str:
    """Return how urgent a digest is: `error`, `warning` or `info`."""
    sections = {outcome.section for outcome in report.outcomes}
    if Section.FAILED in sections:
        return "error"
    serious = {
        Section.DEACTIVATED,
        Section.DELETED,
        Section.HELD,
        Section.DEFERRED,
        Section.WAITING,
    }
    warns = sections & serious or report.suspended_since or report.contacts.news.needs_digest
    return "warning" if warns else "info"


def _document(report: Report, page: Page) -> Document:
    by_section: dict[str, list[Document]] = {}
    for outcome in page.outcomes:
        by_section.setdefault(str(outcome.section), []).append(full_entry(outcome, report.now))
    return {
        "run_id": report.run_id,
        "version": __version__,
        "mode": str(report.mode),
        "account_id": report.account_id,
        "account_alias": report.account_alias or None,
        "at": report.now.instant.isoformat(),
        "message": page.number,
        "messages": page.total,
        "part": report.facts.number + 1,
        "users_left": report.users_left,
        "backlog": report.backlog
        and {"keys": report.backlog.keys, "last_day": report.backlog.last_day.isoformat()},
        "users": report.user_count,
        "keys": report.key_count,
        **by_section,
        **_owners(report, page),
        **settings_document(report),
        "suspended_since": {kind: day.isoformat() for kind, day in report.suspended_since.items()},
        "left_out": {str(section): number for section, number in page.left_out.items()},
    }


def _owners(report: Report, page: Page) -> Document:
    """Return what the first message reports of mails to owners; nothing if they get none."""
    contacts = report.contacts
    return owners_document(contacts.news) if contacts.policy and page.number == 1 else {}


def full_entry(outcome: Outcome, now: Now) -> Document:
    """Return everything that programs read of one key."""
    newer = outcome.details.newer
    extras: Mapping[str, object] = {
        **_where(outcome.last_use),
        "description": outcome.details.description,
        "tags": dict(outcome.details.tags),
        "owner": owner_document(outcome.details.owner),
        "newer_key": newer
        and {
            "access_key_id": newer.access_key_id,
            "last_used": iso_time(newer.last_use.at if newer.last_use else None),
        },
        "restore": _restore(outcome),
        "replace": _replace(outcome),
        "would": outcome.dry_run or None,
        "reminder": outcome.triggers_digest if outcome.section is Section.UPCOMING else None,
        "done_at": iso_time(outcome.happened_at),
    }
    return key_entry(outcome, now) | {name: fact for name, fact in extras.items() if fact}


def _where(last_use: LastUse | None) -> Document:
    if last_use is None:
        return {}
    return {"last_used_service": last_use.service, "last_used_region": last_use.region}


def _restore(outcome: Outcome) -> str | None:
    if not is_restorable(outcome):
        return None
    return one_line(restore_command(outcome.user_name, str(outcome.access_key_id)))


def _replace(outcome: Outcome) -> list[str]:
    key_id = outcome.access_key_id
    if not is_to_be_replaced(outcome) or key_id is None:
        return []
    commands = replacement_commands(outcome.user_name, key_id, outcome.details)
    return [one_line(command) for command in commands]
