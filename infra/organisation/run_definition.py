"""The states of a run of an organization: prepare, look at each account, tell.

Prepare -> Accounts (for each: Account, then AccountRemainder while users remain) -> Digest.
What stops a run is reported too, and the execution then fails with that error.
"""

from collections.abc import Mapping

from aws_cdk import IResolvable
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.organisation.step_invocation import NEVER, WHILE_BUSY, step_invocation

_Path = stepfunctions.JsonPath
_ANSWER = "$.Payload"
MAP_LABEL = "Accounts"
"""Part of the ARNs of the map's children."""


class RunDefinition(Construct):
    """All states of a run; `start` is the first."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prepare: lambda_.Function,
        account: lambda_.Function,
        digest: lambda_.Function,
        accounts_at_once: int,
    ) -> None:
        """Create the states, with at most `accounts_at_once` children at the same time."""
        super().__init__(scope, construct_id)
        self._digest = digest
        run = {"run_id": _Path.string_at("$.run_id"), "mode": _Path.string_at("$.mode")}
        accounts = self._accounts(account, accounts_at_once)
        broken_off = run | {"broken_off": _Path.object_at("$.broken_off")}
        accounts.add_catch(
            self._tell("DigestOfBrokenRun", broken_off, then_fail="BrokenOff", by="$.broken_off"),
            result_path="$.broken_off",
        )
        accounts.next(step_invocation(self, "Digest", digest, payload=run, output_path=_ANSWER))
        left = stepfunctions.Succeed(self, "Left", comment="To the execution that is running")
        is_left = stepfunctions.Choice(self, "LeftToAnother")
        is_left.when(stepfunctions.Condition.is_present("$.left_to"), left).otherwise(accounts)
        self.start = self._prepare(prepare).next(is_left)

    def _prepare(self, function: lambda_.Function) -> tasks.LambdaInvoke:
        execution = {"execution_arn": _Path.execution_id}
        prepare = step_invocation(
            self,
            "Prepare",
            function,
            payload=execution | {"input": _Path.object_at("$$.Execution.Input")},
            retry_first=NEVER,
            output_path=_ANSWER,
        )
        # The input may be anything, also no object: the error takes its place.
        stopped = execution | {"stopped": _Path.object_at("$")}
        prepare.add_catch(self._tell("DigestOfStoppedRun", stopped, then_fail="Stopped", by="$"))
        return prepare

    def _accounts(
        self, function: lambda_.Function, accounts_at_once: int
    ) -> stepfunctions.DistributedMap:
        """Look at each account in an execution of its own; a failed one stops no other.

        The results are dropped, since the ledger has them: a state has room for 256 KiB.
        """
        accounts = stepfunctions.DistributedMap(
            self,
            "Accounts",
            label=MAP_LABEL,
            items_path="$.accounts",
            item_selector={
                "account_id": _Path.string_at("$$.Map.Item.Value"),
                "run_id": _Path.string_at("$.run_id"),
            },
            # An Express execution would end after five minutes.
            map_execution_type=stepfunctions.StateMachineType.STANDARD,
            max_concurrency=accounts_at_once,
            tolerated_failure_percentage=100,
            result_path=_Path.DISCARD,
        )
        return accounts.item_processor(self._account(function))

    def _account(self, function: lambda_.Function) -> tasks.LambdaInvoke:
        """Look at one account, and again while the answer says that users remain."""
        account = {
            "account_id": _Path.string_at("$.account_id"),
            "run_id": _Path.string_at("$.run_id"),
        }
        remainder = account | {"remainder": _Path.object_at("$.answer.Payload.remainder")}
        first, further = (
            step_invocation(
                self,
                name,
                function,
                payload=payload,
                retry_first=WHILE_BUSY,
                result_selector={"Payload": _Path.object_at(_ANSWER)},
                result_path="$.answer",
            )
            for name, payload in (("Account", account), ("AccountRemainder", remainder))
        )
        looked = stepfunctions.Succeed(self, "LookedAt", output_path=_Path.DISCARD)
        users_remain = stepfunctions.Choice(self, "UsersRemain")
        is_present = stepfunctions.Condition.is_present("$.answer.Payload.remainder")
        users_remain.when(is_present, further.next(users_remain)).otherwise(looked)
        first.next(users_remain)
        return first

    def _tell(
        self, name: str, payload: Mapping[str, str | IResolvable], *, then_fail: str, by: str
    ) -> tasks.LambdaInvoke:
        """Tell what went wrong, then fail by the error at the path `by`."""
        tell = step_invocation(self, name, self._digest, payload=payload, result_path=_Path.DISCARD)
        tell.next(
            stepfunctions.Fail(self, then_fail, error_path=f"{by}.Error", cause_path=f"{by}.Cause")
        )
        return tell
