"""Chromium, which loads a page and shows what the page asks for."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000")


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
