"""What the emulated account is made of, besides ministack."""

from dataclasses import dataclass

from local.clock import Clock
from local.hosting import Hosting
from local.journal import Background, Journal
from local.schedule import Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Workings:
    """The parts that patches and the control endpoint share."""

    clock: Clock
    journal: Journal
    hosting: Hosting
    background: Background
    timetable: Timetable
