"""What AWS, the network and the power supply do to a call, by botocore's own events."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.aws.world import World


class KilledError(BaseException):
    """Raised where the process dies: nothing may catch it."""


def refusal(operation: str, code: str) -> ClientError:
    """The error that AWS answers."""
    return ClientError({"Error": {"Code": code, "Message": f"fault: {code}"}}, operation)


@contextmanager
def fault(world: World, call: str, error: BaseException, *, when: str = "before") -> Iterator[None]:
    """Let a call fail, such as `iam.UpdateAccessKey`: before it happens, or after it did."""

    def fail(**_: Any) -> None:
        raise error

    event = f"{when}-call.{call}"
    for events in _events(world):
        events.register_first(event, fail)
    try:
        yield
    finally:
        for events in _events(world):
            events.unregister(event, fail)


@contextmanager
def refused(world: World, call: str, code: str = "AccessDenied") -> Iterator[None]:
    """AWS refuses a call."""
    with fault(world, call, refusal(call.partition(".")[2], code)):
        yield


@contextmanager
def answer_lost(world: World, call: str) -> Iterator[None]:
    """A call happens, and its answer never arrives."""
    with fault(world, call, ReadTimeoutError(endpoint_url="https://aws"), when="after"):
        yield


@dataclass
class Death:
    """Kills the run at its call number `at`, before or after it happens; then all is silence.

    calls: the calls that the run came to make
    """

    at: int
    when: str
    calls: list[str] = field(default_factory=list)
    dead: bool = False
    one_by_one: threading.Lock = field(default_factory=threading.Lock)
    here: threading.local = field(default_factory=threading.local)

    @contextmanager
    def over(self, world: World) -> Iterator[None]:
        """Watch the calls of a run, and kill it."""
        for events in _events(world):
            events.register_first("before-call", self._before)
            events.register_first("after-call", self._after)
        try:
            yield
        except KilledError:
            pass
        finally:
            for events in _events(world):
                events.unregister("before-call", self._before)
                events.unregister("after-call", self._after)

    def _before(self, model: Any, **_: Any) -> None:
        if self.dead:
            raise KilledError
        with self.one_by_one:
            self.calls.append(model.name)
            self.here.call = len(self.calls) - 1
        if self.here.call == self.at and self.when == "before":
            self.dead = True
            raise KilledError

    def _after(self, **_: Any) -> None:
        if self.here.call == self.at and self.when == "after":
            self.dead = True
            raise KilledError


def _events(world: World) -> list[Any]:
    clients = world.clients
    table = clients.table.meta.client
    return [c.meta.events for c in (clients.iam, clients.ssm, clients.sns, table)]
