"""What is not ours runs without the trace function of coverage, which slows each of its lines."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from botocore.client import BaseClient, ClientCreator
from botocore.endpoint import Endpoint
from botocore.parsers import ResponseParser
from moto.core.botocore_stubber import BotocoreStubber

STEPS = (
    (ClientCreator, "create_client"),
    (BaseClient, "_convert_to_request_dict"),
    (Endpoint, "create_request"),
    (BotocoreStubber, "__call__"),
    (ResponseParser, "parse"),
)
"""Those in which botocore and moto call nothing of the product and of the tests."""


def do_not_trace_botocore_and_moto() -> None:
    """Suspend the trace function in each of these steps."""
    for owner, name in STEPS:
        setattr(owner, name, _untraced(getattr(owner, name)))


def _untraced(step: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(step)
    def run(*arguments: Any, **named: Any) -> Any:
        trace = sys.gettrace()
        if trace is None:
            return step(*arguments, **named)
        sys.settrace(None)
        try:
            return step(*arguments, **named)
        finally:
            sys.settrace(trace)

    return run
