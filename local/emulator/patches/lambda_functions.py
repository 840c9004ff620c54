"""Lambda and EventBridge Scheduler: how functions run, and when schedules run."""

import time
from typing import Any

from local.emulator import ministack_internals
from local.emulator.clock import Clock
from local.emulator.event_log import CURRENT_CAUSE, BackgroundTasks, EventLog
from local.emulator.lambda_pool import ExecutionEnvironmentPool
from local.emulator.ministack_internals import private_name
from local.emulator.patches.monkeypatch import Params, replace
from local.emulator.records import Invocation
from local.emulator.schedule import ScheduleRunner

_TICK = 0.5  # seconds between two checks for schedules that became due
_RETRY_DELAY = 0.05  # seconds between two attempts; on AWS a minute or more


def run_in_lambda_runtime(
    clock: Clock, event_log: EventLog, pool: ExecutionEnvironmentPool
) -> None:
    """Run Python functions under AWS's runtime client, and record each invocation.

    ministack runs them with its own script, in the environment that ministack is installed in.
    There, a package that is missing from the bundle can still be imported.
    """

    def run(record: Params, event: object, _request_id: str) -> dict[str, Any]:
        deployed = ministack_internals.deployed_function(record)
        at = clock.now()
        result = pool.run(deployed, event)
        invocation = Invocation(
            at=at,
            cause=CURRENT_CAUSE.get(),
            function=deployed.name,
            payload=event,
            answer=None if result.failed else result.payload,
            error=result.payload if result.failed else None,
            log=result.log,
        )
        event_log.invocations.append(invocation)
        return {"body": result.payload, "error": result.failed, "log": result.log}

    replace("services.lambda_svc", "_execute_function_warm", lambda _: run)


def track_asynchronous_invocations(background_tasks: BackgroundTasks) -> None:
    """Run asynchronous invocations as background tasks, so that callers can wait for them.

    ministack runs them on threads that it does not keep. The number of attempts and the on-failure
    destination are as configured, as on AWS; only the delay between two attempts is short.
    """

    def invoke(record: Params, event: object) -> None:
        background_tasks.start(lambda: _attempt(record, event))

    replace("services.lambda_svc", "invoke_async_with_retry", lambda _: invoke)


def _attempt(record: Params, event: object) -> None:
    settings = record["event_invoke_configs"].get("$LATEST") or record["event_invoke_config"] or {}
    retries = settings.get("MaximumRetryAttempts", 2)
    result = private_name("services.lambda_svc", "_execute_function")(record, event)
    for _ in range(retries if result.get("error") else 0):
        time.sleep(_RETRY_DELAY)
        result = private_name("services.lambda_svc", "_execute_function")(record, event)
        if not result.get("error"):
            return
    on_failure = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    dead_letters = record["config"].get("DeadLetterConfig", {}).get("TargetArn")
    if result.get("error") and (target := on_failure or dead_letters):
        name = record["config"]["FunctionName"]
        private_name("services.lambda_svc", "_route_async_failure")(target, name, event, result)


def run_schedules_by_emulated_clock(schedule_runner: ScheduleRunner) -> None:
    """Let the schedule runner decide when a schedule is due.

    ministack checks every 10 seconds, runs a schedule once after the clock jumps many days, calls
    the function without the retries of asynchronous invocation, and leaves the context attributes
    in the input as they are.
    """
    replace("services.scheduler", "_tick_schedules", lambda _: schedule_runner.run_due)
    replace("services.scheduler", "_SCHEDULE_TICK_INTERVAL", lambda _: _TICK)
