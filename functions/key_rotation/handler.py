"""The Lambda function: reads the environment and the clock, once, and runs."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from key_rotation.adapters import clients, codec
from key_rotation.domain.budget import TimeBudget
from key_rotation.domain.model import Now, RunEnvironment
from key_rotation.errors import ContinuationError, RunInProgressError, RunStoppedError
from key_rotation.reporting.digest import response, skipped_response
from key_rotation.reporting.metrics import run_metrics
from key_rotation.reporting.report import Report
from key_rotation.request import Request
from key_rotation.run import run
from key_rotation.service_layer.stopped_run import notify_run_stopped

ENVIRONMENT = ("ACCOUNT_ID", "PARAMETER_PATH", "TABLE_NAME", "TIMEZONE", "TOPIC_ARN")
_environment = {name: os.environ[name] for name in ENVIRONMENT}
_clients = clients.build_clients(_environment["TABLE_NAME"])
log = Logger()
metrics = Metrics()


@log.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run once, and answer the run's summary; raises RunStoppedError when it cannot be trusted."""
    left = partial(_time_left, context)
    now = Now(instant=datetime.now(UTC), zone=ZoneInfo(_environment["TIMEZONE"]))
    run_id = f"{now.instant:%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
    log.append_keys(run_id=run_id)
    environment = RunEnvironment(
        account_id=_environment["ACCOUNT_ID"],
        topic_arn=_environment["TOPIC_ARN"],
        parameter_path=_environment["PARAMETER_PATH"],
    )
    request = Request.parse(event)
    log.info("run started", scheduled_time=request.scheduled_time, report=request.report)
    try:
        report = run(
            request, environment, _clients, now=now, run_id=run_id, budget=TimeBudget(left, left())
        )
        _invoke_continuation(report, request, context)
    except RunInProgressError as other:
        log.warning("another run is under way; left the work to it", other_run_id=str(other))
        return skipped_response(run_id, str(other))
    except RunStoppedError as error:
        log.exception("run stopped")
        notify_run_stopped(error, _clients, environment, now)
        raise
    _log(report)
    _measure(report)
    return response(report)


def _time_left(context: LambdaContext) -> timedelta:
    return timedelta(milliseconds=context.get_remaining_time_in_millis())


def _invoke_continuation(report: Report, request: Request, context: LambdaContext) -> None:
    """Hand what is left to the next part of the run, at once."""
    if report.continuation is None:
        return
    event: dict[str, object] = {"remainder": codec.write(report.continuation)}
    event |= {"mode": "report"} if request.report else {}
    try:
        _clients.functions.invoke(
            FunctionName=context.function_name,
            InvocationType="Event",
            Payload=json.dumps(event),
        )
    except clients.AWS_ERRORS as cause:
        left = len(report.continuation.user_ids)
        why = clients.error_message(cause)
        text = f"{left} users were not looked at: the run could not go on ({why})."
        raise ContinuationError(text) from cause


def _log(report: Report) -> None:
    for outcome in report.outcomes:
        log.info(
            "key %s",
            f"would be {outcome.section}" if outcome.dry_run else outcome.section,
            user=outcome.user_name,
            access_key_id=outcome.access_key_id,
            reason=outcome.reason,
            due=outcome.due,
        )
    log.info("run completed", mode=report.mode, users=report.users)


def _measure(report: Report) -> None:
    """Emit the figures of a run that came to its end; no other emits any."""
    for name, value in run_metrics(report).items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
