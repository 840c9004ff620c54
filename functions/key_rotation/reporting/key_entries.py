"""The lines of the e-mail that are about one key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from key_rotation.domain.key_details import KeyToDelete
from key_rotation.domain.model import Now, Reason
from key_rotation.reporting.commands import (
    INDENT,
    Command,
    delete_command,
    restore_command,
)
from key_rotation.reporting.email_owners import owner_line
from key_rotation.reporting.formatting import (
    age_days,
    format_date,
    last_use_text,
    sanitize_line,
    wrap,
    wrap_foreign,
)
from key_rotation.reporting.key_limit import key_to_delete
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The account of a key, where a digest is about several."""

    account_id: str
    name: str

    @property
    def text(self) -> str:
        """Its id and its name, which somebody else chose."""
        return ", ".join(filter(None, (self.account_id, sanitize_line(self.name))))


def detailed_entry(outcome: Outcome, report: Report, place: Place | None = None) -> list[str]:
    """Write one key in full: what comes, its age and use, why, and the command to restore it.

    place: its account, in a digest of several
    """
    facts = [what_comes(outcome, report), _age_and_use(outcome, report)]
    if newer := outcome.details.newer:
        use = last_use_text(newer.last_use, report.now)
        facts.append(f"newer key {newer.access_key_id}: active, {use}")
    elif outcome.section is Section.NOTICED:
        facts.append("this user has no newer active key")
    lines = [f"  {_name(outcome)}"]
    if place:
        lines += wrap_foreign("    ", f"in account {place.text}")
    lines += _lines(facts)
    if outcome.details.description:
        lines += wrap_foreign("    description: ", sanitize_line(outcome.details.description))
    if outcome.details.owner:
        lines += wrap_foreign("    ", owner_line(outcome.details.owner))
    lines += _explanation(outcome)
    if outcome.happened_at:
        lines += _lines([_earlier(outcome.happened_at)])
    return [*lines, *_restore(outcome, place), *_delete_first(outcome, report)]


def _lines(facts: Iterable[str]) -> Iterator[str]:
    """Write facts of this tool, without those that are empty."""
    for fact in facts:
        yield from wrap("    ", fact) if fact else ()


def _explanation(outcome: Outcome) -> list[str]:
    text = sanitize_line(outcome.explanation, 400)
    if not text:
        return []
    return wrap_foreign("    ", text) if outcome.detail else wrap("    ", text)


