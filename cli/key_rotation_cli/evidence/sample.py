"""A sample of the changes of a period, with the history of the key of each. Pure."""

import random
from collections.abc import Iterator

from key_rotation.domain.model import Now
from key_rotation.reporting.formatting import format_date, sanitize_line
from key_rotation_cli.evidence.facts import Facts
from key_rotation_cli.explain.events import PastEvent
from key_rotation_cli.explain.sentences import event_sentence


def sample_of(facts: Facts, size: int, seed: int) -> tuple[PastEvent, ...]:
    """Draw so many changes, or all if there are fewer; a seed gives the same ones each time."""
    changes = facts.changes
    choice = random.Random(seed)  # noqa: S311  # a sample that can be repeated, no secret
    drawn = choice.sample(range(len(changes)), min(size, len(changes)))
    return tuple(changes[number] for number in sorted(drawn))


def sample_text(facts: Facts, sample: tuple[PastEvent, ...]) -> str:
    """Write the history of the key of each change of a sample."""
    now = Now(instant=facts.origin.created_at, zone=facts.period.zone)
    by_key: dict[str, list[PastEvent]] = {}
    for event in facts.events:
        by_key.setdefault(event.access_key_id, []).append(event)
    lines: list[str] = []
    for number, change in enumerate(sample, start=1):
        lines += _change(number, change, by_key[change.access_key_id], now)
    return "\n".join(lines) + "\n" if lines else "There were no changes in this period.\n"


def _change(number: int, change: PastEvent, history: list[PastEvent], now: Now) -> Iterator[str]:
    user = sanitize_line(change.user)
    yield f"{number}. {change.access_key_id} of {user}: {change.action}"
    for event in history:
        mark = ">" if event == change else " "
        day = format_date(now.day(event.at))
        run_id = sanitize_line(event.run_id)
        yield f"  {mark} {day}: {event_sentence(event, now)} Run {run_id}."
    yield ""
