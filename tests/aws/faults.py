"""Faults and concurrent actions at the calls of a run, injected through botocore's events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.aws.aws_account import AwsAccount

RETRIED = frozenset({"Throttling", "LimitExceeded"})


def client_error(operation: str, code: str) -> ClientError:
    """Return the error of a refusal: of the only try, or of the last retry if it was throttled."""
    refused = {"HTTPStatusCode": 400, "RetryAttempts": 9 if code in RETRIED else 0}
    response: Any = {
        "Error": {"Code": code, "Message": f"fault: {code}"},
        "ResponseMetadata": refused,
    }
    return ClientError(response, operation)


@contextmanager
def on_event(account: AwsAccount, event: str, action: Callable[..., None]) -> Iterator[None]:
    """Call a function at each of botocore's events, such as `before-call.iam.UpdateAccessKey`."""
    for events in _events(account):
        events.register_first(event, action)
    try:
        yield
    finally:
        for events in _events(account):
            events.unregister(event, action)


@contextmanager
def failing_call(
    account: AwsAccount,
    call: str,
    error: BaseException,
    *,
    when: str = "before",
    only_for: str | None = None,
    nth: int | None = None,
    since: int = 0,
) -> Iterator[None]:
    """Make a call fail, such as `iam.UpdateAccessKey`: before or after it takes effect.

    only_for: fail only for this user or key
    nth: fail only the call of this number among those that match; the first is 0
    since: fail only the calls from this number on
    """
    calls = count()

    def fail(context: Any, **_: Any) -> None:
        if only_for in {None, *context["named"]}:
            number = next(calls)
            if number >= since and nth in {None, number}:
                raise error

    with _recording_parameters(account), on_event(account, f"{when}-call.{call}", fail):
        yield


@contextmanager
def refused(
    account: AwsAccount,
    call: str,
    code: str = "AccessDenied",
    *,
    only_for: str | None = None,
    nth: int | None = None,
    since: int = 0,
) -> Iterator[None]:
    """Make AWS refuse a call; the other parameters are those of `failing_call`."""
    with failing_call(
        account,
        call,
        client_error(call.partition(".")[2], code),
        only_for=only_for,
        nth=nth,
        since=since,
    ):
        yield


@contextmanager
def response_lost(account: AwsAccount, call: str, *, nth: int | None = None) -> Iterator[None]:
    """Let a call take effect and lose its response."""
    timeout = ReadTimeoutError(endpoint_url="https://aws")
    with failing_call(account, call, timeout, when="after", nth=nth):
        yield


@contextmanager
def altered_response(
    account: AwsAccount,
    call: str,
    change: Callable[[dict[str, Any]], None],
    *,
    only_for: str | None = None,
) -> Iterator[None]:
    """Change moto's response of a call."""

    def response(context: Any, parsed: dict[str, Any], **_: Any) -> None:
        if only_for in {None, *context["named"]}:
            change(parsed)

    with _recording_parameters(account), on_event(account, f"after-call.{call}", response):
        yield


@contextmanager
def interleaved(
    account: AwsAccount,
    call: str,
    action: Callable[[], None],
    *,
    when: str = "before",
    nth: int = 0,
) -> Iterator[None]:
    """Do something immediately before or after the call of a number; the first is 0."""
    calls = count()

    def call_action(**_: Any) -> None:
        if next(calls) == nth:
            action()

    with on_event(account, f"{when}-call.{call}", call_action):
        yield


@contextmanager
def in_pages(account: AwsAccount, call: str, field: str, size: int) -> Iterator[list[int]]:
    """Divide a listing of IAM into pages, which moto does not; yields the sizes of the pages."""
    sizes: list[int] = []

    def page(context: Any, parsed: dict[str, Any], **_: Any) -> None:
        start = int(context["marker"] or 0)
        rest = parsed[field][start:]
        parsed[field] = rest[:size]
        parsed["IsTruncated"] = len(rest) > size
        if parsed["IsTruncated"]:
            parsed["Marker"] = str(start + size)
        sizes.append(len(parsed[field]))

    with _recording_parameters(account), on_event(account, f"after-call.{call}", page):
        yield sizes


@contextmanager
def _recording_parameters(account: AwsAccount) -> Iterator[None]:
    """Keep the parameters of a call for its later events."""

    def record(params: dict[str, Any], context: Any, **_: Any) -> None:
        context["named"] = [value for value in params.values() if isinstance(value, str)]
        context["marker"] = params.get("Marker")

    with on_event(account, "provide-client-params", record):
        yield


def _events(account: AwsAccount) -> list[Any]:
    clients = account.clients
    table = clients.table.meta.client
    return [c.meta.events for c in (clients.iam, clients.iam_once, clients.ssm, clients.sns, table)]
