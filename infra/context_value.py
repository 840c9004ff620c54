"""What the readers of context values share: the error, its wording, and three kinds of values."""

import re

EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
"""One e-mail address, without a name."""


class ContextError(Exception):
    """Raised when the context is not valid; the message is one line."""

    def __init__(self, problem: str) -> None:
        """Add to the problem that nothing came of it."""
        super().__init__(f"{problem}; nothing was deployed")


def refusal(key: str, value: object, accepts: str) -> ContextError:
    """Return the error for a value that is missing (None) or not accepted."""
    found = "missing" if value is None else repr(value)
    return ContextError(f"context {key!r} is {found}; it accepts {accepts}")


def whole_number(value: object) -> int | None:
    """Read a number from cdk.json, or a string of digits from -c; None for anything else."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value):
        return int(value)
    return value if type(value) is int else None


def boolean(value: object) -> bool | None:
    """Read a boolean from cdk.json, or `true` or `false` from -c; None for anything else."""
    if isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    return value if isinstance(value, bool) else None
