"""Starts the proxy of `bench.proxy_server`, sets its conditions and reads its statistics."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from urllib.request import urlopen

from bench import ROOT

CONTROL_PATH = "/_bench"
REPORT_DELAY = 2.0
"""Seconds until a credential report is ready, as observed on AWS in an account of 52 users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How the proxy treats requests.

    latency: seconds from a request to its answer
    rate: requests per second that IAM accepts for each action, None for no throttle
    report_delay: seconds until the credential report of an account is ready
    """

    latency: float = 0.0
    rate: float | None = None
    report_delay: float = REPORT_DELAY


@dataclass(slots=True, kw_only=True)
class Statistics:
    """What the proxy counted since its last reset.

    calls: requests by `service:Action`, throttled requests included
    throttled: requests that were answered with `Throttling`
    late: requests that were answered more than 10 ms after their latency
    callers: requests by the access key that signed them; those of an assumed role by its account
    """

    calls: dict[str, int] = field(default_factory=dict)
    throttled: int = 0
    late: int = 0
    callers: dict[str, dict[str, int]] = field(default_factory=dict)


class ProxyClient:
    """The control interface of a running proxy."""

    def __init__(self, url: str) -> None:
        """Take the address of the proxy."""
        self.url = url

    def reset(self, conditions: Conditions) -> None:
        """Set the conditions and clear the statistics."""
        self._post(json.dumps(asdict(conditions)).encode())

    def read(self) -> Statistics:
        """Return the statistics since the last reset."""
        return Statistics(**json.loads(self._post(b"")))

    def _post(self, body: bytes) -> bytes:
        with urlopen(self.url + CONTROL_PATH, body) as response:  # noqa: S310 - http on 127.0.0.1
            content: bytes = response.read()
        return content


@contextmanager
def start_proxy(upstream: str) -> Iterator[ProxyClient]:
    """Run a proxy before an endpoint, in a process of its own, until the block ends."""
    command = [sys.executable, "-m", "bench.proxy_server", upstream]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError
        yield ProxyClient(process.stdout.readline().strip())
        process.stdin.close()
