"""Finds a deployment by the outputs of its stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from key_rotation.adapters.codec import MalformedError
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_history import RunHistory, decode_run
from key_rotation.adapters.parameter_store import read_settings
from key_rotation.domain.model import Now, days_between_runs
from key_rotation.domain.run_history import RunSummary
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watch, Watches
from key_rotation.errors import KeyRotationError
from key_rotation_cli.aws_errors import AWS_ERRORS, describe, describe_cause
from key_rotation_cli.errors import CliError
from key_rotation_cli.session import Session

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

DEFAULT_STACK = "KeyRotation"
LOOK_BACK = timedelta(days=8)
"""A schedule runs at least once in seven days."""
OUTPUTS = frozenset({"FunctionName", "TopicArn", "TableName", "ParameterPath", "DashboardUrl"})


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One deployment.

    outputs: of its stack, by name
    """

    session: Session
    stack: str
    outputs: Mapping[str, str]

    @property
    def function_name(self) -> str:
        """The name of its function."""
        return self.outputs["FunctionName"]

    @property
    def parameter_path(self) -> str:
        """What stands before the names of its parameters, such as `/key-rotation`."""
        return self.outputs["ParameterPath"]

    @property
    def table_name(self) -> str:
        """The name of the ledger's table."""
        return self.outputs["TableName"]

    def read_settings(self) -> Settings:
        """Read its parameters; raises CliError if one cannot be read, or is not accepted."""
        try:
            return read_settings(self.session.ssm, self.parameter_path)
        except KeyRotationError as cause:
            what = f"The parameters under {self.parameter_path} could not be read."
            raise _unreadable(what, cause) from cause

    def ledger(self, writer: str = "") -> Ledger:
        """Return its ledger; `writer` is the name that is written with each item."""
        return Ledger(self.session.table(self.table_name), run_id=writer)

    def read_watches(self) -> Watches:
        """Read all watches; raises CliError if the ledger cannot be read."""
        try:
            return self.ledger().read_watches()
        except KeyRotationError as cause:
            raise _unreadable("The ledger cannot be read.", cause) from cause

    def read_watch(self, access_key_id: str) -> Watch | None:
        """Read the watch of a key; None if there is none. Raises CliError if it cannot be read."""
        watches = self.read_watches()
        for failure in watches.unreadable:
            if failure.access_key_id == access_key_id:
                raise CliError(f"{access_key_id}: {failure.text}. Nothing was changed.")
        return watches.by_key_id.get(access_key_id)

    def read_last_run(self) -> RunSummary | None:
        """Read what the history has of the last run; None if none started in the last 8 days.

        Raises CliError if it cannot be read.
        """
        now = self.session.now
        history = RunHistory(self.session.table(self.table_name))
        try:
            items = list(history.read_runs(now - LOOK_BACK, now + timedelta(hours=1)))
            return decode_run(items[-1]) if items else None
        except (KeyRotationError, MalformedError) as cause:
            raise CliError(f"The last run cannot be read. {cause}") from cause

    @cached_property
    def now(self) -> Now:
        """The present instant, in the calendar of the deployment; raises CliError."""
        try:
            function = self.session.functions.get_function_configuration(
                FunctionName=self.function_name
            )
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause
        variables: Mapping[str, Any] = function.get("Environment", {}).get("Variables", {})
        return Now(
            instant=self.session.now,
            zone=ZoneInfo(variables.get("TIMEZONE", "UTC")),
            days_between_runs=days_between_runs(int(variables.get("LONGEST_GAP_HOURS", 24))),
        )


def _unreadable(what: str, error: KeyRotationError) -> CliError:
    """Return what could not be read, with what AWS said if that is why."""
    told = describe_cause(error)
    return CliError(told if told == str(error) else f"{what} {told}")


def find_deployment(session: Session, stack: str | None) -> Deployment:
    """Find the deployment in the Region of a session.

    stack: its name; None for the only one in the Region

    Raises CliError if there is none, or if there are several.
    """
    found = [each for each in _stacks(session, stack) if each.keys_of_outputs >= OUTPUTS]
    if len(found) == 1:
        return Deployment(session=session, stack=found[0].name, outputs=found[0].outputs)
    where = f"account {session.account_id}, Region {session.region}"
    if found:
        names = ", ".join(sorted(each.name for each in found))
        raise CliError(f"There are several deployments in {where}: {names}. Name one with --stack.")
    named = f"The stack {stack} is not" if stack else "key-rotation is not deployed"
    advice = "Name another Region (--region), profile (--profile) or stack (--stack)."
    raise CliError(f"{named} in {where}. {advice}")


@dataclass(frozen=True, slots=True)
class _Stack:
    name: str
    outputs: Mapping[str, str]

    @property
    def keys_of_outputs(self) -> frozenset[str]:
        return frozenset(self.outputs)


def _stacks(session: Session, name: str | None) -> list[_Stack]:
    """Describe a stack, or all; none if there is no stack of this name."""
    pages = session.cloudformation.get_paginator("describe_stacks")
    try:
        answer = [
            _stack(found)
            for page in (pages.paginate(StackName=name) if name else pages.paginate())
            for found in page["Stacks"]
        ]
    except AWS_ERRORS as cause:
        if "does not exist" in str(cause):
            return []
        raise CliError(describe(cause)) from cause
    return answer


def _stack(found: "StackTypeDef") -> _Stack:
    outputs = {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}
    return _Stack(name=found["StackName"], outputs=outputs)
