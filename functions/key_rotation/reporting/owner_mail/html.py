"""A mail as HTML: one column, without images, links or anything else from outside."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import NewType

from key_rotation.reporting.commands import Command, one_line
from key_rotation.reporting.owner_mail.blocks import (
    Block,
    Document,
    Fact,
    Facts,
    Heading,
    Line,
    Paragraph,
    Row,
    Rows,
    Span,
    Step,
    Steps,
    Style,
)
from key_rotation.reporting.owner_mail.style import STYLES, dark_sheet

Html = NewType("Html", str)
"""Text in which everything that is no markup of this module is escaped."""

SHORT = 30
"""Characters that a phone shows in one line."""
FITS = 16
"""Characters that a phone shows in one line of half its width; an id has more, so it is narrow."""
_CELL = Html(f'<td valign="top" style="{STYLES["cell"]}">')
_HEAD = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    '<meta name="format-detection" content="telephone=no,date=no,address=no">\n'
)


def to_html(document: Document) -> str:
    """Return a mail as a whole page."""
    title = text(document.title)
    heading = element("h1", title, role=document.tone)
    blocks = (Html(f"\n{_block(block)}") for block in document.blocks)
    card = element("div", heading, *blocks, role="card")
    head = f"{_HEAD}{element('title', title)}\n<style>{dark_sheet()}</style>\n</head>\n"
    return f"{head}{element('body', card, role='page')}\n</html>\n"


def text(value: str) -> Html:
    """Return a text with the characters that HTML reads as markup escaped."""
    return Html(escape(value))


def element(tag: str, *content: Html, role: str = "", **attributes: str) -> Html:
    """Return an element; `role` gives its style, and its class for dark screens."""
    shown: Mapping[str, str] = attributes
    if role:
        shown = {"class": role, "style": STYLES[role], **attributes}
    opening = "".join(f' {name}="{escape(value)}"' for name, value in shown.items())
    return Html(f"<{tag}{opening}>{''.join(content)}</{tag}>")


def _line(line: Line, *, foreign: bool = False) -> Html:
    """Return a line; the direction of a text that others wrote does not change its surroundings."""
    if foreign:
        return element("bdi", _line(line))
    return Html("".join(text(part) if isinstance(part, str) else _span(part) for part in line))


def _span(span: Span) -> Html:
    match span.style:
        case Style.STRONG:
            return element("strong", text(span.text))
        case Style.CODE:
            role = "short" if len(span.text) <= SHORT else "code"
            return element("code", text(span.text), role=role)


def _block(block: Block) -> Html:
    match block:
        case Heading():
            return element("h2", text(block.text), role="heading")
        case Paragraph():
            role = "small" if block.small else "paragraph"
            return element("p", _line(block.line, foreign=block.foreign), role=role)
        case Facts():
            return _table("facts", map(_fact, block.facts))
        case Steps():
            return element("ol", *map(_step, block.steps), role="steps")
        case Rows():
            return _table("rows", map(_row, block.rows))


def _table(role: str, rows: Iterable[Html]) -> Html:
    return element("table", *rows, role=role)


def _fact(fact: Fact) -> Html:
    label = element("th", text(fact.label), role="label", scope="row")
    value = element("td", _line(fact.value, foreign=fact.foreign), role="value")
    return element("tr", label, value)


def _step(step: Step) -> Html:
    commands = (element("pre", _command(each), role="command") for each in step.commands)
    return Html(f"\n{element('li', _line(step.line), *commands, role='step')}")


def _command(command: Command) -> Html:
    """Return a command that breaks between its words, as long as they fit into a line."""
    return Html(" ".join(map(_option, one_line(command).split(" "))))


def _option(option: str) -> Html:
    """Keep a word together, where a browser would break it after its dashes."""
    if "-" in option and len(option) <= SHORT:
        return element("span", text(option), style=STYLES["option"])
    return text(option)


def _row(row: Row) -> Html:
    """Return a row with as little markup as possible: a mail may have 200 of them."""
    name = element("b", text(row.user_name.text))
    key = _short_part(row.access_key_id)
    place = f"<br>{_line(row.place, foreign=True)}" if row.place else ""
    what = "<br>".join(map(_short_line, row.lines))
    return Html(f"\n<tr>{_CELL}{name}<br>{key}{place}</td>{_CELL}{what}</td></tr>")


def _short_line(line: Line) -> Html:
    return Html("".join(map(_short_part, line)))


def _short_part(part: str | Span) -> Html:
    if isinstance(part, str):
        return text(part)
    if part.style is Style.STRONG:
        return element("b", text(part.text))
    long = len(part.text) > FITS
    return element("code", text(part.text), style=STYLES["narrow"]) if long else text(part.text)
