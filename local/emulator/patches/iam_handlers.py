"""How ministack's handlers of IAM's operations are replaced."""

from collections.abc import Callable

from local.emulator.ministack_internals import private_name
from local.emulator.patches.monkeypatch import Handler, Params, replace_entry


def replace_handler(operation: str, make: Callable[[Handler], Handler]) -> None:
    """Replace the handler of an operation by what `make` returns for it."""
    replace_entry("services.iam", "_IAM_HANDLERS", operation, make)


def param(params: Params, name: str, default: str = "") -> str:
    """Return a parameter of a request, or the default."""
    value: str = private_name("services.iam", "_p")(params, name) or default
    return value
