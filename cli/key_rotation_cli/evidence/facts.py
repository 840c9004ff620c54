"""What was read for evidence: the values of which its files are made."""

from dataclasses import dataclass
from datetime import date, datetime

from key_rotation.domain.run_history import PopulationKey, RunSummary
from key_rotation_cli.evidence.period import Period
from key_rotation_cli.explain.events import PastEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterVersion:
    """One version of a parameter: its value, and who set it when."""

    name: str
    version: int
    value: str
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The keys that one full scan, or one part of it, found."""

    run_id: str
    started: datetime
    keys: tuple[PopulationKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whence evidence comes.

    caller: the ARN of the credentials
    created_at: when it was read
    queries: the AWS CLI's equivalent of what was read
    """

    account_id: str
    caller: str
    region: str
    stack: str
    table: str
    created_at: datetime
    version: str
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that was read.

    today: in the calendar of the deployment
    runs: those of the period, oldest first
    populations: those of the period, oldest first
    events: of all keys, of all time, oldest first
    parameters: every version that Parameter Store keeps, by name and version
    """

    origin: Origin
    period: Period
    today: date
    runs: tuple[RunSummary, ...]
    populations: tuple[Population, ...]
    events: tuple[PastEvent, ...]
    parameters: tuple[ParameterVersion, ...]

    @property
    def changes(self) -> tuple[PastEvent, ...]:
        """The events of the period."""
        return tuple(each for each in self.events if self.period.contains(each.at))

    @property
    def gaps(self) -> list[date]:
        """The days of the period of which the history has no run, not even a stopped one."""
        covered = {self.period.day(run.started) for run in self.runs}
        return [day for day in self.period.days_until(self.today) if day not in covered]
