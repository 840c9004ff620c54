"""The digest as a person reads it: plain text for a mail client of 72 columns."""

import textwrap
from collections.abc import Iterator, Sequence

from key_rotation.domain.model import Mode, Scan
from key_rotation.domain.settings import Parameter
from key_rotation.reporting.formatting import WIDTH, format_date, pluralize, sanitize_line, wrap
from key_rotation.reporting.key_entries import block, table
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report

DETAILED = 30
"""A heading with more keys than this gives each of them one or two lines."""

HEADINGS = {
    Section.DEACTIVATED: "DEACTIVATED: these keys no longer work",
    Section.DELETED: "DELETED: gone for good",
    Section.EXTENDED: "EXTENDED: the grace window starts again",
    Section.ADOPTED: "ADOPTED: found inactive; a grace window opens today",
    Section.WITHDRAWN: "WITHDRAWN: the notice is void, the key keeps working",
    Section.CLOSED: "CLOSED: the owner removed the key; nothing is left to do",
    Section.NOTICED: "NOTICED: these keys will stop working",
    Section.UPCOMING: "UPCOMING",
    Section.DEFERRED: "DEFERRED: over the limit of changes in one run",
    Section.FAILED: "FAILED: left alone; a person must look",
    Section.HELD: "HELD: nothing more is done until a person has looked",
    Section.EXEMPT: "EXEMPT: never acted on",
}
TOMORROW = "TOMORROW: last reminder"
SUMMARY = {
    "Done": (
        Section.DEACTIVATED,
        Section.DELETED,
        Section.EXTENDED,
        Section.ADOPTED,
        Section.WITHDRAWN,
        Section.CLOSED,
    ),
    "Coming": (Section.NOTICED, Section.UPCOMING, Section.DEFERRED),
    "Look at": (Section.FAILED, Section.HELD),
    "Exempt": (Section.EXEMPT,),
}
SHORT = frozenset({Section.UPCOMING, Section.EXEMPT, Section.DEFERRED})
ADVICE = {
    Section.NOTICED: "Owner: make a new key, put it to use, then turn the old one off:\n"
    "  aws iam create-access-key --user-name USER\n"
    "  aws iam update-access-key --status Inactive \\\n"
    "    --user-name USER --access-key-id OLD_KEY",
    Section.HELD: "Find out who needs it; the runbook says how to go on.",
}


def render(report: Report) -> str:
    """Put a report into words; every line is made of one line's worth of facts."""
    parts = [_head(report), *_changes(report)]
    for sections in SUMMARY.values():
        for section in sections:
            for would in (False, True):
                outcomes = [o for o in report.in_section(section) if o.dry_run is would]
                parts += _section(report, section, outcomes)
    parts.append(_foot(report))
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report) -> str:
    now = report.now
    at = now.instant.astimezone(now.zone)
    size = f"{pluralize(report.users, 'user')}, {pluralize(report.keys, 'key')}"
    lines = [
        f"Key rotation in account {report.account_id}",
        f"{format_date(now.today)}, {at:%H:%M %Z}. {size}.",
        "",
    ]
    if report.mode is Mode.REPORT:
        lines += ["REPORT MODE: nothing was changed. Below is what enforce mode would do.", ""]
    for title, sections in SUMMARY.items():
        counts = [f"{n} {s}" for s in sections if (n := len(report.in_section(s)))]
        if counts:
            lines += wrap(f"  {title:<9}", ", ".join(counts))
    days = [o.due for o in report.outcomes if o.due and o.section is not Section.EXEMPT]
    if days:
        lines.append(f"  {'Next':<9}{format_date(min(days))}")
    return "\n".join(lines)


def _changes(report: Report) -> Iterator[str]:
    if changed := report.changed_parameters:
        lines = ["SETTINGS: changed since the last run, marked with *"]
        for name, parameter in sorted(report.settings.raw.items()):
            before = report.previous.parameters.get(name) if name in changed else None
            lines += _setting(f"  {'*' if name in changed else ' '} {name}:", parameter, before)
        yield "\n".join(lines)
    if ended := report.ended_exemptions:
        lines = ["EXEMPTIONS THAT ENDED: these entries no longer exempt"]
        yield "\n".join(lines + [line for e in ended for line in wrap("  ", sanitize_line(e))])


def _setting(name: str, parameter: Parameter, before: Parameter | None) -> Iterator[str]:
    """Give a parameter, and what it was; a text of several lines stands below its name."""
    now, was = _entries(parameter), _entries(before) if before else []
    if len(now) <= 1 and len(was) <= 1:
        version = f"version {parameter.version}{f', was {was[0]}' if was else ''}"
        yield from wrap(f"{name} ", f"{' '.join(now)} ({version})")
        return
    yield f"{name} (version {parameter.version})"
    for entry in now:
        yield from wrap("        ", entry)
    for entry in was:
        yield from wrap("        was: ", entry)


def _entries(parameter: Parameter) -> list[str]:
    return [sanitize_line(entry) for entry in parameter.value.splitlines() if entry.strip()]


def _section(report: Report, section: Section, outcomes: list[Outcome]) -> Iterator[str]:
    if section is Section.UPCOMING:
        if reminded := [o for o in outcomes if o.triggers_digest]:
            yield _heading(TOMORROW, reminded)
            yield from ("\n".join(block(o, report)) for o in reminded)
        outcomes = [o for o in outcomes if not o.triggers_digest]
    if not outcomes:
        return
    yield _heading(HEADINGS[section], outcomes)
    if section in ADVICE:
        yield textwrap.indent(ADVICE[section], "  ")
    if section in SHORT or len(outcomes) > DETAILED:
        yield "\n".join(table(outcomes, report))
    else:
        yield from ("\n".join(block(o, report)) for o in outcomes)


def _heading(title: str, outcomes: Sequence[Outcome]) -> str:
    line = f"{'WOULD BE ' if outcomes[0].dry_run else ''}{title} ({len(outcomes)})"
    return f"{line}\n{'-' * min(len(line), WIDTH)}"


def _foot(report: Report) -> str:
    lines = []
    if report.left_out:
        counts = ", ".join(f"{n} {section}" for section, n in report.left_out.items())
        lines += wrap("", f"Left out, since a message holds 256 KiB: {counts}.")
    lines += wrap("", _coverage(report))
    lines += wrap("", f"Run {report.run_id}. Rules and thresholds: parameters /key-rotation/*.")
    return "\n".join(lines)


def _coverage(report: Report) -> str:
    """Say whom this run asked for keys."""
    asked = len(report.inventory.read_user_ids)
    match report.inventory.scan:
        case Scan.FULL:
            text = report.inventory.note or "Keys were read of everybody (the weekly sweep)."
        case Scan.TARGETED:
            text = f"By the credential report, keys were read of {pluralize(asked, 'user')}."
        case _:
            text = ""
    return text
