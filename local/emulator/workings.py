"""What the emulated account is made of, besides ministack."""

from dataclasses import dataclass

from local.emulator.clock import Clock
from local.emulator.hosting import Hosting
from local.emulator.journal import Background, Journal
from local.emulator.schedule import Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Workings:
    """The parts that patches and the control endpoint share."""

    clock: Clock
    journal: Journal
    hosting: Hosting
    background: Background
    timetable: Timetable
