"""Everything that one run has to say, before it is put into words."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from key_rotation.model import Inventory, Mode, Now
from key_rotation.outcome import Outcome, Section
from key_rotation.run_state import RunState
from key_rotation.settings import Settings

ORDER = tuple(Section)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a digest, an answer and the metrics are made from.

    previous: what the last run saw and told
    in_grace: how many keys are in their grace window after the run
    left_out: how many outcomes of each section had no room in the digest
    """

    run_id: str
    account_id: str
    mode: Mode
    now: Now
    settings: Settings
    seen: Inventory
    previous: RunState
    outcomes: tuple[Outcome, ...]
    in_grace: int
    left_out: Mapping[Section, int] = field(default_factory=dict)

    @property
    def changed_parameters(self) -> frozenset[str]:
        """The names of the parameters that were edited since the last run."""
        before = self.previous.parameters
        return frozenset(
            name for name, now in self.settings.raw.items() if before and before.get(name) != now
        )

    @property
    def ended_exemptions(self) -> tuple[str, ...]:
        """The exemptions that ended, and whose end has not been told."""
        ended = self.settings.ended_exemptions(self.now.today)
        return tuple(line for line in ended if line not in self.previous.ended_exemptions)

    @property
    def is_news(self) -> bool:
        """Say whether there is something to tell, and not only something to list.

        What a run in report mode would do is news when it differs from what the last one would.
        """
        if self.changed_parameters or self.ended_exemptions:
            return True
        if self.mode is Mode.REPORT:
            earlier = any(outcome.earlier for outcome in self.outcomes)
            return earlier or self._fingerprint() != self.previous.reported
        return any(outcome.news for outcome in self.outcomes)

    def of(self, section: Section) -> tuple[Outcome, ...]:
        """List the outcomes under one heading, oldest key first."""
        return tuple(outcome for outcome in self.outcomes if outcome.section is section)

    def cut(self, room: int) -> "Report":
        """Keep the `room` most important outcomes: what people must know before what they may."""
        ranked = sorted(self.outcomes, key=lambda o: (not o.news, ORDER.index(o.section)))
        left_out = Counter(outcome.section for outcome in ranked[room:])
        return replace(self, outcomes=tuple(ranked[:room]), left_out=left_out)

    def next_state(self) -> RunState:
        """What the next run must know of this one."""
        reporting = self.mode is Mode.REPORT
        return RunState(
            parameters=self.settings.raw,
            ended_exemptions=self.settings.ended_exemptions(self.now.today),
            unknown_status=tuple(o.access_key_id or "" for o in self.outcomes if o.unknown_status),
            reported=self._fingerprint() if reporting else self.previous.reported,
        )

    def _fingerprint(self) -> str:
        """Tell one set of (key, action) pairs from another; nothing to say is the empty text."""
        pairs = sorted(
            f"{o.user_name} {o.access_key_id} {o.section}" for o in self.outcomes if not o.earlier
        )
        return hashlib.sha256("\n".join(pairs).encode()).hexdigest() if pairs else ""
