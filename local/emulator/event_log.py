"""What happened in the emulated account, and what was said about it from outside."""

import contextvars
import threading
from collections.abc import Callable

from local.emulator.records import Cause, Invocation, LastUse, PublishedMessage

CURRENT_CAUSE: contextvars.ContextVar[Cause] = contextvars.ContextVar(
    "cause", default=Cause.REQUEST
)


class EventLog:
    """Keeps mails and invocations in the order they happened, and the last use of each key."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.messages: list[PublishedMessage] = []
        self.invocations: list[Invocation] = []
        self.last_uses: dict[str, LastUse] = {}


class BackgroundTasks:
    """Work that nobody waits for, such as an asynchronous invocation, until somebody asks."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._running: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def start(self, work: Callable[[], None]) -> None:
        """Do it on a thread of its own, in the caller's context."""
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(work,), daemon=True)
        with self._lock:
            self._running.add(thread)
        thread.start()

    def wait(self) -> None:
        """Return when all of it has ended, with all that it started."""
        while True:
            with self._lock:
                self._running = {each for each in self._running if each.is_alive()}
                running = list(self._running)
            if not running:
                return
            for thread in running:
                thread.join()
