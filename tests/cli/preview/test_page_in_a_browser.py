"""The page in Chromium: it asks for nothing, and hostile text neither runs nor loads anything.

`test_page.py` asserts the same of the source of the page, without a browser. This test needs
Chromium or Chrome in the PATH, such as the Debian package `chromium`; `make soak-tests` runs it.
"""

from pathlib import Path

import pytest

from key_rotation.domain.model import Failure
from key_rotation_cli.preview.page import to_html
from tests.chromium import load
from tests.cli.preview.builders import a_preview, an_observed_key
from tests.cli.preview.test_page import Page

pytestmark = pytest.mark.soak
HOSTILE = (
    "<script>fetch('/stolen')</script>",
    "<img src=/stolen>",
    "\"><iframe src='/stolen'></iframe>",
    "</style><link rel=stylesheet href=/stolen>",
    "<svg onload=fetch('/stolen')>",
)


def test_a_page_with_hostile_text_asks_for_nothing_and_shows_it(tmp_path: Path) -> None:
    keys = [an_observed_key(n, user=name, age=400, used=1) for n, name in enumerate(HOSTILE)]
    failures = [Failure(user_name=name, text=name) for name in HOSTILE]
    html = to_html(a_preview(*keys, missing=HOSTILE, unreadable=failures))
    document, paths = load(html, tmp_path)
    assert paths == ["/page"]
    page = Page(document)
    assert not {"script", "img", "iframe", "link"} & set(page.tags)
    assert set(HOSTILE) <= {cell.strip() for cell in page.cells}


def test_the_browser_would_show_a_request_that_a_page_makes(tmp_path: Path) -> None:
    """The test above can fail."""
    _, paths = load("<!DOCTYPE html><img src=/stolen>", tmp_path)
    assert "/stolen" in paths
