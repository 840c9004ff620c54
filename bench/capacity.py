"""How fast the emulator itself is, so that nobody takes it for the bottleneck."""

import asyncio
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.proxy import Conditions
from bench.seeded_account import SeededAccount

CONNECTIONS = 8
SECONDS = 2.0


def most_calls_per_second(account: SeededAccount) -> float:
    """Send one signed `ListAccessKeys` again and again, through the proxy, without latency."""
    account.proxy.reset(Conditions())
    user = next(iter(account.stale.values()))
    body = f"Action=ListAccessKeys&Version=2010-05-08&UserName={user}".encode()
    url = account.proxy.url
    request = AWSRequest("POST", f"{url}/", data=body)
    request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    SigV4Auth(Credentials("test", "test"), "iam", "us-east-1").add_auth(request)
    host = url.removeprefix("http://")
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join(["POST / HTTP/1.1", f"Host: {host}", *lines, f"Content-Length: {len(body)}"])
    return asyncio.run(_measure(host, f"{head}\r\n\r\n".encode() + body))


async def _measure(host: str, request: bytes) -> float:
    end = time.monotonic() + SECONDS
    counts = await asyncio.gather(*(_repeat(host, request, end) for _ in range(CONNECTIONS)))
    return sum(counts) / SECONDS


async def _repeat(host: str, request: bytes, end: float) -> int:
    address, port = host.split(":")
    reader, writer = await asyncio.open_connection(address, int(port))
    count = 0
    while time.monotonic() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        content = await reader.readexactly(length)
        if b"<AccessKeyId>" not in content:
            raise AssertionError(content)
        count += 1
    writer.close()
    return count
