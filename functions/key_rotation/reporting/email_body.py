"""The digest as a person reads it: plain text, at most 72 columns, readable on a phone."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from key_rotation import __version__
from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Mode
from key_rotation.domain.settings import Parameter
from key_rotation.reporting.commands import key_to_delete
from key_rotation.reporting.formatting import (
    PHONE_WIDTH,
    format_date,
    pluralize,
    sanitize_line,
    wrap,
    wrap_foreign,
)
from key_rotation.reporting.headings import (
    ADVICE,
    DRY_RUN_HEADINGS,
    HEADINGS,
    SHORT,
    SUMMARY,
    TOMORROW,
    TWO_KEYS,
)
from key_rotation.reporting.key_entries import detailed_entry, short_entries
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report

MAX_DETAILED = 30
"""Under a heading with more keys than this, each key gets one or two lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one of the messages of a digest contains.

    number, total: which message it is, of how many
    outcomes: the entries that it lists
    left_out: how many entries of each section are in no message
    """

    number: int
    total: int
    outcomes: tuple[Outcome, ...]
    left_out: Mapping[Section, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """`1 of 2`; empty where there is one message only."""
        return f"{self.number} of {self.total}" if self.total > 1 else ""


def count_text(section: Section, number: int) -> str:
    """Write how many keys a section has: `6 notices`, `1 deactivated`."""
    return pluralize(number, "notice") if section is Section.NOTICED else f"{number:,} {section}"


def render(report: Report, page: Page) -> str:
    """Write one message of a digest."""
    parts = [_head(report, page)]
    for section in Section:
        for dry_run in (False, True):
            outcomes = [
                outcome
                for outcome in page.outcomes
                if outcome.section is section and outcome.dry_run is dry_run
            ]
            parts += _section(report, section, outcomes)
    if page.number == page.total:
        parts += _settings(report)
    parts.append(_foot(report, page))
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report, page: Page) -> str:
    now = report.now
    at = now.instant.astimezone(now.zone)
    alias, account = sanitize_line(report.account_alias), report.account_id
    size = f"{pluralize(report.user_count, 'user')}, {pluralize(report.key_count, 'key')}"
    lines = [
        *wrap_foreign("Key rotation in account ", f"{alias} ({account})" if alias else account),
        *wrap("", f"{format_date(now.today)}, {at:%H:%M %Z}. {size}."),
    ]
    if page.label:
        lines += wrap("", f"E-mail {page.label}; the counts below are of all {page.total}.")
    lines.append("")
    if report.mode is Mode.REPORT:
        lines += ["REPORT MODE: this run changed nothing. Enforce mode would do this:", ""]
    lines += _summary(report)
    days = [o.due for o in report.outcomes if o.due and o.section is not Section.EXEMPT]
    if days:
        lines.append(f"  {'Next due':<9}{format_date(min(days))}")
    return "\n".join(lines)


def _summary(report: Report) -> Iterator[str]:
    """Count what was done and what is coming, apart from what enforce mode would do."""
    done = Counter(o.section for o in report.outcomes if not o.dry_run)
    dry_run = Counter(o.section for o in report.outcomes if o.dry_run)
    for title, sections in SUMMARY.items():
        counts = [count_text(section, done[section]) for section in sections if done[section]]
        yield from wrap(f"  {title:<9}", ", ".join(counts)) if counts else ()
    would = [f"{dry_run[section]:,} {section}" for section in Section if dry_run[section]]
    yield from wrap(f"  {'Would be':<9}", ", ".join(would)) if would else ()


def _section(report: Report, section: Section, outcomes: list[Outcome]) -> Iterator[str]:
    if section is Section.UPCOMING:
        outcomes = sorted(outcomes, key=lambda outcome: outcome.due or date.max)
        reminders = [outcome for outcome in outcomes if outcome.triggers_digest]
        yield from _entries(report, TOMORROW, reminders, short=False)
        outcomes = [outcome for outcome in outcomes if not outcome.triggers_digest]
    dry_run = any(outcome.dry_run for outcome in outcomes)
    heading = DRY_RUN_HEADINGS[section] if dry_run else HEADINGS[section]
    advice = "" if dry_run else ADVICE.get(section, "")
    yield from _entries(report, heading, outcomes, short=section in SHORT, advice=advice)


def _entries(
    report: Report, title: str, outcomes: Sequence[Outcome], *, short: bool, advice: str = ""
) -> Iterator[str]:
    """Write a heading and its keys; nothing where there is no key."""
    if not outcomes:
        return
    line = f"{title} ({len(outcomes)})"
    yield f"{line}\n{'-' * min(len(line), PHONE_WIDTH)}"
    if advice:
        yield textwrap.indent(advice, "  ")
    if short or len(outcomes) > MAX_DETAILED:
        if any(map(key_to_delete, outcomes)):
            yield textwrap.indent(TWO_KEYS, "  ")
        yield "\n".join(short_entries(outcomes, report))
    else:
        yield from ("\n".join(detailed_entry(outcome, report)) for outcome in outcomes)


def _settings(report: Report) -> Iterator[str]:
    if ended := report.ended_exemptions:
        lines = ["EXEMPTIONS THAT ENDED: these entries no longer apply"]
        lines += [line for entry in ended for line in wrap_foreign("  ", sanitize_line(entry))]
        yield "\n".join(lines)
    if changed := report.changed_parameters:
        lines = ["SETTINGS: changed since the last run, marked with *"]
        for name, parameter in sorted(report.settings.raw.items()):
            before = report.previous.parameters.get(name) if name in changed else None
            lines += _setting(f"  {'*' if name in changed else ' '} {name}:", parameter, before)
        yield "\n".join(lines)


def _setting(name: str, parameter: Parameter, before: Parameter | None) -> Iterator[str]:
    """Write a parameter and its earlier value; a value of several lines stands below its name."""
    now, was = _lines(parameter), _lines(before) if before else []
    if len(now) <= 1 and len(was) <= 1:
        version = f"version {parameter.version}{f', was {was[0]}' if was else ''}"
        yield from wrap_foreign(f"{name} ", f"{' '.join(now)} ({version})")
        return
    yield f"{name} (version {parameter.version})"
    for line in now:
        yield from wrap_foreign("        now: ", line)
    for line in was:
        yield from wrap_foreign("        was: ", line)


def _lines(parameter: Parameter) -> list[str]:
    return [sanitize_line(line) for line in parameter.value.splitlines() if line.strip()]


def _foot(report: Report, page: Page) -> str:
    lines = []
    if page.left_out:
        counts = ", ".join(count_text(section, n) for section, n in page.left_out.items())
        lines += wrap("", f"Left out, because the message is limited to 256 KiB: {counts}.")
    lines += wrap_foreign("", _scan(report))
    if continuation := report.part.continuation:
        users = pluralize(len(continuation.user_ids), "user")
        lines += wrap("", f"The time ran out: the next part of this run reads {users}.")
    lines += wrap("", f"Run {report.run_id}, key-rotation {__version__}.")
    return "\n".join(lines)


def _scan(report: Report) -> str:
    """Write whose keys this run read."""
    inventory = report.part.inventory
    if report.part.number:
        return f"This is part {report.part.number + 1} of the run."
    if inventory.scan is Scan.FULL:
        return inventory.note or "Weekly full scan: the keys of all users were read."
    users = pluralize(len(inventory.read_user_ids), "user")
    return f"The keys of {users} were read, chosen by the credential report."
