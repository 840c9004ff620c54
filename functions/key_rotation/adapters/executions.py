"""The adapter to the executions of the state machine: whether one is under way."""

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.domain.organisation.organisation_run import LONGEST_RUN, OrganisationRun
from key_rotation.errors import ExecutionUnknownError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

UNDER_WAY = frozenset({"RUNNING", "PENDING_REDRIVE"})
"""Of the states of an execution, those in which it goes on (Step Functions API Reference,
DescribeExecution)."""


def is_under_way(states: "SFNClient", run: OrganisationRun, now: datetime) -> bool:
    """Return whether the execution of a run that has not ended goes on.

    An execution that nobody knows any more has ended. Where Step Functions does not say it, one
    that would be older than LONGEST_RUN has ended. Raises ExecutionUnknownError for a younger one:
    two runs at once could tell the same twice.
    """
    try:
        found = states.describe_execution(executionArn=run.execution_arn)
        return found["status"] in UNDER_WAY
    except (*AWS_ERRORS, KeyError) as cause:
        gone = isinstance(cause, ClientError) and (
            cause.response["Error"]["Code"] == "ExecutionDoesNotExist"
        )
        if gone or now - run.started > LONGEST_RUN:
            return False
        raise ExecutionUnknownError(
            f"Whether the execution {run.execution_arn} is still under way is not known "
            f"({error_message(cause)}). It started at {run.started.isoformat()} and ends at most "
            f"{LONGEST_RUN} later. Nothing was changed."
        ) from cause
