"""One run of the organization at a time: which execution does the work, and which leaves it."""

from typing import TYPE_CHECKING

from key_rotation.adapters.executions import is_under_way
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.domain.model import Mode
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.domain.organisation.request import OrganisationRequest
from key_rotation.errors import RunInProgressError
from key_rotation.service_layer.run_context import Execution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

LONGEST_WAIT = 240.0
POLL_INTERVAL = 5.0
"""Seconds. A run that waits must leave the function time to list the accounts."""


def claim_turn(
    request: OrganisationRequest,
    runs: OrganisationRuns,
    states: "SFNClient",
    execution: Execution,
) -> OrganisationRun:
    """Make this execution's run the one under way.

    The same execution, prepared again, goes on with its run. A run that was begun by an execution
    that has ended is taken over. While another execution goes on, this one leaves the work to it,
    and raises RunInProgressError with that execution's ARN as the other run. Only a whole run does
    not leave its work to a partial one, which would look at less: it waits up to LONGEST_WAIT, and
    then takes over, so that the partial run ends as one that did nothing more.
    """
    give_up = execution.clock.monotonic() + LONGEST_WAIT
    while True:
        previous = runs.read()
        if previous and _goes_on(previous, request, states, execution):
            if request.is_partial or not previous.is_partial:
                raise RunInProgressError(previous.execution_arn)
            if execution.clock.monotonic() < give_up:
                execution.clock.sleep(POLL_INTERVAL)
                continue
        run = _run(request, previous, execution)
        if runs.claim(run, previous):
            return run


def _goes_on(
    previous: OrganisationRun,
    request: OrganisationRequest,
    states: "SFNClient",
    execution: Execution,
) -> bool:
    """Return whether another execution than this one is under way."""
    if previous.ended or previous.execution_arn == request.execution_arn:
        return False
    return is_under_way(states, previous, execution.now.instant)


def _run(
    request: OrganisationRequest, previous: OrganisationRun | None, execution: Execution
) -> OrganisationRun:
    """Return the run of this execution, in report mode as long as no parameters were read."""
    again = previous is not None and previous.execution_arn == request.execution_arn
    return OrganisationRun(
        run_id=previous.run_id if again and previous else execution.run_id,
        execution_arn=request.execution_arn,
        event_id=request.event_id,
        started=previous.started if again and previous else execution.now.instant,
        mode=Mode.REPORT,
        report_only=request.report_only,
        account_ids=request.account_ids,
    ).after(previous)
