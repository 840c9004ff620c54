"""Every call of a run passes the fault injector, which disturbs some of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

T = TypeVar("T")
INTERVENTION = "intervention"
"""A disturbance of a run: a person did something between two of its calls."""
Intervention = Callable[[], None]


class KilledError(BaseException):
    """Simulates the death of the process; no code may catch it."""


class FaultKind(StrEnum):
    """What happens to a call that does not succeed."""

    DENIED = "AccessDenied"
    THROTTLED = "Throttling"
    INTERNAL_ERROR = "InternalError"
    RESET = "reset"
    RESPONSE_LOST = "response lost"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


@dataclass(frozen=True)
class Fault:
    """One fault of a run.

    at: the number of the call, counted from 0
    operation: counts only calls of this name, such as `Publish`; None for all
    lasting: whether all later calls fail as well
    """

    kind: FaultKind
    at: int
    operation: str | None = None
    lasting: bool = False


@dataclass
class FaultInjector:
    """The calls of one run, and what disturbs them.

    interventions: what a person does immediately before the call of that number
    calls: the name and the parameters of each call so far
    disturbances: what happened, in order
    """

    faults: tuple[Fault, ...] = ()
    interventions: dict[int, Intervention] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    disturbances: list[str] = field(default_factory=list)
    killed: bool = False

    def call(self, operation: str, parameters: Mapping[str, Any], perform: Callable[[], T]) -> T:
        """Make a call, with the fault that is planned for it, if any."""
        if self.killed:
            raise KilledError
        number = len(self.calls)
        earlier = sum(name == operation for name, _ in self.calls)
        self.calls.append((operation, parameters))
        if intervention := self.interventions.pop(number, None):
            self.disturbances.append(INTERVENTION)
            intervention()
        kind = self._kind(operation, number, earlier)
        if kind is not None:
            self._disturb(kind, operation, perform)
        return perform()

    def _disturb(self, kind: FaultKind, operation: str, perform: Callable[[], object]) -> NoReturn:
        try:
            if kind in {FaultKind.RESPONSE_LOST, FaultKind.KILLED_AFTER}:
                perform()
        except ClientError:  # an answer like any other to a run that is killed
            if kind is not FaultKind.KILLED_AFTER:
                raise
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
        """Return how often a call was made with these parameters."""
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
    """Return the error of AWS, of the only try or of the last retry."""
    not_retried = code == FaultKind.DENIED
    response: Any = {
        "Error": {"Code": code, "Message": f"fault: {code}"},
        "ResponseMetadata": {
            "HTTPStatusCode": 500 if code == FaultKind.INTERNAL_ERROR else 400,
            "RetryAttempts": 0 if not_retried else 9,
        },
    }
    return ClientError(response, operation)
