"""A proxy that forwards requests and rewrites their `Host` header, as a fault proxy does.

It can also give another answer than the emulator did.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request, and its answer, which may be replaced.

    authorization: the header with the access key id of the caller
    """

    request: bytes
    authorization: str
    status: int
    content: bytes


# Each gets the request: its X-Amz-Target, otherwise its method and path, and its body.
OnForwarded = Callable[[bytes], object]  # called after forwarding, before the response is returned
OnAnswer = Callable[[Exchange], object]  # called before the response is returned
DropRequest = Callable[[bytes], bool]  # called before forwarding; returns whether to drop it


class _Server(ThreadingHTTPServer):
    """Serves a client that may be killed during a request."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore the error: a function that was killed leaves its request open."""


@contextmanager
def proxy_to(
    endpoint: str,
    on_forwarded: OnForwarded = bool,
    *,
    drop: DropRequest | None = None,
    on_answer: OnAnswer = bool,
) -> Iterator[str]:
    """Run a proxy during the block, and return its URL."""
    target = urlsplit(endpoint).netloc
    server = _Server(("127.0.0.1", 0), _forwarding_to(target, on_forwarded, drop, on_answer))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _forwarding_to(
    target: str, on_forwarded: OnForwarded, drop: DropRequest | None, on_answer: OnAnswer
) -> type[BaseHTTPRequestHandler]:
    class Proxy(BaseHTTPRequestHandler):
        """One request. http.server requires these names."""

        def do_POST(self) -> None:
            """Forward the request."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            operation = self.headers.get("X-Amz-Target") or f"{self.command} {self.path}"
            request = operation.encode() + b" " + body
            if drop and drop(request):
                return
            upstream = HTTPConnection(target)
            headers = dict(self.headers.items()) | {"Host": target}
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            exchange = Exchange(
                request=request,
                authorization=self.headers.get("Authorization", ""),
                status=answer.status,
                content=answer.read(),
            )
            upstream.close()
            on_forwarded(request)
            on_answer(exchange)
            self.send_response(exchange.status)
            self.send_header("Content-Length", str(len(exchange.content)))
            self.end_headers()
            self.wfile.write(exchange.content)

        do_GET = do_POST  # noqa: N815  # as http.server names it

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Proxy
