"""How the state machine invokes a function, and which failures it retries."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration, IResolvable
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.organisation.run_step import TIMEOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Which errors are retried, and how."""

    errors: tuple[str, ...]
    max_attempts: int
    interval: Duration
    backoff_rate: int
    jitter: stepfunctions.JitterType | None = None
    max_delay: Duration | None = None


NEVER = Retry(
    errors=("InvalidEventError", "InvalidSettingsError", "NoListenerError"),
    max_attempts=0,
    interval=Duration.seconds(1),
    backoff_rate=1,
)
"""Errors that the same input gives again (key_rotation.errors)."""
WHILE_BUSY = Retry(
    errors=("RunInProgressError",),
    max_attempts=20,
    interval=Duration.minutes(1),
    backoff_rate=1,
)
"""Another run has the lease of the account: it may take its fifteen minutes."""
_TRANSIENT = Retry(
    errors=(
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
    ),
    max_attempts=6,
    interval=Duration.seconds(2),
    backoff_rate=2,
    jitter=stepfunctions.JitterType.FULL,
)
"""What AWS advises to retry (Step Functions Developer Guide, "Handle transient Lambda service
exceptions")."""
_THROTTLED = Retry(
    errors=("Lambda.TooManyRequestsException",),
    max_attempts=30,
    interval=Duration.seconds(2),
    backoff_rate=2,
    jitter=stepfunctions.JitterType.FULL,
    max_delay=Duration.minutes(1),
)
"""A new AWS account runs ten functions at once (Lambda Developer Guide, "Lambda quotas"), and this
machine starts more: the others wait for about a quarter of an hour."""
_DIED = Retry(
    errors=("States.TaskFailed", "States.Timeout"),
    max_attempts=2,
    interval=Duration.seconds(15),
    backoff_rate=2,
)
"""Everything else. `States.TaskFailed` includes each error but a timeout. The first interval is
longer than the lease of a run that died: the next one takes over at once."""
# Lambda ends a function by itself. This is for an answer that never comes.
_TIMEOUT = stepfunctions.Timeout.duration(TIMEOUT.plus(Duration.minutes(1)))


def step_invocation(
    scope: Construct,
    name: str,
    function: lambda_.Function,
    *,
    payload: Mapping[str, str | IResolvable],
    retry_first: Retry | None = None,
    result_selector: Mapping[str, object] | None = None,
    result_path: str | None = None,
    output_path: str | None = None,
) -> tasks.LambdaInvoke:
    """Return a state that invokes a function with a payload, and waits for its answer.

    retry_first: what has precedence over the retries that every step has
    The paths are those of a task in JSONPath; the answer of the function is `$.Payload`.
    """
    state = tasks.LambdaInvoke(
        scope,
        name,
        lambda_function=function,
        payload=stepfunctions.TaskInput.from_object(dict(payload)),
        result_selector=result_selector,
        result_path=result_path,
        output_path=output_path,
        retry_on_service_exceptions=False,  # the same errors are below, with jitter
        task_timeout=_TIMEOUT,
    )
    for retry in (retry_first, _TRANSIENT, _THROTTLED, _DIED):
        if retry is not None:
            state.add_retry(
                errors=list(retry.errors),
                max_attempts=retry.max_attempts,
                interval=retry.interval,
                backoff_rate=retry.backoff_rate,
                jitter_strategy=retry.jitter,
                max_delay=retry.max_delay,
            )
    return state
