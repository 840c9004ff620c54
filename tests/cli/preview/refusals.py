"""Makes AWS refuse or count the calls of a command, whatever session it opens."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from tests.aws.aws_account import START, with_root_row
from tests.aws.faults import client_error

VIEW_ONLY = ("GenerateCredentialReport", "GetCredentialReport", "GetAccessKeyLastUsed")
"""What the AWS managed policy ViewOnlyAccess lacks."""


def _complete_report(parsed: dict[str, Any], **_: Any) -> None:
    """Give the report the time and the row of the root user, which moto does not."""
    if parsed.get("Content", b"").startswith(b"user,"):
        parsed["GeneratedTime"] = START
        parsed["Content"] = with_root_row(parsed["Content"])


@contextmanager
def refusing(
    *operations: str, code: str = "AccessDenied", times: int = 10**6, only_for: str | None = None
) -> Iterator[Counter[str]]:
    """Refuse operations so many times, or those that name a user or key; counts all calls."""
    calls: Counter[str] = Counter()

    def refuse(model: Any, params: dict[str, Any], **_: Any) -> None:
        calls[model.name] += 1
        concerned = only_for is None or only_for in str(params.get("body"))
        if model.name in operations and concerned and calls[model.name] <= times:
            raise client_error(model.name, code)

    class RefusingSession(boto3.Session):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.events.register("before-call", refuse)
            self.events.register("after-call.iam.GetCredentialReport", _complete_report)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boto3, "Session", RefusingSession)
        yield calls