def short_entries(outcomes: Iterable[Outcome], report: Report) -> Iterator[str]:
    """Write one or two lines a key, under one line for each thing that comes."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(group_title(outcome, report), []).append(outcome)
    for title, members in groups.items():
        write = wrap_foreign if members[0].detail else wrap
        yield from write("  ", f"{title}:")
        if is_restorable(members[0]):
            yield from restore_template()
        for outcome in members:
            yield from short_entry(outcome, report)


def is_restorable(outcome: Outcome) -> bool:
    """Return whether the entry shows the command that turns the key on again."""
    deactivated = outcome.section is Section.DEACTIVATED
    reminded = outcome.triggers_digest and outcome.reason is Reason.IN_WINDOW
    return (deactivated or reminded) and not outcome.dry_run and outcome.due is not None


def _earlier(happened_at: datetime) -> str:
    return f"done {happened_at:%Y-%m-%d %H:%M} UTC by an earlier run whose e-mail was not delivered"


def group_title(outcome: Outcome, report: Report) -> str:
    """Write what stands above the short entries of all keys for which the same comes."""
    title = _title(outcome, report)
    return f"{title}; {_earlier(outcome.happened_at)}" if outcome.happened_at else title


def _title(outcome: Outcome, report: Report) -> str:
    comes = what_comes(outcome, report)
    if outcome.section is Section.EXEMPT:
        return f"{comes}: {sanitize_line(outcome.detail)}" if outcome.detail else comes
    if outcome.section is Section.DEFERRED and outcome.detail:
        return sanitize_line(outcome.detail)
    return comes or sanitize_line(outcome.explanation, 400)


def short_entry(outcome: Outcome, report: Report) -> Iterator[str]:
    """Write one key in one or two lines, and which key its owner must delete first."""
    yield f"    {_name(outcome)}"
    age = age_days(outcome, report.now)
    if age is not None:
        limit = report.settings.max_age.days
        yield f"      {age} d, limit {limit}{_short_use(outcome, report.now)}"
    if first := key_to_delete(outcome):
        yield f"      delete {sanitize_line(first.access_key_id)}"


def _short_use(outcome: Outcome, now: Now) -> str:
    if outcome.last_use is None:
        return ""
    return f", used {now.day(outcome.last_use.at)}" if outcome.last_use.at else ", never used"


def what_comes(outcome: Outcome, report: Report) -> str:
    """Write what happens to a key, and on which day; nothing where no day comes."""
    if outcome.section is Section.EXEMPT:
        return f"until {format_date(outcome.due)}" if outcome.due else "no end date"
    if outcome.due is None:
        return ""
    day = format_date(outcome.due)
    if report.settings.paused:
        day += "; suspended while changes are paused"
    if outcome.section is Section.WAITING:
        return f"{_verb(outcome, report, 'works', 'work')} at least until {day}"
    if outcome.section is Section.NOTICED or outcome.reason is Reason.NOTICE_RUNNING:
        return f"{_verb(outcome, report, 'stops', 'stop')} working on {day}"
    if not report.settings.delete_unused_keys:
        return f"window ends on {day}; not deleted, since delete-unused-keys is false"
    unused = "" if report.settings.paused else " if it stays unused"
    return f"{_verb(outcome, report, '', 'be ')}deleted on {day}{unused}"


def _verb(outcome: Outcome, report: Report, certain: str, infinitive: str) -> str:
    """Write what happens, what would happen in enforce mode, or what waits while paused."""
    if outcome.dry_run:
        return f"would {infinitive}"
    return f"is to {infinitive}" if report.settings.paused else certain


def _restore(outcome: Outcome, place: Place | None) -> list[str]:
    if not is_restorable(outcome) or outcome.due is None:
        return []
    command = restore_command(outcome.user_name, str(outcome.access_key_id))
    how = f"to turn it on again, before {format_date(outcome.due)}"
    where = f", with the profile of account {place.account_id}" if place else ""
    return [*wrap("    ", f"{how}{where}:"), *_indented(command)]


def restore_template(where: str = "") -> Iterator[str]:
    """Write the command once for many keys; the JSON of the digest has it for each key.

    where: what is said of the account, in a digest of several
    """
    yield from wrap("    ", f"to turn one on again before that day{where}:")
    yield from _indented(restore_command("USER", "KEY"))


def _delete_first(outcome: Outcome, report: Report) -> list[str]:
    """Write which key the owner must delete before IAM accepts a new one, and how."""
    first = key_to_delete(outcome)
    if not first:
        return []
    text = f"this user has {first.key_count} keys, and IAM allows two: before a new one, delete"
    command = delete_command(outcome.user_name, first.access_key_id)
    return [
        *wrap("    ", f"{text} {_key_to_delete(first, report.now)}, once nothing uses it:"),
        *_indented(command),
    ]


def _key_to_delete(first: KeyToDelete, now: Now) -> str:
    status = sanitize_line(first.status).lower()
    return f"{first.access_key_id} ({status}, {last_use_text(first.last_use, now)})"


def _indented(command: Command) -> list[str]:
    return [f"{' ' * INDENT}{line}" for line in command]


def _name(outcome: Outcome) -> str:
    key_id = sanitize_line(outcome.access_key_id or "(all keys)")
    return f"{sanitize_line(outcome.user_name)}  {key_id}"


def _age_and_use(outcome: Outcome, report: Report) -> str:
    age = age_days(outcome, report.now)
    if age is None:
        return ""
    use = f"; {last_use_text(outcome.last_use, report.now)}" if outcome.last_use else ""
    return f"{age} days old, limit {report.settings.max_age.days}{use}"
