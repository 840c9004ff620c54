"""The digest as a person reads it: plain text for a mail client of 72 columns."""

import shlex
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from key_rotation.model import Coverage, LastUse, Mode, Now, Reason
from key_rotation.outcome import Outcome, Section
from key_rotation.report import Report

WIDTH = 72
LONG_NAME = 20
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
    Section.HELD: "Turned on again and again: find out who needs it; see the runbook.",
}


def render(report: Report) -> str:
    """Put a report into words; every line is made of one line's worth of facts."""
    parts = [_head(report), *_changes(report)]
    for sections in SUMMARY.values():
        for section in sections:
            for would in (False, True):
                outcomes = [o for o in report.of(section) if o.would is would]
                parts += _section(report, section, outcomes)
    parts.append(_foot(report))
    return "\n\n".join(part for part in parts if part) + "\n"


def one_line(text: str, limit: int = 200) -> str:
    """Make a name or tag safe to print: no control character can begin a line or hide one."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    line = " ".join(plain.split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def long_day(day: date) -> str:
    """Write a day as people say it: `Thu 3 Dec 2026`."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def restore_command(outcome: Outcome) -> tuple[str, ...]:
    """The command that turns a key on again, as the lines of one shell command."""
    user = f"  --user-name {shlex.quote(outcome.user_name)}"
    key = f"--access-key-id {outcome.access_key_id}"
    fits = len(f"      {user} {key}") <= WIDTH
    rest = (f"{user} {key}",) if fits else (f"{user} \\", f"  {key}")
    return ("aws iam update-access-key --status Active \\", *rest)


def last_use_text(last_use: LastUse | None, now: Now) -> str:
    """Say when, by which service and in which Region a key was last used."""
    if last_use is None:
        return "last use not known"
    if last_use.at is None:
        return "never used"
    service = f" by {one_line(last_use.service)}" if last_use.service else ""
    region = f" in {one_line(last_use.region)}" if last_use.region else ""
    return f"last used {long_day(now.day(last_use.at))}{service}{region}"


def age_days(outcome: Outcome, now: Now) -> int | None:
    """The age of the key in calendar days."""
    return (now.today - now.day(outcome.created)).days if outcome.created else None


def _head(report: Report) -> str:
    now = report.now
    at = now.instant.astimezone(now.zone)
    lines = [
        f"Key rotation in account {report.account_id}",
        f"{long_day(now.today)}, {at:%H:%M %Z}. {report.users:,} users, {report.keys:,} keys.",
        "",
    ]
    if report.mode is Mode.REPORT:
        lines += ["REPORT MODE: nothing was changed. Below is what enforce mode would do.", ""]
    for title, sections in SUMMARY.items():
        counts = [f"{n} {s}" for s in sections if (n := len(report.of(s)))]
        if counts:
            lines += _wrapped(f"  {title:<9}", ", ".join(counts))
    days = [o.due for s in SUMMARY["Coming"] for o in report.of(s) if o.due]
    if days:
        lines.append(f"  {'Next':<9}{long_day(min(days))}")
    return "\n".join(lines)


def _changes(report: Report) -> Iterator[str]:
    if changed := report.changed_parameters:
        lines = ["SETTINGS: changed since the last run, marked with *"]
        for name, parameter in sorted(report.settings.raw.items()):
            mark = "*" if name in changed else " "
            before = report.previous.parameters.get(name)
            was = f", was {one_line(before.value)}" if name in changed and before else ""
            text = f"{one_line(parameter.value)} (version {parameter.version}{was})"
            lines += _wrapped(f"  {mark} {name}: ", text)
        yield "\n".join(lines)
    if ended := report.ended_exemptions:
        lines = ["EXEMPTIONS THAT ENDED: these entries no longer exempt"]
        yield "\n".join(lines + [line for e in ended for line in _wrapped("  ", one_line(e))])


def _section(report: Report, section: Section, outcomes: list[Outcome]) -> Iterator[str]:
    if section is Section.UPCOMING:
        if reminded := [o for o in outcomes if o.news]:
            yield _heading(TOMORROW, reminded)
            yield from ("\n".join(_block(o, report)) for o in reminded)
        outcomes = [o for o in outcomes if not o.news]
    if not outcomes:
        return
    yield _heading(HEADINGS[section], outcomes)
    if section in ADVICE:
        yield textwrap.indent(ADVICE[section], "  ")
    if section in SHORT or len(outcomes) > DETAILED:
        yield "\n".join(_table(outcomes, report))
    else:
        yield from ("\n".join(_block(o, report)) for o in outcomes)


def _heading(title: str, outcomes: Sequence[Outcome]) -> str:
    line = f"{'WOULD BE ' if outcomes[0].would else ''}{title} ({len(outcomes)})"
    return f"{line}\n{'-' * min(len(line), WIDTH)}"


