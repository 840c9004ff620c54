"""The end of the e-mail: exemptions that need a look, and what was edited since the last run."""

from collections.abc import Iterator

from key_rotation.domain.exemption_changes import Change, ExemptionChange
from key_rotation.domain.settings import EXEMPTION, Parameter
from key_rotation.reporting.exemption_news import as_many_as_fit
from key_rotation.reporting.formatting import format_date, sanitize_line, wrap, wrap_foreign
from key_rotation.reporting.report import Report

REMOVED_BY = "Parameter Store does not tell who removed one; CloudTrail does, as DeleteParameter."
NOT_COMPARED = "These are too many to remember: only the first by name are compared here."
CHAT = "CHAT: the last message to the chat topic was not sent"
UNKNOWN = "its editor could not be read"


def settings_blocks(report: Report) -> Iterator[str]:
    """Write a paragraph for each kind of news; nothing where there is none."""
    for lines in (_unmatched, _ended, _ending, _changed_exemptions, _changed_settings, _chat):
        if text := "\n".join(lines(report)):
            yield text


def _unmatched(report: Report) -> Iterator[str]:
    listed, more = as_many_as_fit(report.unmatched_listed)
    if listed:
        yield "EXEMPTIONS THAT MATCH NOTHING: no user and no key"
    for entry in listed:
        yield from wrap("  ", sanitize_line(str(entry)))
        near = ", ".join(map(sanitize_line, report.near.get(str(entry), ())))
        yield from wrap("    ", f"near: {near}") if near else ()
    yield from _more(more)


def _ended(report: Report) -> Iterator[str]:
    listed, more = as_many_as_fit(report.ended_exemptions)
    if listed:
        yield "EXEMPTIONS THAT ENDED: these entries no longer apply"
    for entry in listed:
        yield from wrap_foreign("  ", sanitize_line(entry))
    yield from _more(more)


def _ending(report: Report) -> Iterator[str]:
    listed, more = as_many_as_fit(report.exemption_news.ending_listed)
    if listed:
        yield "EXEMPTIONS THAT END SOON: then the keys get a new notice"
    for entry in listed:
        yield from wrap_foreign("  ", sanitize_line(str(entry)))
        yield from wrap("    ", f"last day: {format_date(entry.until)}") if entry.until else ()
    yield from _more(more)


def _changed_exemptions(report: Report) -> Iterator[str]:
    news = report.exemption_news
    if not news.changed:
        return
    yield "EXEMPTION PARAMETERS: changed since the last run"
    listed, more = as_many_as_fit(news.changes)
    for change in listed:
        yield from _exemption(change, report)
    yield from _more(more)
    if not news.complete:
        yield from wrap("  ", NOT_COMPARED)
    if any(change.change is Change.REMOVED for change in listed):
        yield from wrap("  ", REMOVED_BY)


def _exemption(change: ExemptionChange, report: Report) -> Iterator[str]:
    yield from wrap_foreign("  ", f"{change.change} {sanitize_line(change.name)}")
    if change.now:
        yield from wrap_foreign("      now: ", sanitize_line(change.now.value))
    if change.before:
        yield from wrap_foreign("      was: ", sanitize_line(change.before.value))
    if change.now:
        yield from _editor(report, f"{EXEMPTION}/{change.name}")


def _changed_settings(report: Report) -> Iterator[str]:
    changed = report.changed_parameters
    if not changed:
        return
    yield "SETTINGS: changed since the last run, marked with *"
    for name, parameter in sorted(report.settings.raw.items()):
        before = report.previous.parameters.get(name) if name in changed else None
        yield from _setting(f"  {'*' if name in changed else ' '} {name}:", parameter, before)
        yield from _editor(report, name) if name in changed else ()


def _chat(report: Report) -> Iterator[str]:
    yield from chat_block(report.previous.chat_failure)


def chat_block(failure: str) -> Iterator[str]:
    """Write why the last chat message was not accepted; nothing for an empty failure."""
    if failure:
        yield CHAT
        yield from wrap_foreign("  ", sanitize_line(failure, 400))


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


def _editor(report: Report, name: str) -> Iterator[str]:
    """Write who last edited a parameter, without the account that the head names."""
    if name not in report.editors:
        return
    arn = report.editors[name]
    who = f"by {sanitize_line(arn.split(':', 5)[-1])}" if arn else UNKNOWN
    yield from wrap_foreign("      ", who)


def _more(count: int) -> Iterator[str]:
    if count:
        yield f"  and {count:,} more"


def _lines(parameter: Parameter) -> list[str]:
    return [sanitize_line(line) for line in parameter.value.splitlines() if line.strip()]
