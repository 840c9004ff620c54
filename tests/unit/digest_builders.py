"""Builders of digests: outcomes of every section, and what becomes of them."""

import json
import re
from typing import Any

from key_rotation.domain.key_details import NewerKey
from key_rotation.domain.model import Reason
from key_rotation.reporting.digest import compose
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.sns_message import Message
from tests.unit.builders import (
    a_report,
    an_outcome,
    days_ago,
    used,
)

LONGEST_NAME = "u" * 64


def single_message(*outcomes: Outcome, **options: Any) -> Message:
    """Return the only message of a report."""
    [(single_message, _)] = compose(a_report(*outcomes, **options))
    return single_message


def email_body(*outcomes: Outcome, **options: Any) -> str:
    """Return the text of the e-mail."""
    return single_message(*outcomes, **options).variants["email"]


def json_document(message: Message) -> dict[str, Any]:
    """Return the JSON that programs receive."""
    document: dict[str, Any] = json.loads(message.variants.get("sqs", message.variants["default"]))
    return document


def many_outcomes(
    count: int, *, description: str = "tag " * 64, detail: str = "why " * 90
) -> tuple[Outcome, ...]:
    """Return outcomes of all sections with the longest texts; a third triggers a digest."""
    sections = tuple(Section)
    return tuple(
        an_outcome(
            sections[n % len(sections)],
            user=f"{n:06}{LONGEST_NAME}"[:64],
            key_id=f"AKIA{n:016}",
            triggers_digest=n % 3 == 0,
            last_use=used(days_ago(3)),
            description=description,
            newer=NewerKey(access_key_id=f"AKIB{n:016}", last_use=used(days_ago(1))),
            detail=detail if n % len(sections) == 11 else None,
        )
        for n in range(count)
    )


def ordinary_outcome(section: Section, user: str, reason: Reason | None, **values: Any) -> Outcome:
    """Return one outcome of an ordinary day; its key id is derived from the user name."""
    key_id = f"AKIA{re.sub('[^A-Z]', '', user.upper()):Z<16.16}"
    return an_outcome(section, user=user, reason=reason, **({"key_id": key_id} | values))


ORDINARY_DAY = (
    ordinary_outcome(
        Section.DEACTIVATED,
        "alice",
        Reason.NOTICE_OVER,
        due=30,
        last_use=used(days_ago(3)),
        description="CI upload",
    ),
    ordinary_outcome(Section.DELETED, "build-server-07", Reason.UNUSED, age=127, due=None),
    ordinary_outcome(
        Section.EXTENDED,
        "carol@example.com",
        Reason.USED_IN_WINDOW,
        age=101,
        due=26,
        last_use=used(days_ago(4)),
    ),
    ordinary_outcome(Section.ADOPTED, "dave", Reason.ADOPTED, age=400, due=30),
    ordinary_outcome(Section.WITHDRAWN, "erin", Reason.THRESHOLDS_CHANGED, age=85, due=None),
    ordinary_outcome(Section.CLOSED, "frank", Reason.GONE, age=91, due=None, last_use=None),
    ordinary_outcome(
        Section.NOTICED,
        "grace",
        Reason.STALE,
        age=83,
        last_use=used(days_ago(0)),
        newer=NewerKey(access_key_id="AKIAGRACEZZZZZZZZZY2", last_use=used(days_ago(1))),
    ),
    ordinary_outcome(Section.UPCOMING, "heidi", Reason.NOTICE_RUNNING, age=89, due=1),
    ordinary_outcome(
        Section.UPCOMING, "ivan", Reason.IN_WINDOW, age=108, due=12, triggers_digest=False
    ),
    ordinary_outcome(
        Section.DEFERRED, "judy", Reason.OVER_LIMIT, detail="not deactivated yet", due=None
    ),
    ordinary_outcome(
        Section.FAILED,
        "mallory",
        None,
        detail="its keys could not be listed (ListAccessKeys: Throttling: Rate exceeded)",
        key_id=None,
        age=None,
        last_use=None,
        due=None,
    ),
    ordinary_outcome(Section.HELD, "niaj", Reason.REACTIVATED_TOO_OFTEN, age=150, due=None),
    ordinary_outcome(
        Section.EXEMPT,
        "olivia",
        Reason.EXEMPT,
        detail="moves to a role",
        age=500,
        due=37,
        triggers_digest=False,
    ),
)
