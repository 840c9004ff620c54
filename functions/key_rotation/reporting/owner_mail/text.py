"""A mail as plain text."""

from collections.abc import Iterator

from key_rotation.reporting.commands import INDENT
from key_rotation.reporting.formatting import PHONE_WIDTH, wrap, wrap_foreign
from key_rotation.reporting.owner_mail.blocks import (
    Block,
    Document,
    Facts,
    Heading,
    Paragraph,
    Row,
    Rows,
    Steps,
    plain,
)


def to_text(document: Document) -> str:
    """Return a mail as lines of at most 72 columns, but for words that are longer."""
    lines = wrap("", document.title)
    for block in document.blocks:
        lines += ["", *_block(block)]
    return "\n".join(lines) + "\n"


def _block(block: Block) -> list[str]:
    match block:
        case Heading(text):
            return [text, "-" * min(len(text), PHONE_WIDTH)]
        case Paragraph():
            write = wrap_foreign if block.foreign else wrap
            return write("  ", plain(block.line))
        case Facts():
            return list(_facts(block))
        case Steps():
            return list(_steps(block))
        case Rows():
            return [line for row in block.rows for line in _row(row)]


def _facts(block: Facts) -> Iterator[str]:
    width = max(len(fact.label) for fact in block.facts)
    for fact in block.facts:
        write = wrap_foreign if fact.foreign else wrap
        yield from write(f"  {fact.label:<{width}}  ", plain(fact.value))


def _steps(block: Steps) -> Iterator[str]:
    for number, step in enumerate(block.steps, start=1):
        yield from wrap(f"  {number}. ", plain(step.line))
        for command in step.commands:
            yield from (f"{' ' * INDENT}{line}" for line in command)


def _row(row: Row) -> Iterator[str]:
    yield f"  {row.user_name.text}  {row.access_key_id.text}"
    if row.place:
        yield from wrap_foreign("    ", f"in account {plain(row.place)}")
    for line in row.lines:
        yield from wrap("    ", plain(line))
