"""The message and the answer of one run, made from its report."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from key_rotation.domain.model import LastUse, Now
from key_rotation.reporting.email_body import render
from key_rotation.reporting.formatting import age_days, restore_command, sanitize_line
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report
from key_rotation.reporting.sns_message import MAX_BYTES, Message, compact_variants, variants

SUBJECT_LIMIT = 99
"""SNS takes subjects of less than 100 characters (SNS API Reference, Publish)."""
SUBJECT_ORDER = (
    Section.DEACTIVATED,
    Section.DELETED,
    Section.FAILED,
    Section.HELD,
    Section.NOTICED,
    Section.UPCOMING,
    Section.EXTENDED,
    Section.ADOPTED,
    Section.WITHDRAWN,
    Section.CLOSED,
    Section.DEFERRED,
)
Document = dict[str, Any]


def compose(report: Report) -> tuple[Message, Report]:
    """Put a report into a message that SNS takes.

    Returns the message, and the report cut to what the message names.
    """
    whole = _message(report, variants)
    if whole.size <= MAX_BYTES:
        return whole, report
    fits, too_many = 0, len(report.outcomes) + 1
    while too_many - fits > 1:
        room = (fits + too_many) // 2
        if _message(report.truncate(room), compact_variants).size <= MAX_BYTES:
            fits = room
        else:
            too_many = room
    cut = report.truncate(fits)
    return _message(cut, compact_variants), cut


def response(report: Report) -> Document:
    """The run's summary, as its invocation answers it."""
    lists = {
        str(section): [_entry(outcome, report.now) for outcome in report.in_section(section)]
        for section in Section
    }
    return {
        "run_id": report.run_id,
        "mode": str(report.mode),
        "users": report.users,
        "keys": report.keys,
        **lists,
    }


def skipped_response(run_id: str, other_run_id: str) -> Document:
    """What a run answers that left the work to another: it looked at nothing."""
    lists: Document = {str(section): [] for section in Section}
    counts = {"users": 0, "keys": 0}
    return {"run_id": run_id, "mode": None, **counts, **lists, "left_to": other_run_id}


def subject(report: Report) -> str:
    """Say in under 100 printable ASCII characters what happened."""
    head = f"[key-rotation] {report.account_id}: "
    parts = [part for section in SUBJECT_ORDER for part in _counts(report, section)]
    if report.changed_parameters:
        parts.append("settings changed")
    if report.ended_exemptions:
        parts.append("exemption ended")
    line = head + (", ".join(parts) or "nothing to do")
    while len(line) > SUBJECT_LIMIT:
        parts.pop()
        line = head + ", ".join(parts) + ", ..."
    return line


def _counts(report: Report, section: Section) -> Iterator[str]:
    """Count what was done apart from what would be."""
    outcomes = report.in_section(section)
    if section is Section.UPCOMING:
        tomorrow = sum(outcome.triggers_digest for outcome in outcomes)
        if outcomes:
            yield f"{tomorrow} due tomorrow" if tomorrow else f"{len(outcomes)} due"
        return
    done = sum(not outcome.dry_run for outcome in outcomes)
    if done:
        yield f"{done} {section}"
    if would := len(outcomes) - done:
        yield f"{would} would be {section}"


def _message(report: Report, forms: Callable[[str, str], dict[str, str]]) -> Message:
    data = json.dumps(_document(report), ensure_ascii=True, separators=(",", ":"))
    news = {str(o.section) for o in report.outcomes if o.triggers_digest}
    return Message(
        subject=subject(report),
        variants=forms(render(report), data),
        attributes={
            "mode": str(report.mode),
            "severity": _severity(report),
            "account_id": report.account_id,
            "event": tuple(sorted(news)) or ("settings",),
        },
    )


def _severity(report: Report) -> str:
    if report.in_section(Section.FAILED):
        return "error"
    serious = (Section.DEACTIVATED, Section.DELETED, Section.HELD, Section.DEFERRED)
    return "warning" if any(report.in_section(section) for section in serious) else "info"


def _document(report: Report) -> Document:
    lists = {
        str(section): [_full_entry(o, report.now) for o in outcomes]
        for section in Section
        if (outcomes := report.in_section(section))
    }
    settings = {
        name: {"value": parameter.value, "version": parameter.version}
        for name, parameter in report.settings.raw.items()
    }
    return {
        "run_id": report.run_id,
        "mode": str(report.mode),
        "account_id": report.account_id,
        "at": report.now.instant.isoformat(),
        "users": report.users,
        "keys": report.keys,
        **lists,
        "settings": settings if report.changed_parameters else {},
        "changed_settings": sorted(report.changed_parameters),
        "ended_exemptions": list(report.ended_exemptions),
        "left_out": {str(k): n for k, n in report.left_out.items()},
    }


def _entry(outcome: Outcome, now: Now) -> Document:
    return {
        "user": outcome.user_name,
        "access_key_id": outcome.access_key_id,
        "age_days": age_days(outcome, now),
        "last_used": _iso(outcome.last_use.at if outcome.last_use else None),
        "reason": sanitize_line(outcome.reason, 400),
        "due": _iso(outcome.due),
    }


def _full_entry(outcome: Outcome, now: Now) -> Document:
    newer = outcome.details.newer
    extras: Mapping[str, object] = {
        **_where(outcome.last_use),
        "description": outcome.details.description,
        "newer_key": newer
        and {
            "access_key_id": newer.access_key_id,
            "last_used": _iso(newer.last_use.at if newer.last_use else None),
        },
        "restore": _restore(outcome),
        "would": outcome.dry_run or None,
        "reminder": outcome.triggers_digest if outcome.section is Section.UPCOMING else None,
        "done_at": _iso(outcome.happened_at),
    }
    return _entry(outcome, now) | {name: fact for name, fact in extras.items() if fact}


def _where(last_use: LastUse | None) -> Document:
    if last_use is None:
        return {}
    return {"last_used_service": last_use.service, "last_used_region": last_use.region}


def _restore(outcome: Outcome) -> str | None:
    if outcome.section is not Section.DEACTIVATED or outcome.dry_run:
        return None
    return " ".join(line.strip(" \\") for line in restore_command(outcome))


def _iso(moment: date | datetime | None) -> str | None:
    return moment.isoformat() if moment else None
