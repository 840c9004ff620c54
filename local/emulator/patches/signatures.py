"""Requests: signatures and TLS."""

from collections.abc import Callable
from typing import Any

from local.emulator.lambda_pool import ExecutionEnvironmentPool
from local.emulator.ministack_internals import MinistackValue
from local.emulator.patches.monkeypatch import replace


def accept_any_signing_time() -> None:
    """Accept signatures of any time.

    ministack and AWS reject a signature that is more than 5 minutes off. Here a test sets the clock
    of the account, while its clients (boto3, the CDK CLI) sign with the real time.
    """
    replace("core.sigv4", "request_time_failure", lambda _: lambda *_, **__: None)


def accept_requests_through_proxy(pool: ExecutionEnvironmentPool) -> None:
    """Verify a signature for the URL of the proxy too, if functions call AWS through one.

    A fault proxy replaces the `Host` header, and the signature was made with the original one. On
    AWS there is no such proxy.
    """

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def failure(
            signature: MinistackValue,
            secret: str,
            *request: MinistackValue,
            **options: MinistackValue,
        ) -> MinistackValue:
            found = original(signature, secret, *request, **options)
            if found is None:
                return None
            method, path, query, headers, body = request
            seen = {**headers, "host": pool.endpoint.removeprefix("http://")}
            return original(signature, secret, method, path, query, seen, body, **options)

        return failure

    replace("core.sigv4", "header_signature_failure", make)


def treat_requests_as_tls() -> None:
    """Treat every request as sent over TLS.

    The emulator serves plain HTTP on the loopback interface. The product's topic and queue deny
    requests with `aws:SecureTransport` false, and would deny every request.
    """

    def make(original: Callable[[str, bool], None]) -> Callable[[str, bool], None]:
        secure = True
        return lambda source_ip, _: original(source_ip, secure)

    replace("app", "pin_request_origin", make)
