"""What an organization's e-mail says of the parameters and the exemptions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from key_rotation.domain.settings import Parameter
from key_rotation.reporting.email_settings import REMOVED_BY, UNKNOWN, chat_block
from key_rotation.reporting.formatting import pluralize, sanitize_line, wrap, wrap_foreign
from key_rotation.reporting.organisation.report import OrganisationReport, ParameterChange

T = TypeVar("T")
CHANGED = "SETTINGS: changed since the last digest"
UNREAD = "SETTINGS THAT NOTHING READS: check their names"
ENDED = "ENTRIES THAT ENDED: they no longer apply"
ENDING = "EXEMPTIONS THAT END SOON: then the keys get a new notice"
UNMATCHED = "EXEMPTIONS THAT MATCH NOTHING: no user and no key"
MAX_LINES = 5
"""Lines of one value that are shown; the others are counted."""


def settings_blocks(report: OrganisationReport, most: int) -> Iterator[str]:
    """Write a paragraph for each kind of news; nothing where there is none.

    most: how many entries of each kind are named
    """
    news = report.settings
    ending = [f"{entry} ({pluralize(count, 'account')})" for entry, count in report.ending.items()]
    for title, entries in (
        (UNMATCHED, news.unmatched),
        (ENDED, news.ended),
        (ENDING, ending),
        (UNREAD, tuple(news.unread.values())),
    ):
        yield from _block(title, entries, _line, most)
    yield from _block(CHANGED, news.changes, _change, most)
    if any(change.now is None for change in news.changes):
        yield "\n".join(wrap("  ", REMOVED_BY))
    if chat := "\n".join(chat_block(report.chat_failure)):
        yield chat


def _block(
    title: str, entries: Sequence[T], write: Callable[[T], Iterable[str]], most: int
) -> Iterator[str]:
    """Write a heading and the first entries; nothing where there is none."""
    if not entries:
        return
    lines = [line for entry in entries[:most] for line in write(entry)]
    more = len(entries) - most
    title = "\n".join(wrap("", f"{title} ({len(entries):,})", "  "))
    yield "\n".join([title, *lines, *([f"  and {more:,} more"] if more > 0 else [])])


def _line(entry: str) -> list[str]:
    return wrap_foreign("  ", sanitize_line(entry, 400))


def _change(change: ParameterChange) -> Iterator[str]:
    """Write a parameter, its value now and before, whom it reaches, and who edited it."""
    name, now, before = sanitize_line(change.name), change.now, change.before
    if now is None:
        yield from wrap_foreign("  ", f"removed {name}")
    else:
        verb = "edited" if before else "added"
        yield from wrap_foreign("  ", f"{verb} {name} (version {now.version})")
    removed, added = changed_lines(change)
    yield from _values("now: ", added)
    yield from _values("was: ", removed)
    if now or change.reach:
        yield f"      reaches {pluralize(change.reach, 'account')}"
    if now is None:
        return
    who = f"by {sanitize_line(change.editor.split(':', 5)[-1])}" if change.editor else UNKNOWN
    yield from wrap_foreign("      ", who)


def changed_lines(change: ParameterChange) -> tuple[list[str], list[str]]:
    """Return the lines of the value that are gone, and those that are new."""
    before, now = _lines(change.before), _lines(change.now)
    return [x for x in before if x not in set(now)], [x for x in now if x not in set(before)]


def _values(title: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines[:MAX_LINES]:
        yield from wrap_foreign(f"      {title}", line)
    if len(lines) > MAX_LINES:
        yield f"      {title}and {pluralize(len(lines) - MAX_LINES, 'more line')}"


def _lines(parameter: Parameter | None) -> list[str]:
    value = parameter.value if parameter else ""
    return [sanitize_line(line) for line in value.splitlines() if line.strip()]
