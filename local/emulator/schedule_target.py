"""Invokes the target of a schedule as EventBridge Scheduler does, with the schedule's role."""

import json
import logging
import uuid
from datetime import UTC, datetime

from local.emulator import ministack_internals
from local.emulator.event_log import CURRENT_CAUSE, BackgroundTasks
from local.emulator.records import Cause
from local.emulator.schedule import Schedule

_log = logging.getLogger("local.emulator.schedule_target")


class ScheduleTarget:
    """Invokes targets, and returns when all that they started has ended."""

    def __init__(self, background_tasks: BackgroundTasks) -> None:
        """Run asynchronous invocations as these tasks."""
        self._background_tasks = background_tasks

    def invoke(self, schedule: Schedule, at: datetime) -> None:
        """Invoke the target, or send the event to the dead-letter queue if the role is denied."""
        event = _event(schedule, at)
        is_state_machine = ":stateMachine:" in schedule.target
        action = "states:StartExecution" if is_state_machine else "lambda:InvokeFunction"
        if ministack_internals.is_role_allowed(schedule.role, action, schedule.target):
            cause = CURRENT_CAUSE.set(Cause.SCHEDULE)
            start = ministack_internals.run_state_machine if is_state_machine else _invoke_function
            start(schedule.target, event)
            CURRENT_CAUSE.reset(cause)
            self._background_tasks.wait()
        else:
            _log.error("%s is not allowed %s on %s", schedule.role, action, schedule.target)
            if schedule.dead_letters:
                ministack_internals.send_to_queue(schedule.dead_letters, event)


def _invoke_function(target: str, event: str) -> None:
    record = ministack_internals.function_record(target)
    ministack_internals.invoke_asynchronously(record, json.loads(event))


def _event(schedule: Schedule, at: datetime) -> str:
    """Replace the context attributes in the input of the schedule."""
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
