"""A chat message in the format of Amazon Q in chat applications, and how its text is written.

Amazon Q shows only this format, and drops every other message (Amazon Q Developer in chat
applications Administrator Guide, "Custom notifications"). How long the texts may be is not
documented: the limits here are those of this tool.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from key_rotation.reporting.formatting import sanitize_line

MAX_TITLE = 250
MAX_DESCRIPTION = 2500
MAX_LINES = 10
"""Keys that a message lists at most."""
MAX_STEPS = 3
DIGEST = "key-rotation-digest"
STOPPED = "key-rotation-stopped"

_MARKUP = {ord(mark): ord(mark) + 0xFEE0 for mark in "<>&@*_`|~[]#!\\"}
"""What can begin a mention, a link or a format in Slack or Teams, and the same sign in full width.
Whether Amazon Q escapes any of them is not known, and an escape would show where it does."""
_COLON = re.compile(r":(?! )")
"""As in `https://`, and in `:name:`, which Slack shows as a picture."""
_DOT = re.compile(r"(?<=\w)[.](?=\w)")
"""As in the name of a host, which some clients turn into a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One chat message; no text in it can make a mention, a link or a format.

    title: what happened, in one line
    description: whose keys, how many, and the most urgent ones
    next_steps: what people do now
    thread_id: the same for all messages that belong to one thread
    event_type: DIGEST or STOPPED
    context: facts for programs, by name
    """

    title: str
    description: str
    next_steps: tuple[str, ...]
    thread_id: str
    event_type: str
    context: Mapping[str, str]

    @property
    def body(self) -> str:
        """What is published."""
        content: dict[str, object] = {
            "textType": "client-markdown",
            "title": self.title,
            "description": self.description,
            "nextSteps": list(self.next_steps),
            "keywords": [],
        }
        metadata: dict[str, object] = {
            "threadId": self.thread_id,
            "summary": self.title,
            "eventType": self.event_type,
            "additionalContext": dict(self.context),
        }
        document = {"version": "1.0", "source": "custom", "content": content, "metadata": metadata}
        return json.dumps(document, ensure_ascii=True, separators=(",", ":"))


def plain(text: str, limit: int = 100) -> str:
    """Write a text of others in one line, in which no sign means more than itself.

    limit: characters at most; the rest is cut off, and `...` says so
    """
    line = sanitize_line(text, limit).translate(_MARKUP)
    return _DOT.sub("\N{ONE DOT LEADER}", _COLON.sub("\N{FULLWIDTH COLON}", line))


def title_of(parts: Sequence[str], tail: str = "") -> str:
    """Write what happened in one line; what has no room is left out from the end.

    tail: which part of the run it is, or empty
    """
    for number in range(len(parts), 0, -1):
        more = ", ..." if number < len(parts) else ""
        title = f"{', '.join(parts[:number])}{more}{tail}"
        if len(title) <= MAX_TITLE:
            return title
    return f"see the e-mail{tail}"


def describe(head: Sequence[str], counts: Sequence[str], lines: Sequence[str]) -> str:
    """Write a description of paragraphs, counts and the most urgent lines.

    lines: the most urgent first; those that have no room are counted

    Counts and lines are items of a list, since Teams does not keep single line breaks.
    """
    shown = min(len(lines), MAX_LINES)
    while True:
        left = len(lines) - shown
        more = [f"and {left:,} more: see the e-mail"] if left else []
        lists = (counts, [*lines[:shown], *more])
        blocks = [*head, *("\n".join(f"- {each}" for each in items) for items in lists if items)]
        text = "\n\n".join(blocks)
        if len(text) <= MAX_DESCRIPTION or not shown:
            return text
        shown -= 1


def thread_id(owner: str, today: date) -> str:
    """Return the thread of a week: `key-rotation-123456789012-2026-W48`.

    owner: the id of the account or of the organization
    """
    year, week, _ = today.isocalendar()
    return f"key-rotation-{owner}-{year}-W{week:02}"
