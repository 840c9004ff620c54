"""A proxy in front of an emulated account: it counts calls, makes each take as long, and throttles.

Every tool reaches the account through one of these, in a process of its own. An answer leaves
no earlier than the latency after its request came, however fast the emulator was, so that a busy
machine changes little; `statistics` tells by how much it did. Requests pass unchanged, with their
signatures.

IAM's credential report is made as AWS makes it: not at once, but some seconds after it was asked
for. The emulator makes it at once, and is asked for it beforehand.
"""

import asyncio
import json
import re
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import urlopen

CONTROL_PATH = "/_bench"
REPORT_DELAY = 2.0
"""Seconds; seen on AWS in an account of 52 users. How long 5,000 take is not known."""
NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
SERVICE = re.compile(rb"Credential=[^/]+/\d+/[^/]*/([^/]+)/aws4_request")
LATE_AFTER = 0.01  # seconds over the latency from which a call counts as late


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What AWS is like: seconds that a call takes, and IAM's requests a second for each action.

    rate: None is without a limit
    """

    latency: float = 0.0
    rate: float | None = None


@dataclass(slots=True, kw_only=True)
class Statistics:
    """What was counted since the last reset.

    calls: requests by `service:Action`, the throttled ones among them
    throttled: those that were answered `Throttling`
    late: requests that took over 10 ms longer than they should have, and by how much altogether
    """

    calls: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    late: int = 0
    lateness: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Say it in JSON's types."""
        return {name: getattr(self, name) for name in ("calls", "throttled", "late", "lateness")}

    @classmethod
    def from_json(cls, wire: Any) -> Self:  # noqa: ANN401 - JSON
        """Read what the proxy tells."""
        return cls(
            calls=Counter(wire["calls"]),
            throttled=Counter(wire["throttled"]),
            late=wire["late"],
            lateness=wire["lateness"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, as it came."""

    path: str
    head: bytes
    body: bytes

    @property
    def action(self) -> str:
        """Name the service and the action, such as `iam:ListUsers`."""
        found = SERVICE.search(self.head)
        service = found[1].decode() if found else "unsigned"
        target = re.search(rb"(?im)^x-amz-target: *(\S+)", self.head)
        if target:
            return f"{service}:{target[1].decode().rpartition('.')[2]}"
        named = re.search(rb"(?:^|&)Action=(\w+)", self.body)
        return f"{service}:{named[1].decode() if named else self.path.split('?')[0]}"


class TokenBucket:
    """A token bucket that holds one second's worth."""

    def __init__(self, rate: float) -> None:
        """Start full."""
        self._rate = rate
        self._tokens = rate
        self._at = time.monotonic()

    def take(self) -> bool:
        """Take a token, if there is one."""
        now = time.monotonic()
        self._tokens = min(self._rate, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Proxy:
    """The proxy."""

    def __init__(self, upstream: str) -> None:
        """Pass on to an address, in fair conditions at first."""
        address = urlsplit(upstream)
        self._upstream = (address.hostname or "", address.port or 80)
        self._report_requested_at: float | None = None
        self._reset(Conditions())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client, by one connection to the emulator."""
        behind: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            while request := await _request(reader):
                if request.path.startswith(CONTROL_PATH):
                    answer = _http(200, "application/json", self._control(request.body))
                else:
                    behind = behind or await asyncio.open_connection(*self._upstream)
                    answer = await self._answer(request, *behind)
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one of both sides is gone, such as a function that was stopped, or all is over
        finally:
            for each in (writer, behind[1] if behind else None):
                if each:
                    each.close()

    async def _answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        received, statistics, latency = time.monotonic(), self._statistics, self._conditions.latency
        action = request.action
        statistics.calls[action] += 1
        answer = self._throttle(action) or self._credential_report(action)
        if not answer:
            writer.write(request.head + request.body)
            answer = await _response(reader)
        await asyncio.sleep(received + latency - time.monotonic())
        over = time.monotonic() - received - latency
        statistics.late += over > LATE_AFTER
        statistics.lateness += over if over > LATE_AFTER else 0
        return answer

    def _throttle(self, action: str) -> bytes:
        """Throttle as IAM does."""
        rate = self._conditions.rate
        if rate is None or not action.startswith("iam:"):
            return b""
        if self._buckets.setdefault(action, TokenBucket(rate)).take():
            return b""
        self._statistics.throttled[action] += 1
        return _error(400, "Throttling", "Rate exceeded")

    def _credential_report(self, action: str) -> bytes:
        """Answer about a credential report that is not ready yet."""
        ready = (
            self._report_requested_at is not None
            and time.monotonic() - self._report_requested_at >= REPORT_DELAY
        )
        if action == "iam:GenerateCredentialReport":
            state = (
                "STARTED"
                if self._report_requested_at is None
                else "COMPLETE"
                if ready
                else "INPROGRESS"
            )
            self._report_requested_at = self._report_requested_at or time.monotonic()
            name = "GenerateCredentialReport"
            inner = f"<{name}Result><State>{state}</State></{name}Result>"
            return _http(
                200,
                "text/xml",
                f'<{name}Response xmlns="{NAMESPACE}">{inner}</{name}Response>'.encode(),
            )
        if action != "iam:GetCredentialReport" or ready:
            return b""
        if self._report_requested_at is None:
            return _error(410, "ReportNotPresent", "Unknown")
        return _error(404, "ReportInProgress", "Unknown")

    def _control(self, body: bytes) -> bytes:
        """Tell the counts so far; with new conditions, start counting anew."""
        told = json.dumps(self._statistics.to_json()).encode()
        if body:
            self._reset(Conditions(**json.loads(body)))
        return told

    def _reset(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._statistics = Statistics()
        self._buckets: dict[str, TokenBucket] = {}
        self._report_requested_at = None


class ProxyClient:
    """The other side of the proxy's control."""

    def __init__(self, url: str) -> None:
        """Speak to a proxy."""
        self.url = url

    def reset(self, conditions: Conditions) -> None:
        """Start counting anew, in these conditions."""
        self._ask(json.dumps(asdict(conditions)).encode())

    def read(self) -> Statistics:
        """Read the counts since the last reset."""
        return Statistics.from_json(self._ask(b""))

    def _ask(self, body: bytes) -> Any:  # noqa: ANN401 - JSON
        with urlopen(self.url + CONTROL_PATH, body) as answer:  # noqa: S310 - http, to ourselves
            return json.load(answer)


async def _request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    path = head.split(b" ", 2)[1].decode()
    return Request(path=path, head=head, body=await reader.readexactly(_length(head)))


async def _response(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if not re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
        return head + await reader.readexactly(_length(head))
    parts = [head]
    size = -1
    while size:
        line = await reader.readuntil(b"\r\n")
        size = int(line, 16)
        parts += [line, await reader.readexactly(size + 2)]
    return b"".join(parts)


def _length(head: bytes) -> int:
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(found[1]) if found else 0


def _error(status: int, code: str, message: str) -> bytes:
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
    body = (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error>{error}</Error>'
        "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
    return _http(status, "text/xml", body.encode())


def _http(status: int, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def main(upstream: str) -> None:
    """Serve until standard input closes, and say where."""
    proxy = Proxy(upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=2**20)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    def watch() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=watch, daemon=True).start()
    await over.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
