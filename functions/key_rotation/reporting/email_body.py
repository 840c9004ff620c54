"""The digest as a person reads it: plain text, at most 72 columns, readable on a phone."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from key_rotation import __version__
from key_rotation.domain.inventory import Scan
from key_rotation.reporting.email_head import head
from key_rotation.reporting.email_owners import owners_not_reached
from key_rotation.reporting.email_settings import settings_blocks
from key_rotation.reporting.formatting import pluralize, wrap, wrap_foreign
from key_rotation.reporting.headings import (
    ADVICE,
    DRY_RUN_HEADINGS,
    HEADINGS,
    PAUSED_HEADINGS,
    SHORT,
    SOON,
    TOMORROW,
    TWO_KEYS,
    count_text,
    underlined,
)
from key_rotation.reporting.key_entries import detailed_entry, short_entries
from key_rotation.reporting.key_limit import key_to_delete
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


def render(report: Report, page: Page) -> str:
    """Write one message of a digest."""
    parts = [head(report, page.label, page.total)]
    if page.number == 1:
        parts += owners_not_reached(report.contacts.news)
    for section in Section:
        for dry_run in (False, True):
            outcomes = [
                outcome
                for outcome in page.outcomes
                if outcome.section is section and outcome.dry_run is dry_run
            ]
            parts += _section(report, section, outcomes)
    if page.number == page.total:
        parts += settings_blocks(report)
    parts.append(_foot(report, page))
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(report: Report, section: Section, outcomes: list[Outcome]) -> Iterator[str]:
    if section is Section.UPCOMING:
        outcomes = sorted(outcomes, key=lambda outcome: outcome.due or date.max)
        reminders = [outcome for outcome in outcomes if outcome.triggers_digest]
        title = TOMORROW if report.are_due_tomorrow(reminders) else SOON
        yield from _entries(report, title, reminders, short=False)
        outcomes = [outcome for outcome in outcomes if not outcome.triggers_digest]
    dry_run = any(outcome.dry_run for outcome in outcomes)
    advice = "" if dry_run else ADVICE.get(section, "")
    title = heading(section, dry_run=dry_run, paused=report.settings.paused)
    yield from _entries(report, title, outcomes, short=section in SHORT, advice=advice)


def heading(section: Section, *, dry_run: bool, paused: bool) -> str:
    """Return the heading of a section.

    paused: whether no key is changed in the account
    """
    if dry_run:
        return DRY_RUN_HEADINGS[section]
    return PAUSED_HEADINGS.get(section, HEADINGS[section]) if paused else HEADINGS[section]


def _entries(
    report: Report, title: str, outcomes: Sequence[Outcome], *, short: bool, advice: str = ""
) -> Iterator[str]:
    """Write a heading and its keys; nothing where there is no key."""
    if not outcomes:
        return
    yield underlined(f"{title} ({len(outcomes)})")
    if advice:
        yield textwrap.indent(advice, "  ")
    if short or len(outcomes) > MAX_DETAILED:
        if any(map(key_to_delete, outcomes)):
            yield textwrap.indent(TWO_KEYS, "  ")
        yield "\n".join(short_entries(outcomes, report))
    else:
        yield from ("\n".join(detailed_entry(outcome, report)) for outcome in outcomes)


def _foot(report: Report, page: Page) -> str:
    lines = []
    if page.left_out:
        counts = ", ".join(count_text(section, n) for section, n in page.left_out.items())
        lines += wrap("", f"Left out, because the message is limited to 256 KiB: {counts}.")
    lines += wrap_foreign("", _scan(report))
    if report.users_left:
        users = pluralize(report.users_left, "user")
        lines += wrap("", f"The time ran out: the next part of this run reads {users}.")
    lines += wrap("", f"Run {report.run_id}, key-rotation {__version__}.")
    return "\n".join(lines)


def _scan(report: Report) -> str:
    """Write whose keys this run, or this part of it, read."""
    facts = report.facts
    users = pluralize(facts.users_read, "user")
    if report.is_part:
        part = f"Part {facts.number + 1} of the run: the keys of {users} were read."
        return f"{part} {facts.note}".strip()
    if facts.scan is Scan.FULL:
        return facts.note or "Weekly full scan: the keys of all users were read."
    return f"The keys of {users} were read, chosen by the credential report."
