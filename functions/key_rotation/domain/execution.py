"""What one execution of the function brings along: its name, its instant, a clock, and its time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


class Clock(Protocol):
    """Measures and waits, as the module `time` does; it knows no calendar."""

    def monotonic(self) -> float:
        """Return seconds since some fixed instant."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Return after that many seconds."""
        ...


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """The time of one execution: half of it for reading, a quarter for changes, the rest for mail.

    time_left: returns how much is left
    total: how much there was at the start
    """

    time_left: Callable[[], timedelta]
    total: timedelta

    @property
    def allows_reads(self) -> bool:
        """Whether there is time to read more users."""
        return self.time_left() > self.total / 2

    @property
    def allows_changes(self) -> bool:
        """Whether there is time for more changes, and for the digest that reports them."""
        return self.time_left() > self.total / 4

    @property
    def allows_earlier_mails(self) -> bool:
        """Whether there is time to send mails of earlier runs, before this one reads anything."""
        return self.time_left() > self.total - self.total / 8

    @property
    def allows_details(self) -> bool:
        """Whether there is time to read what only makes the digest more useful."""
        return self.time_left() > self.total / 8


UNLIMITED = TimeBudget(lambda: timedelta.max, timedelta.max)
