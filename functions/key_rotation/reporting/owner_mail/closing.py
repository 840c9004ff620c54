"""How a mail ends: whom to ask, and why it came to its reader."""

from collections.abc import Iterator

from key_rotation.reporting.formatting import format_date, sanitize_line
from key_rotation.reporting.owner_mail.blocks import Block, Heading, Line, Paragraph, word
from key_rotation.reporting.owner_mail.terms import Reading
from key_rotation.reporting.owner_mail.words import ask

MAX_PROBLEM = 300


def whom_to_ask(reading: Reading, *, to_replace: bool) -> Iterator[Block]:
    """Write whom to ask: for more time, while the key still works, and else for anything."""
    due = reading.mail.due
    if to_replace and due:
        before = f" before {format_date(due)}"
        yield Heading("More time, or not your key")
        yield Paragraph(("If you need more time, ", *ask(reading.terms), f"{before}."))
        yield Paragraph(("If the key is not yours, forward this mail to the person who uses it.",))
    else:
        yield Heading("Questions")
        yield Paragraph(("If anything is unclear, ", *ask(reading.terms), "."))


def why_section(reason: Line, run_id: str, problem: str | None = None) -> Iterator[Block]:
    """Write why the mail came to its reader, and what sent it.

    problem: why it is no address of the owner; it contains what others wrote
    """
    yield Heading("Why you get this mail")
    yield Paragraph(reason, small=True)
    if problem:
        detail = f"In detail: {sanitize_line(problem, MAX_PROBLEM)}."
        yield Paragraph((detail,), small=True, foreign=True)
    sent = ("Sent by key rotation, run ", word(run_id, 100))
    yield Paragraph(
        (*sent, ". It never asks for a password, or for the secret of a key."), small=True
    )
