"""Systems Manager Parameter Store: rejected values."""

import re
from collections.abc import Mapping
from typing import Any

from local.emulator.ministack_internals import private_name
from local.emulator.patches.monkeypatch import Handler, Params, Response, replace

_STANDARD_LIMIT = 4096  # characters


def reject_invalid_values() -> None:
    """Reject a value that is empty, too long, or against the parameter's pattern.

    ministack accepts each, and forgets the pattern with the first edit that gives none. AWS accepts
    1 to 4,096 characters in the standard tier (SSM API Reference, PutParameter), and rejects what
    `AllowedPattern` does not match with `ParameterPatternMismatchException`. That an edit without a
    pattern keeps the old one is assumed, not verified. An edit that only AWS rejects would look as
    if it worked: the function would read 18 KB of exemptions, or a number in words.
    """

    def make(original: Handler) -> Handler:
        def put(request: Params) -> Response:
            existing = private_name("services.ssm", "_parameters").get(request.get("Name"), {})
            pattern = request.get("AllowedPattern") or existing.get("AllowedPattern", "")
            if rejection := _rejection(request, existing, pattern):
                answer: Response = private_name("services.ssm", "error_response_json")(*rejection)
                return answer
            return original({**request, "AllowedPattern": pattern})

        return put

    replace("services.ssm", "_put_parameter", make)


def _rejection(
    request: Params, existing: Mapping[str, Any], pattern: str
) -> tuple[str, str, int] | None:
    """Return the error of AWS: its code, message and status; None for a value that it accepts."""
    value = request.get("Value", "")
    tier = request.get("Tier") or existing.get("Tier", "Standard")
    if not value:
        text = "Value '' at 'value' failed to satisfy constraint: it must have at least 1 character"
        return "ValidationException", text, 400
    if tier == "Standard" and len(value) > _STANDARD_LIMIT:
        text = f"Standard tier parameters support a maximum parameter value of {_STANDARD_LIMIT}"
        return "ValidationException", f"{text} characters.", 400
    if pattern and not re.fullmatch(pattern, value):
        text = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
        return "ParameterPatternMismatchException", text, 400
    return None
