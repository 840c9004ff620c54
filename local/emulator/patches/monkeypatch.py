"""How a private name of ministack is replaced: it has to be there."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from local.emulator.ministack_internals import private_name

# ministack's functions have no types; Params is its parsed query, Response (status, headers, body).
Params = Mapping[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Params], Response]


def replace(module: str, name: str, make: Callable[[Any], Any]) -> None:
    """Put what `make` makes of a module's function, or other name, in its place."""
    original = private_name(module, name)
    setattr(importlib.import_module(f"ministack.{module}"), name, make(original))


def replace_entry(module: str, table: str, key: str, make: Callable[[Any], Any]) -> None:
    """Put what `make` makes of an entry of a module's table in its place."""
    entries = private_name(module, table)
    entries[key] = make(entries[key])
