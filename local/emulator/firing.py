"""What Scheduler does when a schedule is due: it invokes the target, in its role's name."""

import json
import logging
import uuid
from datetime import UTC, datetime

from local.emulator import innards
from local.emulator.journal import CAUSE, Background
from local.emulator.records import Cause
from local.emulator.schedule import Schedule

_log = logging.getLogger("local.emulator.firing")


class Scheduler:
    """Fires schedules, and returns when all that they set off has ended."""

    def __init__(self, background: Background) -> None:
        """Start asynchronous invocations on this background."""
        self._background = background

    def fire(self, schedule: Schedule, at: datetime) -> None:
        """Invoke the target of a schedule, or leave its event in the dead-letter queue."""
        event = _event(schedule, at)
        if innards.role_may(schedule.role, "lambda:InvokeFunction", schedule.target):
            self._invoke(schedule.target, event)
        else:
            _log.error("%s may not invoke %s", schedule.role, schedule.target)
            if schedule.dead_letters:
                innards.send_to_queue(schedule.dead_letters, event)

    def _invoke(self, target: str, event: str) -> None:
        record = innards.function_record(target)
        cause = CAUSE.set(Cause.SCHEDULE)
        innards.invoke_asynchronously(record, json.loads(event))
        CAUSE.reset(cause)
        self._background.wait()


def _event(schedule: Schedule, at: datetime) -> str:
    """Fill the context attributes in the schedule's input."""
    attributes = {
        "scheduled-time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "schedule-arn": schedule.arn,
        "execution-id": uuid.uuid4().hex[:16],
        "attempt-number": "1",
    }
    event = schedule.payload
    for name, value in attributes.items():
        event = event.replace(f"<aws.scheduler.{name}>", value)
    return event
