"""Starts an execution of the state machine, and follows it to its end."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.progress import Progress

from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli import console
from key_rotation_cli.aws_errors import AWS_ERRORS, WRITE_ENDS, describe, is_refused
from key_rotation_cli.errors import CliError
from key_rotation_cli.operate.aws_command import aws_command

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

POLL_INTERVAL = 2.0
"""Seconds between two looks."""
RUNNING = "RUNNING"


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a state machine."""

    states: "SFNClient"
    arn: str

    @classmethod
    def start(cls, states: "SFNClient", machine: str, request: Mapping[str, Any]) -> "Execution":
        """Start one; raises CliError that says whether one may have started."""
        try:
            started = states.start_execution(stateMachineArn=machine, input=json.dumps(request))
        except WRITE_ENDS as cause:
            unknown = "An execution may have started; the console of Step Functions lists it."
            outcome = "No run was started." if is_refused(cause) else unknown
            raise CliError(f"{describe(cause)} {outcome}") from cause
        return cls(states, started["executionArn"])

    def follow(self) -> dict[str, Any]:
        """Wait for its end; returns its answer. Raises CliError for one that failed."""
        try:
            with console.progress("Running") as bar:
                while (found := self._describe())["status"] == RUNNING:
                    self._show_accounts(bar)
                    time.sleep(POLL_INTERVAL)
        except KeyboardInterrupt:
            raise CliError(f"Interrupted. {self._goes_on}") from None
        except AWS_ERRORS as cause:
            raise CliError(f"{describe(cause)} {self._goes_on}") from cause
        return _answer(found)

    def _describe(self) -> "DescribeExecutionOutputTypeDef":
        return self.states.describe_execution(executionArn=self.arn)

    def _show_accounts(self, bar: Progress) -> None:
        """Show how many accounts are done, where the caller may read that."""
        try:
            [run] = self.states.list_map_runs(executionArn=self.arn)["mapRuns"]
            counts = self.states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
        except (*AWS_ERRORS, KeyError, ValueError):  # it is not there yet, or may not be read
            return
        done = counts["total"] - counts["pending"] - counts["running"]
        bar.update(bar.task_ids[0], completed=done, total=counts["total"])

    @property
    def _goes_on(self) -> str:
        command = aws_command("stepfunctions describe-execution", execution_arn=self.arn)
        return f"The run goes on without this command; its end is shown by: {command}"


def _answer(found: "DescribeExecutionOutputTypeDef") -> dict[str, Any]:
    if found["status"] != "SUCCEEDED":
        facts = (str(found.get(name) or "") for name in ("error", "cause"))
        told = ": ".join(fact for fact in facts if fact) or "no cause given"
        text = f"The run ended as {found['status']}: {sanitize_line(told, 1000)}"
        raise CliError(text)
    try:
        answer = json.loads(found.get("output", ""))
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise CliError(f"The answer of the run cannot be read ({found.get('output', '')[:100]!r}).")
    return answer
