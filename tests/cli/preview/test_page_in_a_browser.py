"""The page in Chromium: it asks for nothing, and hostile text neither runs nor loads anything.

`test_page.py` asserts the same of the source of the page, without a browser. This test needs
Chromium or Chrome in the PATH, such as the Debian package `chromium`; `make soak-tests` runs it.
"""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from key_rotation.domain.model import Failure
from key_rotation_cli.preview.page import to_html
from tests.cli.preview.builders import a_preview, an_observed_key
from tests.cli.preview.test_page import Page

pytestmark = pytest.mark.soak
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000")
HOSTILE = (
    "<script>fetch('/stolen')</script>",
    "<img src=/stolen>",
    "\"><iframe src='/stolen'></iframe>",
    "</style><link rel=stylesheet href=/stolen>",
    "<svg onload=fetch('/stolen')>",
)


@contextmanager
def recording(html: str) -> Iterator[tuple[str, list[str]]]:
    """Serve a page at every path; yields its address and the paths that were asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that the base class calls
            paths.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/page", paths
    finally:
        server.shutdown()
        server.server_close()


def browser() -> str:
    """Return the path of the browser; fails if there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"none of {', '.join(BROWSERS)} is in the PATH: install the package chromium"
    return found


def load(html: str, profile: Path) -> tuple[str, list[str]]:
    """Load a page; returns its document as the browser has it, and the paths asked for."""
    with recording(html) as (url, paths):
        done = subprocess.run(  # noqa: S603  # a fixed command
            [browser(), *OPTIONS, f"--user-data-dir={profile}", "--dump-dom", url],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    return done.stdout, paths


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
