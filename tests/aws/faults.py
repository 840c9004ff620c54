"""What AWS, the network and the power supply do to a call, by botocore's own events."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.aws.aws_account import AwsAccount


class ProcessKilledError(BaseException):
    """Raised where the process dies: nothing may catch it."""


RETRIED = frozenset({"Throttling", "LimitExceeded"})


def client_error(operation: str, code: str) -> ClientError:
    """The error that AWS answers: a refusal at once, or a throttling after the last retry."""
    refused = {"HTTPStatusCode": 400, "RetryAttempts": 9 if code in RETRIED else 0}
    response: Any = {
        "Error": {"Code": code, "Message": f"fault: {code}"},
        "ResponseMetadata": refused,
    }
    return ClientError(response, operation)


@contextmanager
def on_event(account: AwsAccount, event: str, action: Callable[..., None]) -> Iterator[None]:
    """Do something at each of botocore's events, such as `before-call.iam.UpdateAccessKey`."""
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
    """Let a call fail, such as `iam.UpdateAccessKey`: before it happens, or after it did.

    only_for: only for this user or key
    nth: only the call of this number, of those that are meant; the first is 0
    since: only the calls of this number and after
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
    """AWS refuses a call; the other parameters are those of `failing_call`."""
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
    """A call happens, and its answer never arrives."""
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
    """AWS answers something else than moto does."""

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
    """Somebody does something right before or after a call, of that number; the first is 0."""
    calls = count()

    def call_action(**_: Any) -> None:
        if next(calls) == nth:
            action()

    with on_event(account, f"{when}-call.{call}", call_action):
        yield


@contextmanager
def in_pages(account: AwsAccount, call: str, field: str, size: int) -> Iterator[list[int]]:
    """IAM answers a listing in pages, which moto does not; yields the sizes of those it gave."""
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
    """Keep the parameters of a call for the events that come after it."""

    def record(params: dict[str, Any], context: Any, **_: Any) -> None:
        context["named"] = [value for value in params.values() if isinstance(value, str)]
        context["marker"] = params.get("Marker")

    with on_event(account, "provide-client-params", record):
        yield


@dataclass
class Death:
    """Kills the run at its call number `at`, before or after it happens; then all is silence.

    calls: the calls that the run came to make
    """

    at: int
    when: str
    calls: list[str] = field(default_factory=list)
    dead: bool = False
    one_by_one: threading.Lock = field(default_factory=threading.Lock)
    here: threading.local = field(default_factory=threading.local)

    @contextmanager
    def over(self, account: AwsAccount) -> Iterator[None]:
        """Watch the calls of a run, and kill it."""
        for events in _events(account):
            events.register_first("before-call", self._before)
            events.register_first("after-call", self._after)
        try:
            yield
        except ProcessKilledError:
            pass
        finally:
            for events in _events(account):
                events.unregister("before-call", self._before)
                events.unregister("after-call", self._after)

    def _before(self, model: Any, **_: Any) -> None:
        if self.dead:
            raise ProcessKilledError
        with self.one_by_one:
            self.calls.append(model.name)
            self.here.call = len(self.calls) - 1
        if self.here.call == self.at and self.when == "before":
            self.dead = True
            raise ProcessKilledError

    def _after(self, **_: Any) -> None:
        if self.here.call == self.at and self.when == "after":
            self.dead = True
            raise ProcessKilledError


def _events(account: AwsAccount) -> list[Any]:
    clients = account.clients
    table = clients.table.meta.client
    return [c.meta.events for c in (clients.iam, clients.ssm, clients.sns, table)]
