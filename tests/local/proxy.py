"""A proxy that passes requests on, and rewrites their `Host`, as a fault proxy does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

# Sees the body of a request that was passed on, before its answer goes back.
Observer = Callable[[bytes], object]


@contextmanager
def proxy_to(endpoint: str, observe: Observer = bool) -> Iterator[str]:
    """Run a proxy for the length of a block, and tell its address."""
    target = urlsplit(endpoint).netloc
    server = ThreadingHTTPServer(("127.0.0.1", 0), _forwarding_to(target, observe))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _forwarding_to(target: str, observe: Observer) -> type[BaseHTTPRequestHandler]:
    class Proxy(BaseHTTPRequestHandler):
        """One request; http.server wants a class, and these names."""

        def do_POST(self) -> None:
            """Pass it on."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream = HTTPConnection(target)
            headers = dict(self.headers.items()) | {"Host": target}
            upstream.request("POST", self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            observe(body)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Proxy
