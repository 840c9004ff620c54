"""What the steps of one run share."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from key_rotation.adapters.lease import Lease, LeaseOptions
from key_rotation.domain.execution import UNLIMITED, Clock, TimeBudget
from key_rotation.domain.model import Action, Mode, Now
from key_rotation.domain.run_history import recorded_settings
from key_rotation.domain.settings import Parameter, Settings
from key_rotation.domain.step import Step


class Stage(Enum):
    """How far a run came: what the message of a stopped run may say depends on it."""

    READING = "reading"
    CHANGING = "changing"
    CHANGED = "changed"
    REPORTED = "reported"


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a part of a run came, for the case that an error stops it: it changes as it goes.

    part: the number of the part; 0 for the first
    deactivated, deleted: how many keys it changed, once it is through with its changes
    event_id: the event for which it takes place; empty until the settings were read
    parameters, mode: what it runs with, once they were read
    """

    part: int = 0
    stage: Stage = Stage.READING
    deactivated: int = 0
    deleted: int = 0
    event_id: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    mode: Mode | None = None

    def note(self, event_id: str, settings: Settings, mode: Mode) -> None:
        """Note what the run was asked for, and runs with."""
        self.event_id, self.mode = event_id, mode
        self.parameters = recorded_settings(settings)

    def count_changes(self, steps: Iterable[Step]) -> None:
        """Note the changes that were made."""
        actions = Counter(step.decision.action for step in steps if step.is_change)
        self.deactivated, self.deleted = actions[Action.DEACTIVATE], actions[Action.DELETE]
        self.stage = Stage.CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution of the function.

    run_id: names it in the ledger, the log and the digest
    attempt: tells apart those that have the same run id; empty where none has
    now: the one instant of the run
    clock: measures and waits; a test hands in one that does not wait
    progress: how far it came
    """

    run_id: str
    now: Now
    clock: Clock
    budget: TimeBudget = UNLIMITED
    lease_options: LeaseOptions = field(default_factory=LeaseOptions)
    progress: Progress = field(default_factory=Progress)
    attempt: str = ""

    @property
    def holder_id(self) -> str:
        """Who holds the lease: two attempts of one run must not both believe that they do."""
        return f"{self.run_id}/{self.attempt}" if self.attempt else self.run_id


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
