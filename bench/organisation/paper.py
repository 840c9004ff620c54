"""Calculates a quiet day of a large organization from what was measured and what is assumed."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.organisation.assumptions import Assumptions
from bench.organisation.measured import Measured, StepFigures

_KB, _READ_UNIT, _GB = 1024, 4096, 1e9
_START_AND_END = 2
_WRITES = ("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A quiet day of an organization, calculated."""

    measured: Measured
    assumed: Assumptions

    @property
    def account_seconds(self) -> float:
        """The time of the account step in one account, warm: its calls one after the other."""
        waiting = self.measured.account.total_calls * self.assumed.latency.value
        memory = self.assumed.account_memory.value
        return waiting + self.assumed.report.value + self._cpu(self.measured.account.cpu, memory)

    @property
    def cold_seconds(self) -> float:
        """What a cold start of the account step takes."""
        return self._cpu(self.measured.cold_start, self.assumed.account_memory.value)

    @property
    def prepare_seconds(self) -> float:
        """The time of the step prepare; it lists the accounts page by page."""
        return self._hub_seconds(self.measured.prepare, self.assumed.prepare_memory.value)

    @property
    def digest_seconds(self) -> float:
        """The time of the step digest."""
        return self._hub_seconds(self.measured.digest, self.assumed.digest_memory.value)

    @property
    def waves(self) -> int:
        """How many accounts each of the children at once looks at, one after the other."""
        return math.ceil(self.measured.accounts / self.assumed.at_once.value)

    @property
    def seconds(self) -> float:
        """The time of the execution."""
        of_account = self.account_seconds + self.assumed.start.value
        accounts = self.waves * of_account + self.cold_seconds
        return self.prepare_seconds + accounts + self.digest_seconds

    @property
    def children_a_second(self) -> float:
        """How many accounts begin in a second, and how often a role is assumed."""
        return self.assumed.at_once.value / (self.account_seconds + self.assumed.start.value)

    @property
    def transitions(self) -> float:
        """The billed transitions of the execution and of its children."""
        of_accounts = self.assumed.states_of_an_account.value * self.measured.accounts
        return of_accounts + self.assumed.states_of_a_run.value

    @property
    def gigabyte_seconds(self) -> float:
        """What Lambda bills: the memory that the functions have, times their duration."""
        accounts = self.measured.accounts * self.account_seconds
        accounts += min(self.assumed.at_once.value, self.measured.accounts) * self.cold_seconds
        of_accounts = accounts * self.assumed.account_memory.value
        of_prepare = self.prepare_seconds * self.assumed.prepare_memory.value
        of_digest = self.digest_seconds * self.assumed.digest_memory.value
        return (of_accounts + of_prepare + of_digest) / _KB

    @property
    def write_units(self) -> float:
        """One for each KB begun: the register is written twice, the run's rows once."""
        steps = (self.measured.prepare, self.measured.digest)
        hub = sum(map(_writes, steps)) * self._units("register", _KB)
        account = _writes(self.measured.account) - 1 + self._units("run", _KB)
        return hub + account * self.measured.accounts

    @property
    def read_units(self) -> float:
        """One for each 4 KB begun; each row is read with the page that it is in."""
        steps = (self.measured.prepare, self.measured.digest)
        hub = sum(map(_reads, steps))
        rows = sum(self.measured.item_bytes.values()) * self.measured.accounts * 2 / _READ_UNIT
        return hub + rows + _reads(self.measured.account) * self.measured.accounts

    @property
    def parameter_calls(self) -> float:
        """The calls to Systems Manager, all of them by prepare."""
        calls = self.measured.prepare.calls
        return sum(n for action, n in calls.items() if action.startswith("ssm:"))

    @property
    def state_bytes(self) -> int:
        """The largest state: the ids of all accounts, as Lambda writes JSON."""
        ids = [f"{number:012}" for number in range(self.measured.accounts)]
        run = {"run_id": "20260101T000000Z-00000000", "mode": "enforce", "accounts": ids}
        return len(json.dumps(run).encode())

    @property
    def costs(self) -> Mapping[str, float]:
        """The price of a day in USD, by service."""
        assumed, accounts = self.assumed, self.measured.accounts
        gigabytes = assumed.log_bytes.value * accounts / _GB
        return {
            "Step Functions": self.transitions * assumed.transition_price.value,
            "Lambda": self.gigabyte_seconds * assumed.gigabyte_second_price.value
            + (accounts + 2) * assumed.invocation_price.value,
            "DynamoDB": self.write_units * assumed.write_price.value
            + self.read_units * assumed.read_price.value,
            "logs": gigabytes * assumed.log_price.value,
            "X-Ray": accounts * assumed.traced.value * assumed.trace_price.value,
        }

    @property
    def least_cost(self) -> float:
        """The price in USD if only the states are billed, without a start and an end of each."""
        fewer = _START_AND_END * (self.measured.accounts + 1)
        return sum(self.costs.values()) - fewer * self.assumed.transition_price.value

    def _cpu(self, seconds: float, memory: float) -> float:
        """Return how long a function of some MB needs for processor time of a whole processor."""
        return seconds / min(memory / self.assumed.memory_of_a_processor.value, 1)

    def _hub_seconds(self, step: StepFigures, memory: float) -> float:
        """Return the time of a step: pages follow each other, calls for an account run at once."""
        pages = sum(
            count
            for action, count in step.calls.items()
            if action.partition(":")[2].startswith(("List", "GetParametersByPath"))
        )
        parallel = (step.total_calls - pages) / self.assumed.connections.value
        return (pages + parallel) * self.assumed.latency.value + self._cpu(step.cpu, memory)

    def _units(self, item: str, unit: int) -> int:
        return max(math.ceil(self.measured.item_bytes[item] / unit), 1)


def _writes(step: StepFigures) -> float:
    return sum(step.calls.get(action, 0) for action in _WRITES)


def _reads(step: StepFigures) -> float:
    return sum(step.calls.get(action, 0) for action in ("dynamodb:GetItem", "dynamodb:Query"))
