"""What the steps of one run share."""

from dataclasses import dataclass, field

from key_rotation.adapters.lease import Lease, LeaseOptions
from key_rotation.domain.execution import UNLIMITED, Clock, TimeBudget
from key_rotation.domain.model import Mode, Now
from key_rotation.domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution of the function.

    run_id: names it in the ledger, the log and the digest
    now: the one instant of the run
    clock: measures and waits; a test hands in one that does not wait
    """

    run_id: str
    now: Now
    clock: Clock
    budget: TimeBudget = UNLIMITED
    lease_options: LeaseOptions = field(default_factory=LeaseOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run that has begun: its execution, its settings and mode, and its lease."""

    execution: Execution
    settings: Settings
    mode: Mode
    lease: Lease

    @property
    def run_id(self) -> str:
        """The run's name."""
        return self.execution.run_id

    @property
    def now(self) -> Now:
        """The one instant of the run."""
        return self.execution.now

    @property
    def budget(self) -> TimeBudget:
        """The time that the run may take."""
        return self.execution.budget
