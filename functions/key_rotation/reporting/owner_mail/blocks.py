"""What a mail says, before it is text or HTML: both are made from the same blocks.

A line contains texts of this tool, and single words of others: the blocks with texts of others of
more than one word are `Fact` and `Paragraph` with `foreign`, and `Row.place`.
"""

from dataclasses import dataclass
from enum import StrEnum

from key_rotation.reporting.commands import Command
from key_rotation.reporting.formatting import sanitize_line

MAX_WORD = 64
"""Characters of a user name (IAM User Guide, "IAM and AWS STS quotas")."""


class Style(StrEnum):
    """How a part of a line is shown in HTML; in text it makes no difference."""

    STRONG = "strong"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a line with a style of its own."""

    text: str
    style: Style


Line = tuple[str | Span, ...]


def strong(text: str) -> Span:
    """Return a text of this tool that stands out."""
    return Span(text, Style.STRONG)


def word(text: str, limit: int = MAX_WORD) -> Span:
    """Return a name, an id or an address as one word that is safe to print."""
    return Span(sanitize_line(text, limit).replace(" ", "-"), Style.CODE)


def foreign_text(text: str, limit: int = 200) -> Line:
    """Return a text that others wrote, as a line that is safe to print."""
    return (sanitize_line(text, limit),)


def plain(line: Line) -> str:
    """Return the text of a line."""
    return "".join(part if isinstance(part, str) else part.text for part in line)


class Tone(StrEnum):
    """How urgent a mail is."""

    ACTION = "action"
    BROKEN = "broken"
    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Heading:
    """Begins a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences.

    small: whether few need to read it
    foreign: whether others wrote a part of more than one word
    """

    line: Line
    small: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A value with its name; `foreign` if others wrote the value."""

    label: str
    value: Line
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the mail is about."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, with the commands for it."""

    line: Line
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps in their order, numbered from 1."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One key of several.

    place: its account, whose name others wrote; empty if it is the same for all keys
    lines: what happens to it, its last use, and what is different in its steps
    """

    user_name: Span
    access_key_id: Span
    place: Line
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Several keys to which the same happened."""

    rows: tuple[Row, ...]


Block = Heading | Paragraph | Facts | Steps | Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole mail."""

    title: str
    tone: Tone
    blocks: tuple[Block, ...]
