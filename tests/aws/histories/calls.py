"""Every call of a run passes a gate, where AWS, the network, people and the power supply wait."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

T = TypeVar("T")
Act = Callable[[], None]


class KilledError(BaseException):
    """Raised where the process dies: nothing may catch it."""


class Kind(StrEnum):
    """What becomes of a call that does not go well."""

    DENIED = "AccessDenied"
    THROTTLED = "Throttling"
    BROKEN = "InternalError"
    RESET = "reset"
    LOST = "answer lost"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


@dataclass(frozen=True)
class Fault:
    """One misfortune of a run.

    at: the number of the call, counted from 0
    operation: only calls of this name count, such as `Publish`; None for all
    lasting: whether all later ones fail as well
    """

    kind: Kind
    at: int
    operation: str | None = None
    lasting: bool = False


@dataclass
class Gate:
    """What one run meets.

    deeds: what somebody does right before the call of that number
    """

    faults: tuple[Fault, ...] = ()
    deeds: dict[int, Act] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    dead: bool = False

    def through(self, operation: str, named: Mapping[str, Any], act: Callable[[], T]) -> T:
        """Make a call, as well as it goes."""
        if self.dead:
            raise KilledError
        number = len(self.calls)
        before = sum(name == operation for name, _ in self.calls)
        self.calls.append((operation, named))
        if deed := self.deeds.pop(number, None):
            self.met.append("a deed")
            deed()
        kind = self._kind(operation, number, before)
        if kind is None:
            return act()
        try:
            if kind in {Kind.LOST, Kind.KILLED_AFTER}:
                act()
        finally:
            self.met.append(f"{kind}: {operation}")
        match kind:
            case Kind.KILLED_BEFORE | Kind.KILLED_AFTER:
                self.dead = True
                raise KilledError
            case Kind.LOST:
                raise ReadTimeoutError(endpoint_url="https://aws")
            case Kind.RESET:
                raise ConnectionClosedError(endpoint_url="https://aws")
            case _:
                raise refusal(operation, kind)

    def count(self, operation: str, **named: str) -> int:
        """How often a call was made with these parameters."""
        return sum(
            name == operation and named.items() <= given.items() for name, given in self.calls
        )

    def _kind(self, operation: str, number: int, before: int) -> Kind | None:
        for fault in self.faults:
            counted = number if fault.operation is None else before
            meant = fault.operation in {None, operation}
            if meant and (counted == fault.at or (fault.lasting and counted > fault.at)):
                return fault.kind
        return None


def refusal(operation: str, code: str) -> ClientError:
    """The error that AWS answers, at once or after the last retry."""
    at_once = code == Kind.DENIED
    answer: Any = {
        "Error": {"Code": code, "Message": f"fault: {code}"},
        "ResponseMetadata": {
            "HTTPStatusCode": 500 if code == Kind.BROKEN else 400,
            "RetryAttempts": 0 if at_once else 9,
        },
    }
    return ClientError(answer, operation)
