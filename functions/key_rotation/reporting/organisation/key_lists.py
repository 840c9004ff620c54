"""The sections of an organization's e-mail: the keys of all accounts below one heading."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from key_rotation.reporting.email_body import MAX_DETAILED, heading
from key_rotation.reporting.formatting import wrap, wrap_foreign
from key_rotation.reporting.headings import ADVICE, SHORT, SOON, TOMORROW, TWO_KEYS, underlined
from key_rotation.reporting.key_entries import (
    detailed_entry,
    group_title,
    is_restorable,
    restore_template,
    short_entry,
)
from key_rotation.reporting.key_limit import key_to_delete
from key_rotation.reporting.organisation.key_entry import KeyEntry, place_of
from key_rotation.reporting.organisation.report import AccountReport
from key_rotation.reporting.outcome import Outcome, Section

Pair = tuple[AccountReport, Outcome]
WHERE = ", with the profile of its account"


def key_sections(entries: Iterable[KeyEntry]) -> Iterator[str]:
    """Write a paragraph for each heading, advice and key."""
    pairs = [(entry.account, outcome) for entry in entries for outcome in entry.outcomes]
    for section in Section:
        for dry_run in (False, True):
            listed = [
                (account, outcome)
                for account, outcome in pairs
                if outcome.section is section and outcome.dry_run is dry_run
            ]
            yield from _reminders(listed) if section is Section.UPCOMING else ()
            if section is Section.UPCOMING:
                listed = [pair for pair in listed if not pair[1].triggers_digest]
            yield from _section(section, listed, dry_run=dry_run)


def _reminders(listed: Iterable[Pair]) -> Iterator[str]:
    reminders = _by_day(pair for pair in listed if pair[1].triggers_digest)
    tomorrow = all(account.report.are_due_tomorrow([o]) for account, o in reminders)
    yield from _keys(TOMORROW if tomorrow else SOON, reminders, short=False)


def _section(section: Section, listed: Sequence[Pair], *, dry_run: bool) -> Iterator[str]:
    """Write the keys of a section, those of accounts where changes are paused apart."""
    listed = _by_day(listed) if section is Section.UPCOMING else listed
    titles: dict[str, list[Pair]] = {}
    for account, outcome in listed:
        title = heading(section, dry_run=dry_run, paused=account.report.settings.paused)
        titles.setdefault(title, []).append((account, outcome))
    advice = "" if dry_run else ADVICE.get(section, "")
    for title, pairs in titles.items():
        yield from _keys(title, pairs, short=section in SHORT, advice=advice)


def _by_day(pairs: Iterable[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: pair[1].due or date.max)


def _keys(title: str, pairs: Sequence[Pair], *, short: bool, advice: str = "") -> Iterator[str]:
    """Write a heading and its keys; nothing where there is no key."""
    if not pairs:
        return
    yield underlined(f"{title} ({len(pairs):,})")
    if advice:
        yield textwrap.indent(advice, "  ")
    if short or len(pairs) > MAX_DETAILED:
        if any(key_to_delete(outcome) for _, outcome in pairs):
            yield textwrap.indent(TWO_KEYS, "  ")
        yield "\n".join(_short(pairs))
        return
    for account, outcome in pairs:
        yield "\n".join(detailed_entry(outcome, account.report, place_of(account)))


def _short(pairs: Iterable[Pair]) -> Iterator[str]:
    """Write one or two lines a key, by what comes, and below that by account."""
    groups: dict[str, dict[str, list[Pair]]] = {}
    for account, outcome in pairs:
        accounts = groups.setdefault(group_title(outcome, account.report), {})
        accounts.setdefault(account.account_id, []).append((account, outcome))
    for title, accounts in groups.items():
        _, first = next(iter(accounts.values()))[0]
        write = wrap_foreign if first.detail else wrap
        yield from write("  ", f"{title}:")
        yield from restore_template(WHERE) if is_restorable(first) else ()
        for members in accounts.values():
            yield from wrap_foreign("    ", f"in {place_of(members[0][0]).text}:")
            for account, outcome in members:
                yield from short_entry(outcome, account.report)
