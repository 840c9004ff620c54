"""The keys that a chat message lists: the most urgent first, each in one line."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

from key_rotation.reporting.chat_text import MAX_STEPS, plain
from key_rotation.reporting.digest import SUBJECT_ORDER
from key_rotation.reporting.formatting import age_days
from key_rotation.reporting.headings import SUMMARY, count_text
from key_rotation.reporting.key_entries import Place, what_comes
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report

_URGENCY = {section: number for number, section in enumerate(SUBJECT_ORDER)}
_NO_DATE = datetime.max.replace(tzinfo=UTC)
_LABELS = {Section.NOTICED: "notice", Section.UPCOMING: "reminder"}
_WOULD = {Section.NOTICED: "would get a notice", Section.UPCOMING: "due in enforce mode"}
_EXPLAINED = frozenset({Section.FAILED, Section.HELD, Section.DEFERRED})
_STEPS = {
    Section.FAILED: "Failed: allow the action, or exempt the key. The e-mail has the error.",
    Section.HELD: "Held: find out what uses the key, then exempt or delete it.",
    Section.DEACTIVATED: (
        "Deactivated: if something stopped working, turn the key on again with the command in the "
        "e-mail."
    ),
    Section.NOTICED: (
        "Notice: create a new key and use it before the day, then deactivate the old one."
    ),
    Section.UPCOMING: "Reminder: the day is near. The e-mail has the commands.",
}

Rank = tuple[int, date, datetime, str]


def urgent(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return what is news, the most urgent first: of each key one outcome.

    A user whose keys could not be read has an entry of its own.
    """
    found: list[Outcome] = []
    known = set[str]()
    for outcome in sorted(outcomes, key=rank):
        key_id = outcome.access_key_id
        if not outcome.triggers_digest or key_id in known:
            continue
        known |= {key_id} if key_id else set()
        found.append(outcome)
    return found


def rank(outcome: Outcome) -> Rank:
    """Sort by urgency of the section, then by the day of what comes, then the oldest key first."""
    return (
        _URGENCY.get(outcome.section, len(_URGENCY)),
        outcome.due or date.max,
        outcome.created or _NO_DATE,
        outcome.access_key_id or outcome.user_name,
    )


def key_line(outcome: Outcome, report: Report, place: Place | None = None) -> str:
    """Write one key in one line.

    report: that of its account
    place: its account, in a message about several
    """
    name, key_id = plain(outcome.user_name), plain(outcome.access_key_id or "(all keys)")
    facts = [f"{_label(outcome)}: {name} {key_id}"]
    if outcome.details.description:
        facts.append(plain(outcome.details.description, 60))
    if place:
        facts.append(f"in account {plain(place.text)}")
    if age := age_days(outcome, report.now):
        facts.append(f"{age} days old")
    comes = "" if outcome.section in _EXPLAINED else what_comes(outcome, report)
    return f"{', '.join(facts)}: {comes or plain(outcome.explanation, 160)}"


def _label(outcome: Outcome) -> str:
    if outcome.dry_run:
        return _WOULD.get(outcome.section, f"would be {outcome.section}").upper()
    return _LABELS.get(outcome.section, str(outcome.section)).upper()


def counts(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Count what was done and what is coming, apart from what enforce mode would do."""
    outcomes = tuple(outcomes)
    done = Counter(outcome.section for outcome in outcomes if not outcome.dry_run)
    dry_run = Counter(outcome.section for outcome in outcomes if outcome.dry_run)
    for title, sections in SUMMARY.items():
        found = [count_text(section, done[section]) for section in sections if done[section]]
        if found:
            yield f"{title}: {', '.join(found)}"
    would = [f"{dry_run[section]:,} {section}" for section in Section if dry_run[section]]
    if would:
        yield f"Would be: {', '.join(would)}"


def next_steps(listed: Sequence[Outcome]) -> tuple[str, ...]:
    """Return what people do now, the most urgent first; nothing for what would only happen."""
    sections = {outcome.section for outcome in listed if not outcome.dry_run}
    return tuple(step for section, step in _STEPS.items() if section in sections)[:MAX_STEPS]
