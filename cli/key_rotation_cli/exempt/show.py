"""What `exempt` shows to people."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text

from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.model import AccessKey
from key_rotation.reporting.formatting import format_date, pluralize, sanitize_line
from key_rotation_cli.exempt.changes import Change, Delete, Put, commands_of
from key_rotation_cli.exempt.coverage import Coverage
from key_rotation_cli.exempt.stored import StoredEntry, StoredExemptions

MOST_KEYS = 10
COUNTS = "It counts from the next scheduled run on."
DAYS_LEFT_SOON = 14


def show_entry(to: Console, title: str, entry: Exemption) -> None:
    """Show one entry below a title."""
    to.print(Text(title, style="bold"))
    facts = {"pattern": entry.pattern, "until": _until(entry), "reason": entry.reason or ""}
    for name, value in facts.items():
        to.print(Text(f"  {name:<9}{sanitize_line(value, 4096)}"))


def show_others(
    to: Console, stored: StoredExemptions, entry: Exemption, change: Put | None
) -> None:
    """Show what a change replaces, the other entries with the same pattern, and bad ones."""
    target = change.parameter if change else ""
    for each in stored.with_pattern(entry.pattern):
        line, other = sanitize_line(each.text), each.entry
        if each.parameter == target:
            to.print(Text(f"  replaces {line}"))
        elif other and other != entry:
            counts = "which counts, since it lasts" if _lasts_longer(other, entry) else "and lasts"
            longer = "longer" if _lasts_longer(other, entry) else "no longer"
            _warn(to, f"{each.parameter} has the same pattern ({line}), {counts} {longer}.")
    show_bad(to, stored.entries)


def show_bad(to: Console, entries: Iterable[StoredEntry]) -> None:
    """Warn of each entry that is not accepted."""
    for each in entries:
        if each.entry is None:
            text = f"{each.parameter}: {sanitize_line(each.text)!r} is not accepted"
            _warn(to, f"{text}, and stops each run. Correct it, or delete it with:")
            to.print(Text(f"  {_deletion(each)}"), soft_wrap=True)


def _deletion(bad: StoredEntry) -> str:
    if bad.in_old:
        return f"key-rotation exempt remove -- {shlex.quote(bad.text)}"
    return Delete(parameter=bad.parameter).command


def show_removed(to: Console, entries: Iterable[StoredEntry]) -> None:
    """Show the entries that are to be removed, and where they stand."""
    to.print(Text("Remove", style="bold"))
    for each in entries:
        to.print(Text(f"  {each.parameter}: {sanitize_line(each.text)}"))


def show_then_exempt(
    to: Console, left: Iterable[StoredEntry], keys: Iterable[AccessKey], today: date
) -> None:
    """Show what becomes of the keys of a removed entry, and which other entries cover them."""
    to.print("Its keys then get a new, full notice before anything happens to them.")
    for each in left:
        entry = each.entry
        covered = sum(entry.covers(key) for key in keys) if entry else 0
        if entry and covered and not entry.ended(today):
            text = f"{each.parameter} ({sanitize_line(each.text)}) still exempts"
            _warn(to, f"{text} {pluralize(covered, 'key')} of these.")


def show_moved(to: Console, changes: Sequence[Change]) -> None:
    """Show what is to be moved: new parameters first, the old one last."""
    to.print(Text("Move the lines of the old parameter", style="bold"))
    to.print("The new parameters are written first, so that the same set is in force throughout.")
    show_changes(to, changes)


def order(stored: StoredEntry) -> tuple[bool, date, str]:
    """Return the place of an entry in the list: what is not accepted, then what ends first."""
    entry = stored.entry
    return (entry is not None, (entry and entry.until) or date.max, stored.text.casefold())


def show_coverage(to: Console, entry: Exemption, coverage: Coverage) -> None:
    """Show which users and keys an entry covers, and warn if they are none or all."""
    users, keys = coverage.users_of(entry), coverage.keys_of(entry)
    if coverage.problem:
        _warn(to, f"Which keys it covers could not be read. {coverage.problem}")
    elif not users and not keys:
        _warn(to, "It matches no user and no key today. Each digest will name it.")
    else:
        by_name = f"{pluralize(len(users), 'user')} and " if users else ""
        to.print(f"It covers {by_name}{pluralize(len(keys), 'key')} today.", markup=False)
    for key in keys[:MOST_KEYS]:
        status = sanitize_line(key.status_text)
        to.print(Text(f"  {key.access_key_id}  {sanitize_line(key.user.name)}  {status}"))
    if len(keys) > MOST_KEYS:
        to.print(f"  and {len(keys) - MOST_KEYS:,} more")
    if coverage.is_everybody(entry):
        _warn(to, "It covers EVERY user of the account: no key is rotated while it is in force.")


def show_changes(to: Console, changes: Sequence[Change]) -> None:
    """Show what is to be written, and the equivalent commands, each in a line of its own."""
    verbs = {"create": 0, "edit": 0, "delete": 0}
    for change in changes:
        verbs[_verb(change)] += 1
    counted = [f"{verb} {pluralize(n, 'parameter')}" for verb, n in verbs.items() if n]
    to.print(Text(f"This will {' and '.join(counted)}."))
    to.print(Text("Equivalent commands:" if len(changes) > 1 else "Equivalent command:"))
    for command in commands_of(changes):
        to.print(Text(f"  {command}"), soft_wrap=True)


def show_list(
    to: Console,
    entries: Sequence[StoredEntry],
    coverage: Coverage,
    editors: Mapping[str, str | None],
    today: date,
) -> None:
    """Show all entries, and below them what needs a look."""
    if not entries:
        to.print("No exemptions.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("PATTERN", "UNTIL", "KEYS", "REASON", "PARAMETER", "CHANGED BY"):
        table.add_column(title, overflow="fold", no_wrap=title == "UNTIL")
    for each in entries:
        table.add_row(*_row(each, coverage, editors, today))
    to.print(table)
    to.print(Text(_summary(entries, today)))
    show_bad(to, entries)
    if coverage.problem:
        _warn(to, f"Which keys they cover could not be read. {coverage.problem}")


def _row(
    stored: StoredEntry, coverage: Coverage, editors: Mapping[str, str | None], today: date
) -> Iterable[Text]:
    entry, arn = stored.entry, editors.get(stored.parameter)
    where = stored.place
    who = sanitize_line(arn.split(":", 5)[-1]) if arn else "not known"
    if entry is None:
        cells = [sanitize_line(stored.text), "not accepted", "", "", where, who]
        return [Text(cell, style="red") for cell in cells]
    keys = "?" if coverage.problem else f"{len(coverage.keys_of(entry)):,}"
    until = Text(entry.until.isoformat() if entry.until else "forever", style=_style(entry, today))
    reason = sanitize_line(entry.reason or "")
    texts = (sanitize_line(entry.pattern), keys, reason, where, who)
    pattern, count, *others = map(Text, texts)
    return [pattern, until, count, *others]


def _style(entry: Exemption, today: date) -> str:
    if entry.until is None:
        return ""
    left = (entry.until - today).days
    if left < 0:
        return "dim"
    return "yellow" if left <= DAYS_LEFT_SOON else ""


def _summary(entries: Sequence[StoredEntry], today: date) -> str:
    ended = sum(each.entry is not None and each.entry.ended(today) for each in entries)
    more = f"; {ended:,} of them ended and exempt nothing" if ended else ""
    count = "1 exemption" if len(entries) == 1 else f"{len(entries):,} exemptions"
    return f"{count}{more}."


def _lasts_longer(one: Exemption, other: Exemption) -> bool:
    return (one.until or date.max) > (other.until or date.max)


def _until(entry: Exemption) -> str:
    return format_date(entry.until) if entry.until else "forever"


def _verb(change: Change) -> str:
    match change:
        case Delete():
            return "delete"
        case Put():
            return "create" if change.replaces is None else "edit"


def _warn(to: Console, text: str) -> None:
    to.print(Text(f"Warning: {text}", style="yellow"))
