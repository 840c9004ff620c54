"""Every call of a run passes a gate, where AWS, the network, people and the power supply wait."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

T = TypeVar("T")
Intervention = Callable[[], None]


class KilledError(BaseException):
    """Raised where the process dies: nothing may catch it."""


class FaultKind(StrEnum):
    """What becomes of a call that does not go well."""

    DENIED = "AccessDenied"
    THROTTLED = "Throttling"
    INTERNAL_ERROR = "InternalError"
    RESET = "reset"
    RESPONSE_LOST = "answer lost"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


@dataclass(frozen=True)
class Fault:
    """One misfortune of a run.

    at: the number of the call, counted from 0
    operation: only calls of this name count, such as `Publish`; None for all
    lasting: whether all later ones fail as well
    """

    kind: FaultKind
    at: int
    operation: str | None = None
    lasting: bool = False


@dataclass
class FaultInjector:
    """What one run meets.

    interventions: what somebody does right before the call of that number
    """

    faults: tuple[Fault, ...] = ()
    interventions: dict[int, Intervention] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    disturbances: list[str] = field(default_factory=list)
    killed: bool = False

    def call(self, operation: str, parameters: Mapping[str, Any], perform: Callable[[], T]) -> T:
        """Make a call, as well as it goes."""
        if self.killed:
            raise KilledError
        number = len(self.calls)
        earlier = sum(name == operation for name, _ in self.calls)
        self.calls.append((operation, parameters))
        if intervention := self.interventions.pop(number, None):
            self.disturbances.append("a deed")
            intervention()
        kind = self._kind(operation, number, earlier)
        if kind is None:
            return perform()
        try:
            if kind in {FaultKind.RESPONSE_LOST, FaultKind.KILLED_AFTER}:
                perform()
        finally:
            self.disturbances.append(f"{kind}: {operation}")
        match kind:
            case FaultKind.KILLED_BEFORE | FaultKind.KILLED_AFTER:
                self.killed = True
                raise KilledError
            case FaultKind.RESPONSE_LOST:
                raise ReadTimeoutError(endpoint_url="https://aws")
            case FaultKind.RESET:
                raise ConnectionClosedError(endpoint_url="https://aws")
            case _:
                raise client_error(operation, kind)

    def count_calls(self, operation: str, **parameters: str) -> int:
        """How often a call was made with these parameters."""
        return sum(
            name == operation and parameters.items() <= sent.items() for name, sent in self.calls
        )

    def _kind(self, operation: str, number: int, earlier: int) -> FaultKind | None:
        for fault in self.faults:
            position = number if fault.operation is None else earlier
            matches = fault.operation in {None, operation}
            if matches and (position == fault.at or (fault.lasting and position > fault.at)):
                return fault.kind
        return None


def client_error(operation: str, code: str) -> ClientError:
    """The error that AWS answers, at once or after the last retry."""
    not_retried = code == FaultKind.DENIED
    response: Any = {
        "Error": {"Code": code, "Message": f"fault: {code}"},
        "ResponseMetadata": {
            "HTTPStatusCode": 500 if code == FaultKind.INTERNAL_ERROR else 400,
            "RetryAttempts": 0 if not_retried else 9,
        },
    }
    return ClientError(response, operation)
