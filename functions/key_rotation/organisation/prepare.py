"""The step `prepare`, a Lambda function: who is looked at in a run, and with which settings."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from key_rotation import __version__
from key_rotation.adapters import clients
from key_rotation.domain.organisation.request import OrganisationRequest
from key_rotation.errors import RunInProgressError, RunStoppedError
from key_rotation.invocation import CLOCK, current_time, read_environment
from key_rotation.organisation.facts import HubEnvironment
from key_rotation.organisation.preparation import Preparation, prepare
from key_rotation.service_layer.run_context import Execution

ENVIRONMENT = (
    "ACCOUNT_ID",
    "LONGEST_GAP_HOURS",
    "ORGANIZATION_ID",
    "PARAMETER_PATH",
    "TABLE_NAME",
    "TARGETS",
    "TIMEZONE",
    "TOPIC_ARN",
)
_environment = read_environment(ENVIRONMENT)
_clients = clients.build_hub_clients(_environment["TABLE_NAME"])
log = Logger()


@log.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Prepare one run, and return its accounts; raises RunStoppedError.

    Where another execution is in progress, the answer names it, and there is no run.
    """
    execution = _execution()
    log.append_keys(version=__version__)
    try:
        request = OrganisationRequest.parse(event)
        prepared = prepare(request, _hub(), _clients, execution)
    except RunInProgressError as other:
        log.warning("run_left_to_another_execution", execution_arn=other.other_run_id)
        return {"run_id": None, "mode": None, "accounts": [], "left_to": other.other_run_id}
    except RunStoppedError:
        log.exception("run_not_prepared")
        raise
    _log(prepared)
    run = prepared.run
    return {"run_id": run.run_id, "mode": str(run.mode), "accounts": list(prepared.account_ids)}


def _hub() -> HubEnvironment:
    return HubEnvironment(
        account_id=_environment["ACCOUNT_ID"],
        organization_id=_environment["ORGANIZATION_ID"],
        targets=frozenset(_environment["TARGETS"].split(",")),
        topic_arn=_environment["TOPIC_ARN"],
        parameter_path=_environment["PARAMETER_PATH"],
    )


def _execution() -> Execution:
    now = current_time(_environment)
    run_id = f"{now.instant:%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
    return Execution(run_id=run_id, now=now, clock=CLOCK)


def _log(prepared: Preparation) -> None:
    for account_id, why in prepared.unreadable.items():
        log.warning("register_row_unreadable", account_id=account_id, why=why)
    for row in prepared.rows:
        if row.problems:
            log.warning(
                "overrides_not_accepted", account_id=row.account.account_id, why=row.problems
            )
    log.info(
        "run_prepared",
        run_id=prepared.run.run_id,
        mode=prepared.run.mode,
        accounts=Counter(str(row.coverage) for row in prepared.rows),
        due_changes=prepared.run.due_changes,
        change_limit=prepared.run.change_limit,
    )
