"""What two measured executions say about an organization of another size.

The calls and the processor time of a step grow linearly with the accounts, so that two executions
give those of any number.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bench.organisation.results import HubResult


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFigures:
    """What a step needs for all accounts: requests by action, and processor seconds."""

    calls: Mapping[str, float]
    cpu: float

    @property
    def total_calls(self) -> float:
        """All requests."""
        return sum(self.calls.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the measured executions say about an organization of `accounts` accounts.

    account: the account step in one account, warm, with its calls in IAM
    cold_start: processor seconds of one cold start of the account step
    item_bytes: of the rows of the register and of the run
    """

    accounts: int
    prepare: StepFigures
    account: StepFigures
    digest: StepFigures
    cold_start: float
    item_bytes: Mapping[str, float]

    @classmethod
    def extrapolate(
        cls, small: HubResult, large: HubResult, waiting: HubResult, *, accounts: int, at_once: int
    ) -> "Measured":
        """Continue the line through two executions of different size, with `at_once` processes.

        waiting: one in which the account step waits for reports, as on AWS, for its calls
        """
        per_account = (large.cpu["Account"] - small.cpu["Account"]) / (
            large.accounts - small.accounts
        )
        cold = small.cpu["Account"] - per_account * small.accounts
        return cls(
            accounts=accounts,
            prepare=_step("Prepare", small, large, accounts),
            account=StepFigures(calls=_calls_of_an_account(waiting), cpu=max(per_account, 0)),
            digest=_step("Digest", small, large, accounts),
            cold_start=max(cold, 0) / at_once,
            item_bytes=large.item_bytes,
        )


def _calls_of_an_account(result: HubResult) -> dict[str, float]:
    calls = Counter(result.steps["Account"]) + Counter(result.members)
    return {action: count / result.accounts for action, count in calls.items()}


def _step(step: str, small: HubResult, large: HubResult, accounts: int) -> StepFigures:
    def line(of_small: float, of_large: float) -> float:
        slope = (of_large - of_small) / (large.accounts - small.accounts)
        return max(of_large + slope * (accounts - large.accounts), 0)

    actions = {**small.steps[step], **large.steps[step]}
    return StepFigures(
        calls={
            action: line(small.steps[step].get(action, 0), large.steps[step].get(action, 0))
            for action in actions
        },
        cpu=line(small.cpu[step], large.cpu[step]),
    )
