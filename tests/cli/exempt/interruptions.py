"""What happens between the writes of a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest


@contextmanager
def before_each_write(
    monkeypatch: pytest.MonkeyPatch, action: Any, event: str = "before-call.ssm.PutParameter"
) -> Iterator[None]:
    """Call an action before each write of the command."""
    session = boto3.Session(region_name="eu-west-1")
    session.events.register_first(event, lambda **_: action())
    with monkeypatch.context() as patch:
        patch.setattr(boto3, "Session", lambda **_: session)
        yield
