"""The step `account`, a Lambda function: the run in one account, without its digest."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from key_rotation import __version__
from key_rotation.adapters import clients
from key_rotation.adapters.member_role import MemberRole
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.adapters.register import Register
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.errors import InvalidEventError
from key_rotation.invocation import (
    CLOCK,
    current_time,
    read_environment,
    read_optional,
    time_budget,
)
from key_rotation.organisation.account_event import AccountEvent
from key_rotation.organisation.account_run import AccountRun
from key_rotation.organisation.hub import Hub
from key_rotation.reporting.response import Document
from key_rotation.service_layer.owners import known_owners
from key_rotation.service_layer.run_context import Execution

ENVIRONMENT = (
    "ACCOUNT_ID",
    "EXTERNAL_ID",
    "LONGEST_GAP_HOURS",
    "MEMBER_ROLE",
    "PARAMETER_PATH",
    "PARTITION",
    "TABLE_NAME",
    "TIMEZONE",
)
OWNER_ENVIRONMENT = ("OWNER_DOMAINS", "OWNER_FALLBACK", "OWNER_MAIL_FROM")
_environment = read_environment(ENVIRONMENT)
_owner_environment = read_optional(OWNER_ENVIRONMENT)
_hub = Hub(
    account_id=_environment["ACCOUNT_ID"],
    parameter_path=_environment["PARAMETER_PATH"],
    table=clients.build_table(_environment["TABLE_NAME"]),
    owners=bool(_owner_environment),
)
_role = MemberRole(
    sts=clients.build_sts_client(),
    partition=_environment["PARTITION"],
    name=_environment["MEMBER_ROLE"],
    external_id=_environment["EXTERNAL_ID"],
)
log = Logger()


@log.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], context: LambdaContext) -> Document:
    """Run in one account that the register names for the run under way.

    Returns whether all went well, and what is left to another invocation. Raises InvalidEventError
    before any call to STS for an account or a run that the register does not name, and
    RunInProgressError when another run works on the account.
    """
    request = AccountEvent.parse(event)
    log.append_keys(run_id=request.run_id, member=request.account_id, version=__version__)
    registered = _registered(request)
    settings = registered.settings
    if settings is None:
        raise InvalidEventError(_refusal(request, "its settings are not accepted"))
    account_run = AccountRun(
        hub=_hub,
        role=_role,
        registered=registered,
        settings=_hub.settings(settings),
        report_only=request.report_only,
        remainder=request.remainder,
        owners=known_owners(
            _owner_environment, OwnerMails(_hub.table, _hub.partitions), request.account_id
        ),
    )
    log.info("account_started", changes_allowed=registered.changes_allowed)
    answer = account_run.execute(_execution(request, context))
    log.info("account_ended", looked=answer["looked"], why=answer.get("why"))
    return answer


def _registered(request: AccountEvent) -> RegisteredAccount:
    """Return the row of an account that the run under way is to look at."""
    run = OrganisationRuns(_hub.table).read()
    if run is None or run.run_id != request.run_id or run.ended:
        raise InvalidEventError(_refusal(request, "this run is not under way"))
    registered = Register(_hub.table).read(request.account_id)
    if registered is None or registered.run_id != run.run_id or not registered.is_item:
        raise InvalidEventError(_refusal(request, "the register does not name it for this run"))
    if run.account_ids and request.account_id not in run.account_ids:
        raise InvalidEventError(_refusal(request, "this run looks at other accounts"))
    return registered


def _refusal(request: AccountEvent, why: str) -> str:
    return (
        f"The account {request.account_id} is not looked at by the run {request.run_id}: {why}. "
        "Start an execution of the state machine instead. No account was asked."
    )


def _execution(request: AccountEvent, context: LambdaContext) -> Execution:
    execution = Execution(
        run_id=request.run_id,
        now=current_time(_environment),
        clock=CLOCK,
        budget=time_budget(context),
        attempt=uuid4().hex,
    )
    execution.progress.part = request.remainder.part if request.remainder else 0
    return execution
