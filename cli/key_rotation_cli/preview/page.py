"""A preview as one HTML page, without scripts and without references to anything outside."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from key_rotation.reporting.formatting import format_date, pluralize
from key_rotation_cli.dates import short_date
from key_rotation_cli.preview import charts, owner_words, words
from key_rotation_cli.preview.document import LISTED, is_busy
from key_rotation_cli.preview.preview import Preview

FOLDER = Path(__file__).parent


def to_html(preview: Preview) -> str:
    """Return the page; every text of others is escaped."""
    return render(
        "page.html.jinja",
        preview=preview,
        busy_days=[day for day in preview.days if is_busy(day)],
        ages=charts.ages_chart(preview.counts.ages, preview.settings),
        changes=charts.changes_chart({day.date: day.counts for day in preview.days}),
    )


def render(template: str, **values: object) -> str:
    """Return a page with the one style sheet, and nothing that it could load."""
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704  # a file of this package
            style_hash=Markup(_source_hash(style)),  # noqa: S704  # base64, between quotes
            sections=LISTED,
            size=charts,
            **values,
        )
    )


def _source_hash(style: str) -> str:
    """Return what the content security policy allows: this style sheet, and no other."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"sha256-{digest}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "words": words,
        "owner_words": owner_words,
        "format_date": format_date,
        "pluralize": pluralize,
    }
    environment.filters["foreign"] = words.foreign
    environment.filters["short_date"] = short_date
    return environment
