"""The heartbeat that keeps a lease: a call that is repeated in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Protocol


class Heartbeat(Protocol):
    """Calls `Lease.beat` again and again, until it is stopped or the lease is lost."""

    def stop(self) -> None:
        """Return when no further heartbeat will be written."""
        ...


class ThreadHeartbeat:
    """A heartbeat in a thread of its own."""

    def __init__(self, beat: Callable[[], bool], interval: float) -> None:
        """Call `beat` every `interval` seconds from now on."""
        self._beat = beat
        self._interval = interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when the thread has ended."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            if not self._beat():
                return
