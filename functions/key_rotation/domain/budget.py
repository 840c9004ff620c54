"""How long a run may go on before it must hand the rest to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Budget:
    """The time of one execution, shared out: half for reading, most of the rest for acting.

    time_left: asks how much is left
    whole: how much there was
    """

    time_left: Callable[[], timedelta]
    whole: timedelta

    @property
    def may_read(self) -> bool:
        """Say whether there is time to read more users."""
        return self.time_left() > self.whole / 2

    @property
    def may_act(self) -> bool:
        """Say whether there is time for more changes, and for telling of them."""
        return self.time_left() > self.whole / 4


UNLIMITED = Budget(lambda: timedelta.max, timedelta.max)
