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
from key_rotation.adapters.ledger_items import OWN_ACCOUNT, Partitions
from key_rotation.adapters.parameter_store import read_settings
from key_rotation.domain.model import Now, days_between_runs
from key_rotation.domain.run_history import RunSummary
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watch, Watches
from key_rotation.errors import KeyRotationError
from key_rotation_cli.aws_errors import AWS_ERRORS, describe, describe_cause
from key_rotation_cli.errors import CliError
from key_rotation_cli.session import Session
from key_rotation_cli.stacks import read_stacks

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from key_rotation_cli.hub.in_account import InAccount

DEFAULT_STACK = "KeyRotation"
LOOK_BACK = timedelta(days=8)
"""A schedule runs at least once in seven days."""
MACHINE = "StateMachineArn"
"""The output that only a deployment for an organization has."""
OUTPUTS = frozenset({"FunctionName", "TopicArn", "TableName", "ParameterPath", "DashboardUrl"})


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One deployment, as one account has it.

    outputs: of its stack, by name
    in_account: the account of the organization that it is about; None where it is for one account
    """

    session: Session
    stack: str
    outputs: Mapping[str, str]
    in_account: "InAccount | None" = None

    @property
    def is_hub(self) -> bool:
        """Whether it is for the accounts of an organization."""
        return MACHINE in self.outputs

    @property
    def account_id(self) -> str:
        """The id of the account that it is about."""
        return self.in_account.account_id if self.in_account else self.session.account_id

    @property
    def iam_session(self) -> Session:
        """The caller's access to IAM in this account; raises CliError if there is none."""
        if self.in_account is None:
            return self.session
        if self.in_account.session is None:
            raise CliError(self.in_account.problem)
        return self.in_account.session

    @property
    def partitions(self) -> Partitions:
        """The partition keys of this account's items in the ledger."""
        return self.in_account.partitions if self.in_account else OWN_ACCOUNT

    @property
    def table(self) -> "Table":
        """The ledger's table."""
        return self.session.table(self.table_name)

    @property
    def scope_path(self) -> str:
        """What stands before the names of the parameters that a command writes.

        Those of one account, if the caller named one in a hub; else those of all accounts.
        """
        named = self.in_account is not None and self.in_account.is_named
        return self.in_account.path if self.in_account and named else self.parameter_path

    @property
    def account_option(self) -> str:
        """What follows a command of this tool for the account that the caller named."""
        named = self.in_account is not None and self.in_account.is_named
        return f" --account {self.account_id}" if named else ""

    @property
    def account_facts(self) -> dict[str, Any]:
        """What JSON says of the account that the caller named; nothing without one."""
        return {"account_id": self.account_id} if self.account_option else {}

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
        if self.in_account:
            return self.in_account.settings(self.parameter_path)
        try:
            return read_settings(self.session.ssm, self.parameter_path, owners=self.mails_owners)
        except KeyRotationError as cause:
            what = f"The parameters under {self.parameter_path} could not be read."
            raise _unreadable(what, cause) from cause

    @property
    def mails_owners(self) -> bool:
        """Whether owners of keys get mail; raises CliError if that cannot be read."""
        return bool(self.variables.get("OWNER_MAIL_FROM"))

    def ledger(self, writer: str = "") -> Ledger:
        """Return its ledger; `writer` is the name that is written with each item."""
        return Ledger(self.table, writer, self.partitions)

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
        history = RunHistory(self.table, self.partitions)
        try:
            items = list(history.read_runs(now - LOOK_BACK, now + timedelta(hours=1)))
            return decode_run(items[-1]) if items else None
        except (KeyRotationError, MalformedError) as cause:
            raise CliError(f"The last run cannot be read. {cause}") from cause

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """The environment of its function; raises CliError if it cannot be read."""
        try:
            function = self.session.functions.get_function_configuration(
                FunctionName=self.function_name
            )
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause
        return function.get("Environment", {}).get("Variables", {})

    @cached_property
    def now(self) -> Now:
        """The present instant, in the calendar of the deployment; raises CliError."""
        return Now(
            instant=self.session.now,
            zone=ZoneInfo(self.variables.get("TIMEZONE", "UTC")),
            days_between_runs=days_between_runs(int(self.variables.get("LONGEST_GAP_HOURS", 24))),
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
    found = [each for each in read_stacks(session, stack) if each.outputs.keys() >= OUTPUTS]
    if len(found) == 1:
        return Deployment(session=session, stack=found[0].name, outputs=found[0].outputs)
    where = f"account {session.account_id}, Region {session.region}"
    if found:
        names = ", ".join(sorted(each.name for each in found))
        raise CliError(f"There are several deployments in {where}: {names}. Name one with --stack.")
    named = f"The stack {stack} is not" if stack else "key-rotation is not deployed"
    advice = "Name another Region (--region), profile (--profile) or stack (--stack)."
    raise CliError(f"{named} in {where}. {advice}")
