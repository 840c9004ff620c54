"""What one part of a run reports: the facts for the digest, the answer and the metrics."""

import hashlib
from dataclasses import dataclass

from key_rotation.domain.model import Mode, Now
from key_rotation.domain.run_part import RunPart
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Settings
from key_rotation.reporting.outcome import Outcome, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report.

    account_alias: the account's alias in IAM; empty where there is none, or it was not read
    previous: what the last run read and reported
    outcomes: what came of each decision, after what earlier runs did and could not report
    """

    run_id: str
    account_id: str
    account_alias: str = ""
    part: RunPart
    previous: RunState
    outcomes: tuple[Outcome, ...]

    @property
    def now(self) -> Now:
        """The one instant of the run."""
        return self.part.now

    @property
    def mode(self) -> Mode:
        """The mode of the run."""
        return self.part.mode

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self.part.settings

    @property
    def user_count(self) -> int:
        """How many users the account has."""
        return len(self.part.inventory.users)

    @property
    def key_count(self) -> int:
        """How many keys the account has: those read, and those only in the credential report."""
        return len(self.part.inventory.keys) + len(self.part.inventory.reported_keys)

    @property
    def changed_parameters(self) -> frozenset[str]:
        """The names of the parameters that were edited since the last run."""
        before = self.previous.parameters
        return frozenset(
            name for name, now in self.settings.raw.items() if before and before.get(name) != now
        )

    @property
    def ended_exemptions(self) -> tuple[str, ...]:
        """The exemptions that ended, and whose end no digest has reported."""
        ended = self.settings.ended_exemptions(self.now.today)
        return tuple(line for line in ended if line not in self.previous.ended_exemptions)

    @property
    def needs_digest(self) -> bool:
        """Whether something is to be reported, and not only listed.

        In report mode: whether the (key, action) pairs differ from those of the last digest.
        """
        if self.changed_parameters or self.ended_exemptions:
            return True
        if self.mode is Mode.REPORT:
            earlier = any(outcome.happened_at for outcome in self.outcomes)
            return earlier or self.fingerprint != self._previous_fingerprint
        return any(outcome.triggers_digest for outcome in self.outcomes)

    @property
    def fingerprint(self) -> str:
        """Identifies the set of (key, action) pairs; empty if there are none."""
        pairs = sorted(
            f"{outcome.user_name} {outcome.access_key_id} {outcome.section}"
            for outcome in self.outcomes
            if not outcome.happened_at
        )
        return hashlib.sha256("\n".join(pairs).encode()).hexdigest() if pairs else ""

    @property
    def _previous_fingerprint(self) -> str:
        return next(iter(self.previous.report_fingerprints[self.part.number :]), "")

    def in_section(self, section: Section) -> tuple[Outcome, ...]:
        """Return the outcomes under one heading, oldest key first."""
        return tuple(outcome for outcome in self.outcomes if outcome.section is section)
