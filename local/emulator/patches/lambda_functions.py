"""Lambda and Scheduler: what runs a function, and what fires it."""

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

_TICK = 0.5  # seconds between two looks at what became due by itself
_PAUSE = 0.05  # seconds between two attempts; a minute or more on AWS


def run_in_lambda_runtime(
    clock: Clock, event_log: EventLog, pool: ExecutionEnvironmentPool
) -> None:
    """Run Python functions under AWS's own runtime client, and keep each invocation.

    ministack runs them by a script of its own, inside the environment that ministack is installed
    in, where a package missing from the bundle is found all the same.
    """

    def run(record: Params, event: object, _request_id: str) -> dict[str, Any]:
        deployment = ministack_internals.deployed_function(record)
        at = clock.now()
        outcome = pool.run(deployment, event)
        invocation = Invocation(
            at=at,
            cause=CURRENT_CAUSE.get(),
            function=deployment.name,
            payload=event,
            answer=None if outcome.failed else outcome.payload,
            error=outcome.payload if outcome.failed else None,
            log=outcome.log,
        )
        event_log.invocations.append(invocation)
        return {"body": outcome.payload, "error": outcome.failed, "log": outcome.log}

    replace("services.lambda_svc", "_execute_function_warm", lambda _: run)


def track_asynchronous_invocations(background_tasks: BackgroundTasks) -> None:
    """Run asynchronous invocations where they can be waited for.

    ministack starts them on a thread that nobody knows. The attempts and the on-failure destination
    are as configured, as on AWS; only the pause between two attempts is short.
    """

    def invoke(record: Params, event: object) -> None:
        background_tasks.start(lambda: _attempt(record, event))

    replace("services.lambda_svc", "invoke_async_with_retry", lambda _: invoke)


def _attempt(record: Params, event: object) -> None:
    settings = record["event_invoke_configs"].get("$LATEST") or record["event_invoke_config"] or {}
    retries = settings.get("MaximumRetryAttempts", 2)
    result = private_name("services.lambda_svc", "_execute_function")(record, event)
    for _ in range(retries if result.get("error") else 0):
        time.sleep(_PAUSE)
        result = private_name("services.lambda_svc", "_execute_function")(record, event)
        if not result.get("error"):
            return
    on_failure = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    dead_letters = record["config"].get("DeadLetterConfig", {}).get("TargetArn")
    if result.get("error") and (target := on_failure or dead_letters):
        name = record["config"]["FunctionName"]
        private_name("services.lambda_svc", "_route_async_failure")(target, name, event, result)


def run_schedules_by_emulated_clock(schedule_runner: ScheduleRunner) -> None:
    """Leave it to the schedule runner when a schedule fires.

    ministack looks every 10 seconds, fires once after a jump of many days, calls the function
    outside of the asynchronous invocation's retries, and substitutes nothing in the input.
    """
    replace("services.scheduler", "_tick_schedules", lambda _: schedule_runner.run_due)
    replace("services.scheduler", "_SCHEDULE_TICK_INTERVAL", lambda _: _TICK)
