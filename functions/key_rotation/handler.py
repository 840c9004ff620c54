"""The Lambda function of one account: runs, invokes the next part, logs and answers."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from key_rotation import __version__
from key_rotation.adapters import clients
from key_rotation.domain.model import RunEnvironment
from key_rotation.domain.run_state import Continuation
from key_rotation.errors import ContinuationError, RunInProgressError, RunStoppedError
from key_rotation.invocation import (
    CLOCK,
    current_time,
    read_environment,
    read_optional,
    time_budget,
)
from key_rotation.reporting.metrics import run_metrics
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.report import FinishedPart
from key_rotation.reporting.response import response, skipped_response
from key_rotation.request import Request
from key_rotation.run import run
from key_rotation.service_layer.owner_mail_environment import (
    OWNER_MAIL_ENVIRONMENT,
    OwnerMailEnvironment,
)
from key_rotation.service_layer.run_context import Execution
from key_rotation.service_layer.single_account import single_account_services
from key_rotation.service_layer.stopped_run import notify_run_stopped

ENVIRONMENT = (
    "ACCOUNT_ID",
    "LONGEST_GAP_HOURS",
    "PARAMETER_PATH",
    "TABLE_NAME",
    "TIMEZONE",
    "TOPIC_ARN",
)
_environment = read_environment(ENVIRONMENT)
_chat_topic_arn = read_optional(["CHAT_TOPIC_ARN"]).get("CHAT_TOPIC_ARN")
_owner_mail = OwnerMailEnvironment.read(read_optional(OWNER_MAIL_ENVIRONMENT))
_member = clients.build_member_clients()
_deployment = clients.build_deployment_clients(_environment["TABLE_NAME"])
log = Logger()
metrics = Metrics()


@log.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run once, and return the run's summary; raises RunStoppedError if it cannot be trusted."""
    execution = _execution(context)
    environment = RunEnvironment(
        account_id=_environment["ACCOUNT_ID"],
        topic_arn=_environment["TOPIC_ARN"],
        parameter_path=_environment["PARAMETER_PATH"],
        chat_topic_arn=_chat_topic_arn,
    )
    log.append_keys(run_id=execution.run_id, version=__version__)
    request = Request.parse(event, context.aws_request_id)
    execution.progress.part = request.part
    log.info("run_started", scheduled_time=request.scheduled_time, report_only=request.report_only)
    try:
        services = single_account_services(_member, _deployment, environment, _owner_mail)
        finished = run(request, environment, services, execution)
        if finished.part.continuation:
            _invoke_continuation(finished.part.continuation, request, context)
    except RunInProgressError as other:
        log.warning("run_skipped", other_run_id=other.other_run_id)
        return skipped_response(execution.run_id, other.other_run_id)
    except RunStoppedError as error:
        log.exception("run_stopped")
        _log_chat_failure(notify_run_stopped(error, _deployment, environment, execution))
        raise
    _log_outcomes(finished)
    _publish_metrics(finished)
    return response(finished)


def _execution(context: LambdaContext) -> Execution:
    now = current_time(_environment)
    return Execution(
        run_id=f"{now.instant:%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}",
        now=now,
        clock=CLOCK,
        budget=time_budget(context),
    )


def _invoke_continuation(
    continuation: Continuation, request: Request, context: LambdaContext
) -> None:
    """Invoke the next part of the run; raises ContinuationError if Lambda does not accept it."""
    try:
        _deployment.functions.invoke(
            FunctionName=context.function_name,
            InvocationType="Event",
            Payload=json.dumps(request.to_event(continuation)),
        )
    except clients.AWS_ERRORS as cause:
        why = clients.error_message(cause)
        users = len(continuation.user_ids)
        text = f"The run could not be continued ({why}): users left for the next run: {users}."
        raise ContinuationError(text) from cause


def _log_outcomes(finished: FinishedPart) -> None:
    report = finished.report
    for outcome in report.outcomes:
        event = f"key_{outcome.section}"
        write = log.warning if outcome.section is Section.FAILED else log.info
        write(
            event,
            user=outcome.user_name,
            access_key_id=outcome.access_key_id,
            reason=outcome.explanation,
            due=outcome.due,
            dry_run=outcome.dry_run,
        )
    _log_chat_failure(report.chat_failure)
    log.info(
        "run_continued" if report.users_left else "run_completed",
        mode=report.mode,
        users=report.user_count,
        keys=report.key_count,
        users_left=report.users_left,
    )


def _log_chat_failure(failure: str) -> None:
    if failure:
        log.error("chat_failed", why=failure)


def _publish_metrics(finished: FinishedPart) -> None:
    """Publish the metrics of a run that completed; a run that was stopped publishes none."""
    for name, value in run_metrics(finished).items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
