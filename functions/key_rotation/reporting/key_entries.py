"""The lines of a message that are about one key."""

from collections.abc import Iterable, Iterator

from key_rotation.domain.model import Now, Reason
from key_rotation.reporting.formatting import (
    age_days,
    format_date,
    last_use_text,
    restore_command,
    sanitize_line,
    wrap,
)
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report

LONG_NAME = 20
"""A longer name stands in a line of its own in a table."""


def block(outcome: Outcome, report: Report) -> list[str]:
    """Give one key in full: what comes, how old, how used, why, and what to run."""
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
        facts.append(f"description: {sanitize_line(outcome.details.description)}")
    facts.append(sanitize_line(outcome.reason, 400))
    if outcome.happened_at:
        facts.append(
            f"done {outcome.happened_at:%Y-%m-%d %H:%M} UTC by a run that could not tell it"
        )
    for fact in facts:
        lines += wrap("    ", fact) if fact else []
    return lines + _restore(outcome)


def table(outcomes: Iterable[Outcome], report: Report) -> Iterator[str]:
    """One or two lines a key, under a line for each thing that comes."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(_group(outcome, report), []).append(outcome)
    for title, members in groups.items():
        width = min(LONG_NAME, max(len(sanitize_line(outcome.user_name)) for outcome in members))
        restore = any(_restore(outcome) for outcome in members)
        then = "; until then, this turns it on again" if restore else ""
        yield from wrap("  ", f"{title}{then}:")
        for outcome in members:
            yield from _row(outcome, width, report.now)
            yield from _restore(outcome, until=False)


def _group(outcome: Outcome, report: Report) -> str:
    comes = _what_comes(outcome, report)
    if outcome.section is Section.EXEMPT:
        return f"{comes}{sanitize_line(outcome.reason).removeprefix(Reason.EXEMPT)}"
    return comes or sanitize_line(outcome.reason)


def _row(outcome: Outcome, width: int, now: Now) -> Iterator[str]:
    name, key_id = (
        sanitize_line(outcome.user_name),
        sanitize_line(outcome.access_key_id or "(all keys)"),
    )
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
        return f"until {format_date(outcome.due)}" if outcome.due else "no end"
    if outcome.due is None:
        return ""
    day = format_date(outcome.due)
    if outcome.section is Section.NOTICED or outcome.reason == Reason.NOTICE_RUNNING:
        return f"stops working on {day}"
    if not report.settings.delete_unused_keys:
        return f"window ends on {day}; not deleted, since delete-unused-keys is false"
    return f"deleted on {day} if it stays unused"


def _restore(outcome: Outcome, *, until: bool = True) -> list[str]:
    ours = outcome.section is Section.DEACTIVATED or (
        outcome.triggers_digest and outcome.reason == Reason.IN_WINDOW
    )
    if not ours or outcome.dry_run or outcome.due is None:
        return []
    command = [f"      {line}" for line in restore_command(outcome)]
    day = [f"    to turn it on again, before {format_date(outcome.due)}:"] if until else []
    return [*day, *command]


def _name(outcome: Outcome) -> str:
    key_id = sanitize_line(outcome.access_key_id or "(all keys)")
    return f"{sanitize_line(outcome.user_name)}  {key_id}"


def _age(outcome: Outcome, now: Now) -> str:
    age = age_days(outcome, now)
    return "" if age is None else f"{age} days old"


def _use(outcome: Outcome, now: Now) -> str:
    return f"; {last_use_text(outcome.last_use, now)}" if outcome.last_use else ""
