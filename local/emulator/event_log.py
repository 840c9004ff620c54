"""What happened in the emulated account, and the asynchronous work in progress."""

import contextvars
import threading
from collections.abc import Callable

from local.emulator.records import Cause, Invocation, LastUse, PublishedMessage

CURRENT_CAUSE: contextvars.ContextVar[Cause] = contextvars.ContextVar(
    "cause", default=Cause.REQUEST
)


class EventLog:
    """Records messages and invocations in order, and holds the last use of each access key."""

    def __init__(self) -> None:
        """Start an empty log."""
        self.messages: list[PublishedMessage] = []
        self.invocations: list[Invocation] = []
        self.last_uses: dict[str, LastUse] = {}


class BackgroundTasks:
    """Runs tasks on threads, such as asynchronous invocations."""

    def __init__(self) -> None:
        """Start without tasks."""
        self._running: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def start(self, work: Callable[[], None]) -> None:
        """Run a task on a new thread, in a copy of the caller's context."""
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(work,), daemon=True)
        with self._lock:  # `wait` would take a thread that has not started for one that has ended
            self._running.add(thread)
            thread.start()

    def wait(self) -> None:
        """Return when all tasks have ended, with all the tasks that they started."""
        while True:
            with self._lock:
                self._running = {each for each in self._running if each.is_alive()}
                running = list(self._running)
            if not running:
                return
            for thread in running:
                thread.join()
