"""The emulated clock: time-machine sets the time of the whole process."""

from datetime import UTC, datetime

import time_machine


class ClockMovedBackError(ValueError):
    """Raised when the emulated clock would move to an earlier time."""

    def __init__(self, *, now: datetime, requested: datetime) -> None:
        """Name both times."""
        super().__init__(f"the clock is at {now} and cannot move back to {requested}")


class Clock:
    """The clock of this process. It ticks from the time it was last set to."""

    def __init__(self, *, starts_at: datetime) -> None:
        """Set the clock of this process."""
        self._travel = time_machine.travel(starts_at, tick=True)
        self._traveller = self._travel.start()

    def now(self) -> datetime:
        """Return the emulated time."""
        return datetime.now(UTC)

    def move_to(self, instant: datetime) -> None:
        """Set the clock to a time, from which it ticks on."""
        self._traveller.move_to(instant, tick=True)

    def close(self) -> None:
        """Restore the real time."""
        self._travel.stop()
