"""The fault proxy microburst, between the deployed function and its emulated account."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

_START_TIMEOUT = 20  # seconds

Rule = Mapping[str, Any]


class FaultProxy:
    """A running proxy. Rules define the faults; the proxy records the calls that matched."""

    def __init__(self, url: str) -> None:
        """Use the control API of a running proxy."""
        self.url = url

    def set_rules(self, rules: Sequence[Rule]) -> None:
        """Replace all rules, and clear the record."""
        self._request("DELETE", "fired")
        self._request("POST", "rules", list(rules))

    def matched(self) -> list[str]:
        """Return the operations of the calls that met a fault, in order."""
        found = self._request("GET", "fired?limit=10000")
        return [each["operation"] for each in found]

    def is_ready(self) -> bool:
        """Return whether the proxy serves."""
        try:
            self._request("GET", "health")
        except urllib.error.URLError:
            return False
        return True

    def _request(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - http, to ourselves
            f"{self.url}/_microburst/{path}",
            data,
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
            return json.loads(answer.read() or b"null")


@contextmanager
def fault_proxy(endpoint: str) -> Iterator[FaultProxy]:
    """Run the proxy in front of an account during the block."""
    port = _free_port()
    process = subprocess.Popen(  # noqa: S603 - a fixed command
        [
            *(sys.executable, "-m", "microburst", "--no-resign"),
            *("--upstream", endpoint, "--host", "127.0.0.1", "--port", str(port)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        proxy = FaultProxy(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + _START_TIMEOUT
        while not proxy.is_ready():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield proxy
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
