"""AWS's refusals of the calls of a command, which opens sessions of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore import handlers

from tests.aws.faults import client_error


@contextmanager
def refused(
    call: str, code: str = "AccessDenied", *, only_for: str | None = None
) -> Iterator[None]:
    """Make AWS refuse a call, such as `iam.ListUsers`, in each session that is opened meanwhile.

    only_for: refuse only calls with this value among their parameters
    """

    def refuse(params: dict[str, Any], **_: Any) -> None:
        body = params["body"]
        values = body.values() if isinstance(body, dict) else [str(body)]
        if only_for is None or any(only_for in str(value) for value in values):
            raise client_error(call.partition(".")[2], code)

    handler = (f"before-call.{call}", refuse)
    handlers.BUILTIN_HANDLERS.append(handler)
    try:
        yield
    finally:
        handlers.BUILTIN_HANDLERS.remove(handler)
