"""The emulated time: time-machine moves this whole process to it."""

from datetime import UTC, datetime

import time_machine


class ClockMovedBackError(ValueError):
    """Raised when the emulated clock is asked to go back."""

    def __init__(self, *, now: datetime, asked: datetime) -> None:
        """Name both instants."""
        super().__init__(f"the clock stands at {now} and cannot go back to {asked}")


class Clock:
    """Ticks from the instant it was set to; everything in this process lives by it."""

    def __init__(self, *, starts_at: datetime) -> None:
        """Move this process to an instant."""
        self._travel = time_machine.travel(starts_at, tick=True)
        self._traveller = self._travel.start()

    def now(self) -> datetime:
        """Tell the emulated instant."""
        return datetime.now(UTC)

    def move_to(self, instant: datetime) -> None:
        """Jump to an instant, and tick on from there."""
        self._traveller.move_to(instant, tick=True)

    def close(self) -> None:
        """Come back to the real time."""
        self._travel.stop()
