"""How handlers of operations of AWS Organizations answer."""

from collections.abc import Mapping
from typing import Any

from local.emulator.ministack_internals import private_name
from local.emulator.patches.monkeypatch import Response

MODULE = "services.organizations"


def answer(body: Mapping[str, Any]) -> Response:
    """Return the response of a successful operation."""
    response: Response = private_name(MODULE, "_json")(200, body)
    return response


def error(code: str, text: str) -> Response:
    """Return the response of a failed operation."""
    response: Response = private_name("core.responses", "error_response_json")(code, text, 400)
    return response


def caller() -> str:
    """Return the account in whose scope the handler runs."""
    account: str = private_name("core.responses", "get_account_id")()
    return account
