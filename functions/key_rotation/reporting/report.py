"""Everything that one run has to say, before it is put into words."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from key_rotation.domain.model import Inventory, Mode, Now, Reason, Scan
from key_rotation.domain.plan import Plan
from key_rotation.domain.run_state import Continuation, RunState
from key_rotation.domain.settings import Settings
from key_rotation.reporting.outcome import Outcome, Section

ORDER = tuple(Section)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a digest, an answer and the metrics are made from.

    previous: what the last run saw and told
    plan: the decisions as they came out
    limit: how many keys this part of the run might deactivate or delete
    continued_from: what an earlier part of the run left to this one
    left_out: how many outcomes of each section had no room in the digest
    no_room: the ids of the keys whose notice had no room in it, so that they got none
    """

    run_id: str
    account_id: str
    mode: Mode
    now: Now
    settings: Settings
    inventory: Inventory
    previous: RunState
    outcomes: tuple[Outcome, ...]
    plan: Plan
    limit: int
    continued_from: Continuation | None = None
    left_out: Mapping[Section, int] = field(default_factory=dict)
    no_room: frozenset[str] = frozenset()

    @property
    def users(self) -> int:
        """How many users the account has."""
        return len(self.inventory.listed)

    @property
    def keys(self) -> int:
        """How many keys the account has: as read, and as the credential report knows the others."""
        return len(self.inventory.keys) + len(self.inventory.reported_keys)

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
    def needs_digest(self) -> bool:
        """Say whether there is something to tell, and not only something to list.

        What a run in report mode would do is news when it differs from what the last one would.
        """
        if self.changed_parameters or self.ended_exemptions:
            return True
        if self.mode is Mode.REPORT:
            earlier = any(outcome.happened_at for outcome in self.outcomes)
            return earlier or self._fingerprint() != self._reported_before()
        return any(outcome.triggers_digest for outcome in self.outcomes)

    @property
    def part(self) -> int:
        """The number of this part of a run that goes on; 0 for the first."""
        return self.continued_from.part if self.continued_from else 0

    @property
    def complete(self) -> bool:
        """Whether all users that were asked, by this part and those before, could be read."""
        failed = any(failure.access_key_id is None for failure in self.inventory.failures)
        return not failed and (self.continued_from is None or self.continued_from.complete)

    @property
    def continuation(self) -> Continuation | None:
        """What is left to the next part: users without time or room, in the order to go on."""
        steps = (
            *self.plan.rest,
            *(step for step in self.plan.steps if step.access_key_id in self.no_room),
        )
        rest = dict.fromkeys((*(step.user.user_id for step in steps), *self.inventory.rest))
        if not rest:
            return None
        return Continuation(
            part=self.part + 1,
            user_ids=tuple(rest),
            changes_left=self.limit - self.plan.changes,
            scan=self.inventory.scan,
            complete=self.complete,
        )

    def in_section(self, section: Section) -> tuple[Outcome, ...]:
        """List the outcomes under one heading, oldest key first."""
        return tuple(outcome for outcome in self.outcomes if outcome.section is section)

    def truncate(self, room: int) -> "Report":
        """Keep the `room` most important outcomes: what people must know before what they may."""
        ranked = sorted(
            self.outcomes, key=lambda o: (not o.triggers_digest, ORDER.index(o.section))
        )
        left_out = Counter(outcome.section for outcome in ranked[room:])
        return replace(self, outcomes=tuple(ranked[:room]), left_out=left_out)

    def next_state(self) -> RunState:
        """What the next run must know of this one."""
        before = self.previous
        reported = before.reported
        if self.mode is Mode.REPORT:
            reported = (*reported[: self.part], self._fingerprint(), *reported[self.part + 1 :])
        enforced = self.mode is Mode.ENFORCE
        whole_sweep = self.inventory.scan is Scan.FULL and self.complete and not self.continuation
        return RunState(
            parameters=self.settings.raw,
            ended_exemptions=self.settings.ended_exemptions(self.now.today),
            unknown_status=self._unknown_status(),
            reported=reported,
            swept=self.now.today if whole_sweep and enforced else before.swept,
            reported_of_all=(
                self.now.today if whole_sweep and not enforced else before.reported_of_all
            ),
            going_on=self._going_on(),
        )

    def _going_on(self) -> tuple[str, ...]:
        """The parts to come: a new run in enforce mode looks at everybody, and waits for none."""
        others = list(self.previous.going_on)
        if self.continued_from:
            others.remove(self.continued_from.fingerprint)
        elif self.mode is Mode.ENFORCE:
            others = []
        return (*others, self.continuation.fingerprint) if self.continuation else tuple(others)

    def _unknown_status(self) -> Mapping[str, str]:
        """The keys of unknown status; those of users who were not asked stay as they were."""
        before = self.previous.unknown_status.items()
        return {
            key_id: user_id
            for key_id, user_id in before
            if user_id not in self.inventory.read_user_ids
        } | {
            step.access_key_id: step.user.user_id
            for step in self.plan.steps
            if step.decision.reason is Reason.STATUS_UNKNOWN
        }

    def _reported_before(self) -> str:
        return next(iter(self.previous.reported[self.part :]), "")

    def _fingerprint(self) -> str:
        """Tell one set of (key, action) pairs from another; nothing to say is the empty text."""
        pairs = sorted(
            f"{o.user_name} {o.access_key_id} {o.section}"
            for o in self.outcomes
            if not o.happened_at
        )
        return hashlib.sha256("\n".join(pairs).encode()).hexdigest() if pairs else ""
