"""The parts of the emulated account other than ministack."""

from dataclasses import dataclass

from local.emulator.clock import Clock
from local.emulator.event_log import BackgroundTasks, EventLog
from local.emulator.lambda_pool import ExecutionEnvironmentPool
from local.emulator.schedule import ScheduleRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """The objects that the patches and the control endpoint share."""

    clock: Clock
    event_log: EventLog
    pool: ExecutionEnvironmentPool
    background_tasks: BackgroundTasks
    schedule_runner: ScheduleRunner
