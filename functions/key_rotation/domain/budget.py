"""How long a run may go on before it must hand the rest to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """The time of one execution, shared out: half for reading, most of the rest for acting.

    time_left: asks how much is left
    whole: how much there was
    """

    time_left: Callable[[], timedelta]
    whole: timedelta

    @property
    def allows_reads(self) -> bool:
        """Say whether there is time to read more users."""
        return self.time_left() > self.whole / 2

    @property
    def allows_changes(self) -> bool:
        """Say whether there is time for more changes, and for telling of them."""
        return self.time_left() > self.whole / 4


UNLIMITED = TimeBudget(lambda: timedelta.max, timedelta.max)
