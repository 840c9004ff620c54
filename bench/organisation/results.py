"""The results of the measurements in an organization."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.proxy import Conditions
from bench.seeded_account import Size
from bench.tools import Tool

StepCalls = Mapping[str, Mapping[str, int]]
"""Requests by `service:Action`, by the step of the execution whose role signed them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubResult:
    """One execution of the hub's state machine.

    size: of each account
    seconds: from the start of the execution to its end
    steps: requests signed by each step's own role
    members: requests signed by the sessions of all member roles, and so sent to all accounts
    most_of_a_member: the most of them in one account
    memory: the highest peak of the account step's processes, in MB
    cpu: processor seconds of the living processes of each step, with their cold starts
    item_bytes: the mean size of the rows of the register and of the run in the ledger
    not_looked_at: the accounts that the answer names, with its reasons
    broken: the accounts whose role refuses everybody
    note: how the execution failed, empty if it did not
    """

    day: Tool
    accounts: int
    size: Size
    conditions: Conditions
    seconds: float
    steps: StepCalls
    members: Mapping[str, int]
    most_of_a_member: int
    memory: float
    cpu: Mapping[str, float]
    item_bytes: Mapping[str, float]
    looked_at: int
    stale_deactivated: int = 0
    fresh_deactivated: int = 0
    not_looked_at: Sequence[str] = ()
    broken: Sequence[str] = field(default=())
    note: str = ""

    @property
    def iam_calls(self) -> int:
        """All requests to IAM."""
        return _total(self.members)

    @property
    def calls_of_an_account(self) -> float:
        """The requests of the account step for one account: the most in IAM, the mean elsewhere."""
        return self.most_of_a_member + _total(self.steps["Account"]) / self.accounts

    @property
    def calls(self) -> int:
        """All requests to AWS."""
        return self.iam_calls + sum(map(_total, self.steps.values()))

    def step_calls(self, step: str) -> int:
        """The requests that the role of a step signed."""
        return _total(self.steps[step])


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerResult:
    """One run of c7n-org over all accounts.

    seconds: from the start of the process to its end
    calls: requests by `service:Action`
    broken: the accounts whose role refuses everybody
    status: the status that the process exits with
    says: its lines with a warning or an error
    """

    tool: Tool
    accounts: int
    size: Size
    conditions: Conditions
    seconds: float
    calls: Mapping[str, int]
    stale_deactivated: int
    fresh_deactivated: int
    status: int
    broken: Sequence[str] = field(default=())
    says: Sequence[str] = ()

    @property
    def iam_calls(self) -> int:
        """All requests to IAM."""
        return sum(count for action, count in self.calls.items() if action.startswith("iam:"))


def _total(calls: Mapping[str, int]) -> int:
    return sum(calls.values())
