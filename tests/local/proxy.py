"""A proxy that forwards requests and rewrites their `Host` header, as a fault proxy does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

# Both get the request: its X-Amz-Target, if any, and its body.
OnForwarded = Callable[[bytes], object]  # called after forwarding, before the response is returned
DropRequest = Callable[[bytes], bool]  # called before forwarding; returns whether to drop it


class _Server(ThreadingHTTPServer):
    """Serves a client that may be killed during a request."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore the error: a function that was killed leaves its request open."""


@contextmanager
def proxy_to(
    endpoint: str, on_forwarded: OnForwarded = bool, *, drop: DropRequest | None = None
) -> Iterator[str]:
    """Run a proxy during the block, and return its URL."""
    target = urlsplit(endpoint).netloc
    server = _Server(("127.0.0.1", 0), _forwarding_to(target, on_forwarded, drop))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _forwarding_to(
    target: str, on_forwarded: OnForwarded, drop: DropRequest | None
) -> type[BaseHTTPRequestHandler]:
    class Proxy(BaseHTTPRequestHandler):
        """One request. http.server requires these names."""

        def do_POST(self) -> None:
            """Forward the request."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = self.headers.get("X-Amz-Target", "").encode() + b" " + body
            if drop and drop(request):
                return
            upstream = HTTPConnection(target)
            headers = dict(self.headers.items()) | {"Host": target}
            upstream.request("POST", self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            on_forwarded(request)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Proxy