def _block(outcome: Outcome, report: Report) -> list[str]:
    now = report.now
    lines = [f"  {_name(outcome)}"]
    facts = [_what_comes(outcome, report), f"{_age(outcome, now)}{_use(outcome, now)}"]
    if outcome.details.newer:
        newer = outcome.details.newer
        use = last_use_text(newer.last_use, now)
        facts.append(f"newer key {newer.access_key_id}: active, {use}")
    elif outcome.section is Section.NOTICED:
        facts.append("no newer key of this user is active")
    if outcome.details.description:
        facts.append(f"description: {one_line(outcome.details.description)}")
    facts.append(one_line(outcome.reason, 400))
    if outcome.earlier:
        facts.append(f"done {outcome.earlier:%Y-%m-%d %H:%M} UTC by a run that could not tell it")
    for fact in facts:
        lines += _wrapped("    ", fact) if fact else []
    return lines + _restore(outcome)


def _table(outcomes: Iterable[Outcome], report: Report) -> Iterator[str]:
    """One or two lines a key, under a line for each thing that comes."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(_group(outcome, report), []).append(outcome)
    for title, members in groups.items():
        width = min(LONG_NAME, max(len(one_line(outcome.user_name)) for outcome in members))
        restore = any(_restore(outcome) for outcome in members)
        then = "; until then, this turns it on again" if restore else ""
        yield from _wrapped("  ", f"{title}{then}:")
        for outcome in members:
            yield from _row(outcome, width, report.now)
            yield from _restore(outcome, until=False)


def _group(outcome: Outcome, report: Report) -> str:
    comes = _what_comes(outcome, report)
    if outcome.section is Section.EXEMPT:
        return f"{comes}{one_line(outcome.reason).removeprefix(Reason.EXEMPT)}"
    return comes or one_line(outcome.reason)


def _row(outcome: Outcome, width: int, now: Now) -> Iterator[str]:
    name, key_id = one_line(outcome.user_name), one_line(outcome.access_key_id or "(all keys)")
    age = age_days(outcome, now)
    facts = f"{key_id:<20}" + ("" if age is None else f"  {age:>4} d  {_short_use(outcome, now)}")
    if len(name) > width:
        yield f"    {name}"
        name = ""
    yield f"    {name:<{width}}  {facts}".rstrip()


def _short_use(outcome: Outcome, now: Now) -> str:
    if outcome.last_use is None:
        return ""
    return f"used {now.day(outcome.last_use.at)}" if outcome.last_use.at else "never used"


def _what_comes(outcome: Outcome, report: Report) -> str:
    if outcome.section is Section.EXEMPT:
        return f"until {long_day(outcome.due)}" if outcome.due else "no end"
    if outcome.due is None:
        return ""
    day = long_day(outcome.due)
    if outcome.section is Section.NOTICED or outcome.reason == Reason.NOTICE_RUNNING:
        return f"stops working on {day}"
    if not report.settings.delete_unused_keys:
        return f"window ends on {day}; not deleted, since delete-unused-keys is false"
    return f"deleted on {day} if it stays unused"


def _restore(outcome: Outcome, *, until: bool = True) -> list[str]:
    ours = outcome.section is Section.DEACTIVATED or (
        outcome.news and outcome.reason == Reason.IN_WINDOW
    )
    if not ours or outcome.would or outcome.due is None:
        return []
    command = [f"      {line}" for line in restore_command(outcome)]
    day = [f"    to turn it on again, before {long_day(outcome.due)}:"] if until else []
    return [*day, *command]


def _name(outcome: Outcome) -> str:
    return f"{one_line(outcome.user_name)}  {one_line(outcome.access_key_id or '(all keys)')}"


def _age(outcome: Outcome, now: Now) -> str:
    age = age_days(outcome, now)
    return "" if age is None else f"{age} days old"


def _use(outcome: Outcome, now: Now) -> str:
    return f"; {last_use_text(outcome.last_use, now)}" if outcome.last_use else ""


def _foot(report: Report) -> str:
    lines = []
    if report.left_out:
        counts = ", ".join(f"{n} {section}" for section, n in report.left_out.items())
        lines += _wrapped("", f"Left out, since a message holds 256 KiB: {counts}.")
    lines += _wrapped("", _coverage(report))
    lines += _wrapped("", f"Run {report.run_id}. Rules and thresholds: parameters /key-rotation/*.")
    return "\n".join(lines)


def _coverage(report: Report) -> str:
    """Say whom this run asked for keys."""
    asked = len(report.seen.asked)
    match report.seen.coverage:
        case Coverage.SWEEP:
            text = report.seen.note or "Everybody was asked for keys (the weekly sweep)."
        case Coverage.CHOSEN:
            text = f"By the credential report, {asked:,} users were asked for keys."
        case _:
            text = ""
    return text


def _wrapped(first: str, text: str, indent: str | None = None) -> list[str]:
    rest = " " * len(first) if indent is None else indent
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
