"""A proxy that counts API calls, adds latency and throttles.

`python -m bench.proxy_server URL` forwards requests to URL with their signatures unchanged. It
prints its own address, and stops when its standard input closes.

microburst, which the tests use, is no replacement: it has no token bucket, it adds its latency to
the emulator's time, and it cannot delay the credential report.
"""

import asyncio
import json
import re
import sys
import time
from dataclasses import asdict

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from bench.proxy import CONTROL_PATH, Conditions, Statistics
from bench.token_bucket import TokenBucket

LATE_AFTER = 0.01
HOP_BY_HOP = {"connection", "content-length", "transfer-encoding"}
NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/[^/]*/([^/]+)/aws4_request")
ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
ASSUMED_ACCOUNT = re.compile(rb"(?:^|&)RoleArn=arn%3A[\w-]+%3Aiam%3A%3A(\d+)")
ASSUMED_KEY = re.compile(rb"<AccessKeyId>(\w+)</AccessKeyId>")


class Proxy:
    """The request handlers."""

    def __init__(self, session: ClientSession) -> None:
        """Use a session whose base URL is the emulator; start without latency and throttle."""
        self._session = session
        self._assumed: dict[str, str] = {}
        self._reset(Conditions())

    async def control(self, request: web.Request) -> web.Response:
        """Return the statistics; if the request has conditions, set them and start again."""
        statistics = asdict(self._statistics)
        if body := await request.read():
            self._reset(Conditions(**json.loads(body)))
        return web.json_response(statistics)

    async def forward(self, request: web.Request) -> web.Response:
        """Answer a request to AWS when its latency, which includes the emulator's time, is over."""
        due = time.monotonic() + self._conditions.latency
        statistics = self._statistics
        body = await request.read()
        action, caller = _action(request, body), self._caller(request)
        _count(statistics.calls, action)
        _count(statistics.callers.setdefault(caller, {}), action)
        response = self._throttle(caller, action) or self._delay_report(caller, action)
        response = response or await self._send(request, body)
        self._remember_role(action, body, response)
        await asyncio.sleep(due - time.monotonic())
        statistics.late += time.monotonic() > due + LATE_AFTER
        return response

    def _caller(self, request: web.Request) -> str:
        """Return the account of the role that was assumed, or the access key."""
        credential = CREDENTIAL.search(request.headers.get("Authorization", ""))
        key = credential[1] if credential else "unsigned"
        return self._assumed.get(key, key)

    def _remember_role(self, action: str, body: bytes, response: web.Response) -> None:
        if action != "sts:AssumeRole" or not isinstance(response.body, bytes):
            return
        account, key = ASSUMED_ACCOUNT.search(body), ASSUMED_KEY.search(response.body)
        if account and key:
            self._assumed[key[1].decode()] = account[1].decode()

    def _throttle(self, caller: str, action: str) -> web.Response | None:
        """Refuse a request if too many came: IAM has a limit for each action and account."""
        rate = self._conditions.rate
        if rate is None or not action.startswith("iam:"):
            return None
        if self._buckets.setdefault((caller, action), TokenBucket(rate)).take():
            return None
        self._statistics.throttled += 1
        return _error(400, "Throttling", "Rate exceeded")

    def _delay_report(self, caller: str, action: str) -> web.Response | None:
        """Answer about the credential report, which takes time on AWS but not in the emulator."""
        now, delay = time.monotonic(), self._conditions.report_delay
        requested = self._reports_requested.get(caller)
        ready = delay == 0 or (requested is not None and now >= requested + delay)
        if action == "iam:GenerateCredentialReport":
            self._reports_requested.setdefault(caller, now)
            if delay == 0:
                return None
            state = "STARTED" if requested is None else "COMPLETE" if ready else "INPROGRESS"
            result = f"<{action[4:]}Result><State>{state}</State></{action[4:]}Result>"
            return _xml(200, f"{action[4:]}Response", result)
        if action != "iam:GetCredentialReport" or ready:
            return None
        if requested is None:
            return _error(410, "ReportNotPresent", "Unknown")
        return _error(404, "ReportInProgress", "Unknown")

    async def _send(self, request: web.Request, body: bytes) -> web.Response:
        async with self._session.request(
            request.method, request.rel_url, headers=request.headers, data=body or None
        ) as response:
            headers = {k: v for k, v in response.headers.items() if k.lower() not in HOP_BY_HOP}
            return web.Response(status=response.status, headers=headers, body=await response.read())

    def _reset(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._statistics = Statistics()
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self._reports_requested: dict[str, float] = {}


def _count(counts: dict[str, int], action: str) -> None:
    counts[action] = counts.get(action, 0) + 1


def _action(request: web.Request, body: bytes) -> str:
    """Return the service and the action of a request, such as `iam:ListUsers`."""
    credential = CREDENTIAL.search(request.headers.get("Authorization", ""))
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    action = ACTION.search(body)
    name = target or (action[1].decode() if action else request.path)
    return f"{credential[2] if credential else 'unsigned'}:{name}"


def _error(status: int, code: str, message: str) -> web.Response:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return _xml(status, "ErrorResponse", error)


def _xml(status: int, root: str, content: str) -> web.Response:
    text = f'<{root} xmlns="{NAMESPACE}">{content}</{root}>'
    return web.Response(status=status, text=text, content_type="text/xml")


async def main(upstream: str) -> None:
    """Serve on a free port until standard input closes."""
    session = ClientSession(
        upstream,
        auto_decompress=False,
        connector=TCPConnector(limit=0),
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        timeout=ClientTimeout(total=None),
    )
    async with session:
        proxy = Proxy(session)
        app = web.Application(client_max_size=2**30)
        app.router.add_post(CONTROL_PATH, proxy.control)
        app.router.add_route("*", "/{path:.*}", proxy.forward)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
