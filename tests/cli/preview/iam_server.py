"""IAM over HTTP, as far as a preview calls it: a large account, a latency, and a throttle."""

import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from bench.token_bucket import TokenBucket

PAGE = 1000
OLD, FRESH = timedelta(days=400), timedelta(days=2)


@dataclass(kw_only=True)
class LargeAccount:
    """An account in which every second user has one key.

    due: how many keys are old; the others are fresh
    latency: seconds from a request to its answer
    rate: requests per second that IAM accepts for each action; None for no throttle
    """

    users: int
    due: int
    latency: float = 0.0
    rate: float | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    calls: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    buckets: dict[str, TokenBucket] = field(default_factory=dict)

    def accepts(self, action: str) -> bool:
        """Count a request; return whether it is not throttled."""
        with self.lock:
            self.calls[action] += 1
            if self.rate is None:
                return True
            accepted = self.buckets.setdefault(action, TokenBucket(self.rate)).take()
            self.throttled += not accepted
            return accepted

    def answer(self, action: str, fields: Mapping[str, str]) -> str:
        """Return the XML of the result."""
        match action:
            case "GetCallerIdentity":
                return "<Account>123456789012</Account>"
            case "GenerateCredentialReport":
                return "<State>COMPLETE</State>"
            case "GetCredentialReport":
                content = b64encode("\n".join(self._report()).encode()).decode()
                return (
                    f"<GeneratedTime>{_iso(self.now)}</GeneratedTime><Content>{content}</Content>"
                )
            case "GetAccountSummary":
                entry = "<key>AccountAccessKeysPresent</key><value>0</value>"
                return f"<SummaryMap><entry>{entry}</entry></SummaryMap>"
            case "ListUsers":
                return self._users(int(fields.get("Marker", "0")))
            case "ListAccessKeys":
                return self._keys(fields["UserName"])
            case "GetAccessKeyLastUsed":
                return self._last_used(fields["AccessKeyId"])
            case _:
                raise ValueError(action)

    def _users(self, start: int) -> str:
        members = "".join(
            f"<member><UserName>user{n:05}</UserName><Path>/</Path><UserId>AIDA{n:016}</UserId>"
            f"<Arn>arn:aws:iam::123456789012:user/user{n:05}</Arn>"
            f"<CreateDate>{_iso(self.now - OLD)}</CreateDate></member>"
            for n in range(start, min(start + PAGE, self.users))
        )
        more = start + PAGE < self.users
        marker = f"<Marker>{start + PAGE}</Marker>" if more else ""
        return f"<Users>{members}</Users><IsTruncated>{str(more).lower()}</IsTruncated>{marker}"

    def _created(self, number: int) -> datetime:
        return self.now - (OLD if number < 2 * self.due else FRESH)

    def _keys(self, user: str) -> str:
        number = int(user.removeprefix("user"))
        member = (
            f"<member><UserName>{user}</UserName><AccessKeyId>AKIA{number:016}</AccessKeyId>"
            f"<Status>Active</Status><CreateDate>{_iso(self._created(number))}</CreateDate></member>"
        )
        members = "" if number % 2 else member
        listed = f"<AccessKeyMetadata>{members}</AccessKeyMetadata>"
        return f"{listed}<IsTruncated>false</IsTruncated>"

    def _last_used(self, key_id: str) -> str:
        number = int(key_id.removeprefix("AKIA"))
        use = "<ServiceName>N/A</ServiceName><Region>N/A</Region>"
        return f"<UserName>user{number:05}</UserName><AccessKeyLastUsed>{use}</AccessKeyLastUsed>"

    def _report(self) -> Iterator[str]:
        columns = ("active", "last_rotated", "last_used_date", "last_used_region")
        names = [f"access_key_{n}_{c}" for n in (1, 2) for c in (*columns, "last_used_service")]
        yield ",".join(["user", "user_creation_time", *names])
        none = "false,N/A,N/A,N/A,N/A"
        for number in range(self.users):
            key = none if number % 2 else f"true,{_iso(self._created(number))},N/A,N/A,N/A"
            yield f"user{number:05},{_iso(self.now - OLD)},{key},{none}"


@contextmanager
def serving(account: LargeAccount) -> Iterator[str]:
    """Serve an account on this machine until the block ends; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the name that the base class calls
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body).items()}
            action = fields.get("Action", "")
            time.sleep(account.latency)
            if action == "DescribeStacks":
                denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
                self._send(403, f"<ErrorResponse>{denied}</ErrorResponse>")
            elif account.accepts(action):
                result = f"<{action}Result>{account.answer(action, fields)}</{action}Result>"
                self._send(200, f"<{action}Response>{result}</{action}Response>")
            else:
                error = "<Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
                self._send(400, f"<ErrorResponse>{error}</ErrorResponse>")

        def _send(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
