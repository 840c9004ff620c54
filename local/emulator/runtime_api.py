"""The Lambda Runtime API of one execution environment, which awslambdaric calls."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeResponse:
    """What the runtime client posted: the handler's response, or an error."""

    failed: bool
    payload: bytes


class _Server(ThreadingHTTPServer):
    """Serves a client that may be killed during a request."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore the error: a function that was killed, or ended, leaves its request open."""


class RuntimeApi:
    """Sends events to the runtime client and receives its responses.

    init_finished: set when the client requests its first event, or posts that it cannot start
    """

    def __init__(self, *, arn: str, deadline: Callable[[], datetime]) -> None:
        """Listen on a free port. `deadline` is called when an event is sent."""
        self.responses: Queue[RuntimeResponse] = Queue()
        self.init_finished = threading.Event()
        self.init_failed = False
        self._arn = arn
        self._deadline = deadline
        self._events: Queue[tuple[str, bytes] | None] = Queue()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def address(self) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API: host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    def send_event(self, request_id: str, event: bytes) -> None:
        """Queue the next event for the client."""
        self._events.put((request_id, event))

    def put_response(self, response: RuntimeResponse) -> None:
        """Add a response, or the end of the process."""
        self.responses.put(response)
        self.init_finished.set()

    def receive(self, path: str, payload: bytes) -> None:
        """Receive what the client posts: a response, an error, or that it cannot start."""
        self.init_failed = self.init_failed or path.endswith("/init/error")
        self.put_response(RuntimeResponse(failed=path.endswith("/error"), payload=payload))

    def close(self) -> None:
        """Stop listening."""
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()

    def _next_event(self) -> tuple[str, bytes, int] | None:
        self.init_finished.set()
        offered = self._events.get()
        if offered is None:
            return None
        return *offered, round(self._deadline().timestamp() * 1000)

    def _headers(self, request_id: str, deadline: int) -> dict[str, str]:
        return {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            """One request of the client. http.server requires these names."""

            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """Send the next event when there is one."""
                offered = api._next_event()
                if offered is None:
                    self._respond(HTTPStatus.GONE)
                    return
                request_id, event, deadline = offered
                self._respond(HTTPStatus.OK, event, api._headers(request_id, deadline))

            def do_POST(self) -> None:
                """Receive a response or an error."""
                payload = self.rfile.read(int(self.headers["Content-Length"]))
                api.receive(self.path, payload)
                self._respond(HTTPStatus.ACCEPTED, b'{"status":"OK"}')

            def _respond(
                self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None
            ) -> None:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        return Handler
