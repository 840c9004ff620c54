"""The private names of ministack that this package reads or calls; `patches` replaces others.

Those of AWS Organizations are in `organization`.

These names may change in any release. Therefore the version of ministack is pinned, `private_name`
raises an error when a name is missing, and the tests in tests/local/emulator use all of them.
"""

import importlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

from local.emulator.lambda_pool import DeployedFunction
from local.emulator.schedule import Schedule

SUPPORTED_VERSION = "1.5.33"
_POLL = 0.05  # seconds

MinistackValue = Any  # ministack has no types


class MinistackChangedError(Exception):
    """Raised when ministack has another version, or lacks a name that this package uses."""


class UnknownResourceError(ValueError):
    """Raised when a key, function or subscription does not exist."""


def check_version() -> None:
    """Raise MinistackChangedError unless the installed version is the supported one."""
    if (found := version("ministack")) != SUPPORTED_VERSION:
        message = f"ministack {found} is installed; local/emulator requires {SUPPORTED_VERSION}"
        raise MinistackChangedError(message)


def import_ministack() -> None:
    """Import the modules of ministack that take long to import."""
    private_name("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")
    private_name("app", "app")


def private_name(module: str, name: str) -> MinistackValue:
    """Return a name of a module of ministack. Raises MinistackChangedError if it does not exist."""
    found = importlib.import_module(f"ministack.{module}")
    if not hasattr(found, name):
        message = f"ministack.{module} has no {name}"
        raise MinistackChangedError(message)
    return getattr(found, name)


def next_cron(expression: str, after: datetime) -> datetime | None:
    """Return the first wall-clock minute after `after` that matches a cron expression."""
    fields = private_name("services.eventbridge", "_parse_cron_fields")(expression)
    if fields is None:
        return None
    found = private_name("services.eventbridge", "_cron_next_fire")(
        fields, after.replace(tzinfo=UTC)
    )
    return None if found is None else found.replace(tzinfo=None)


def enabled_schedules() -> list[Schedule]:
    """List the enabled schedules."""
    records = private_name("services.scheduler", "_schedules")._data.values()  # noqa: SLF001 - see above
    return [_schedule(each) for each in list(records) if each["State"] == "ENABLED"]


def _schedule(record: Mapping[str, Any]) -> Schedule:
    target = record["Target"]
    return Schedule(
        arn=record["Arn"],
        expression=record["ScheduleExpression"],
        zone=ZoneInfo(record["ScheduleExpressionTimezone"] or "UTC"),
        created=datetime.fromtimestamp(record["CreationDate"], UTC),
        target=target["Arn"],
        role=target["RoleArn"],
        payload=target.get("Input") or "{}",
        dead_letters=target.get("DeadLetterConfig", {}).get("Arn", ""),
    )


def function_record(name_or_arn: str) -> dict[str, Any]:
    """Return ministack's record of a function. Raises UnknownResourceError."""
    record, config, _ = private_name("services.lambda_svc", "_get_func_record_for_ref")(name_or_arn)
    if not record:
        message = f"function {name_or_arn} does not exist"
        raise UnknownResourceError(message)
    return {**record, "config": config}


def deployed_function(record: Mapping[str, Any]) -> DeployedFunction:
    """Convert ministack's record of a function."""
    config = record["config"]
    return DeployedFunction(
        arn=config["FunctionArn"],
        name=config["FunctionName"],
        region=config["FunctionArn"].split(":")[3],
        handler=config["Handler"],
        timeout=timedelta(seconds=config["Timeout"]),
        memory=config["MemorySize"],
        log_format=config.get("LoggingConfig", {}).get("LogFormat", "Text"),
        variables=config.get("Environment", {}).get("Variables", {}),
        credentials=role_credentials(record),
        bundle=record["code_zip"],
    )


def role_credentials(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the credentials of a function's execution role, by the names of their variables."""
    credentials: dict[str, str] = private_name("core.lambda_runtime", "execution_credentials")(
        record["config"]
    )
    return credentials


def is_role_allowed(role_arn: str, action: str, resource: str) -> bool:
    """Return whether a role's policies allow an action."""
    _, _, _, region, account, _ = resource.split(":", 5)
    role = role_arn.rsplit("/", 1)[-1]
    policies = private_name("core.iam_evaluator", "_gather_role_policies")(
        role, role_arn.split(":")[4]
    )
    context = private_name("core.iam_evaluator", "EvalContext")(
        principal_arn=role_arn,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
    )
    decision = private_name("core.iam_evaluator", "evaluate")(context, policies).decision
    return bool(decision == "Allow")


def send_to_queue(queue_arn: str, body: str) -> None:
    """Send a message to a queue."""
    arn = private_name("core.arn", "parse_arn")(queue_arn)
    private_name("services.eventbridge", "_dispatch_to_sqs")(arn, body)


def emit_event(source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
    """Send an event of an AWS service to the default event bus."""
    entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}
    private_name("services.eventbridge", "_put_events")({"Entries": [entry]}, allow_aws_source=True)


def backdate_key(key_id: str, created: datetime) -> None:
    """Set the creation date of a key of any account. Its user is made at least as old."""
    account = private_name("core.iam_evaluator", "find_iam_access_key_account")(key_id)
    if account is None:
        message = f"{key_id} does not exist"
        raise UnknownResourceError(message)
    key = private_name("services.iam", "_access_keys").get_scoped(account, None, key_id)
    key["CreateDate"] = iam_timestamp(created)
    user = private_name("services.iam", "_users").get_scoped(account, None, key["UserName"])
    user["CreateDate"] = min(user["CreateDate"], key["CreateDate"])


def iam_timestamp(instant: datetime) -> str:
    """Format a time as IAM does."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def set_confirmed(endpoint: str, *, confirmed: bool) -> None:
    """Set the subscriptions of an endpoint to confirmed or to pending confirmation."""
    topics = private_name("services.sns", "_topics")
    found = [
        (t, s) for t in topics.values() for s in t["subscriptions"] if s["endpoint"] == endpoint
    ]
    if not found:
        message = f"{endpoint} has no subscription"
        raise UnknownResourceError(message)
    for topic, subscription in found:
        _confirm(subscription, confirmed=confirmed)
        private_name("services.sns", "_refresh_subscription_counts")(topic)


def _confirm(subscription: dict[str, Any], *, confirmed: bool) -> None:
    """Set the state of a subscription. While it is pending, AWS lists it without an ARN."""
    real_arn = subscription.setdefault("real_arn", subscription["arn"])
    subscription["confirmed"] = confirmed
    subscription["arn"] = real_arn if confirmed else "PendingConfirmation"
    subscription["attributes"]["PendingConfirmation"] = str(not confirmed).lower()


def invoke_asynchronously(record: Mapping[str, Any], event: object) -> None:
    """Invoke a function asynchronously."""
    private_name("services.lambda_svc", "invoke_async_with_retry")(record, event)


def run_state_machine(arn: str, event: str) -> None:
    """Start an execution of a state machine, and return when it has ended."""
    _, _, _, region, account, _ = arn.split(":", 5)
    with private_name("core.responses", "request_scope")(account, region):
        request = {"stateMachineArn": arn, "input": event}
        status, _, body = private_name("services.stepfunctions", "_start_execution")(request)
        if status != HTTPStatus.OK:
            raise UnknownResourceError(body.decode())
        executions = private_name("services.stepfunctions", "_executions")
        execution = executions[json.loads(body)["executionArn"]]
        while execution["status"] == "RUNNING":
            time.sleep(_POLL)
