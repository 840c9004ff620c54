"""The e-mails and the chat message that docs/examples shows.

To write them again: `PYTHONPATH=.:functions .venv/bin/python -m tests.unit.example_digests`.
"""

import json
from dataclasses import replace
from pathlib import Path

from key_rotation.domain.key_details import NewerKey
from key_rotation.domain.model import Mode, Reason, User
from key_rotation.errors import ListUsersError
from key_rotation.reporting.chat_message import chat_message
from key_rotation.reporting.chat_text import ChatMessage
from key_rotation.reporting.digest import compose
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.sns_message import Message
from key_rotation.reporting.stopped_message import DoneBeforeStop, stopped_message
from tests.unit.builders import (
    NOW,
    a_key,
    a_report,
    an_inventory,
    an_outcome,
    days_ago,
    observed_key,
    used,
)

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
USERS = ("alice", "build-server-07", "carol@example.com", "deploy", "erin", "reporting-job")
DUE = {Section.NOTICED: 7, Section.DEACTIVATED: 30}
REASONS = {
    Section.FAILED: None,
    Section.NOTICED: Reason.STALE,
    Section.DEACTIVATED: Reason.NOTICE_OVER,
    Section.UPCOMING: Reason.IN_WINDOW,
    Section.EXEMPT: Reason.EXEMPT,
}


def an_example(number: int, section: Section) -> Outcome:
    """The outcome of one key; the older ones come first."""
    key_id = f"AKIAEXAMPLE{number:09}"
    newer = NewerKey(access_key_id=f"AKIAEXAMPLE9{number:08}", last_use=used(days_ago(0)))
    return an_outcome(
        section,
        user=f"{USERS[number % len(USERS)]}",
        key_id=key_id,
        age=400 - number,
        reason=REASONS[section],
        detail="moves to a role in March" if section is Section.EXEMPT else None,
        triggers_digest=section not in {Section.UPCOMING, Section.EXEMPT},
        due=_due(section, number),
        last_use=used(days_ago(number % 40 + 1)) if number % 3 else used(days_ago(1)),
        newer=newer if section is Section.DEACTIVATED else None,
    )


def _due(section: Section, number: int) -> int:
    """Of more than 25 notices, the next 25 have the next day."""
    later = max(0, number - 25) // 25 if section is Section.NOTICED else 0
    return DUE.get(section, 3 + number % 9) + later


def example_digests() -> dict[str, str]:
    """The text of each example, by the name of its file."""
    sections = {
        1: [Section.DEACTIVATED],
        30: [Section.DEACTIVATED] * 5 + [Section.NOTICED] * 15 + [Section.UPCOMING] * 8,
        300: [Section.DEACTIVATED] * 25 + [Section.NOTICED] * 235 + [Section.UPCOMING] * 38,
    }
    examples = {}
    for count, some in sections.items():
        listed = [*some, *[Section.EXEMPT] * (count - len(some))]
        outcomes = [an_example(number, section) for number, section in enumerate(listed)]
        users = [User(name=f"user{n}", path="/", user_id=f"AIDA{n}") for n in range(count)]
        keys = [observed_key(a_key(user=user)) for user in users]
        report = a_report(*outcomes, alias="example-prod", inventory=an_inventory(*keys))
        [(message, _)] = compose(report)
        examples[f"digest-{count}.txt"] = _as_text(message)
        if count == 30:
            examples["chat-30.json"] = _indented(chat_message(report))
    examples["report-mode.txt"] = _in_report_mode()
    examples["stopped.txt"] = _stopped()
    return examples


def _in_report_mode() -> str:
    outcomes = [
        replace(an_example(number, section), dry_run=True)
        for number, section in enumerate([Section.DEACTIVATED, Section.NOTICED, Section.NOTICED])
    ]
    keys = [observed_key(a_key(key_id=str(outcome.access_key_id))) for outcome in outcomes]
    report = a_report(
        *outcomes,
        alias="example-prod",
        mode=Mode.REPORT,
        setting="report",
        inventory=an_inventory(*keys),
    )
    [(message, _)] = compose(report)
    return _as_text(message)


def _stopped() -> str:
    why = "ListUsers: Throttling: Rate exceeded"
    error = ListUsersError(f"The listing of IAM users broke off ({why}). Nothing was changed.")
    return _as_text(stopped_message(error, "123456789012", "run-2", NOW, DoneBeforeStop()))


def _indented(message: ChatMessage) -> str:
    return f"{json.dumps(json.loads(message.body), indent=2, ensure_ascii=False)}\n"


def _as_text(message: Message) -> str:
    return f"Subject: {message.subject}\n\n{message.variants['email']}"


if __name__ == "__main__":
    for name, text in example_digests().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
