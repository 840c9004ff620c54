"""Replaces private names of ministack, which must exist."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from local.emulator.ministack_internals import private_name

# ministack has no types. Params: the parsed query. Response: status, headers and body.
Params = Mapping[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Params], Response]


def replace(module: str, name: str, make: Callable[[Any], Any]) -> None:
    """Replace a name of a module by what `make` returns for its value."""
    original = private_name(module, name)
    setattr(importlib.import_module(f"ministack.{module}"), name, make(original))


def replace_entry(module: str, table: str, key: str, make: Callable[[Any], Any]) -> None:
    """Replace an entry of a table of a module by what `make` returns for it."""
    entries = private_name(module, table)
    entries[key] = make(entries[key])
