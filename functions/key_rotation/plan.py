"""All of a run's decisions, with no more changes among them than one run may make."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from key_rotation.decide import decide, decide_gone
from key_rotation.errors import UnreadableError
from key_rotation.model import (
    AccessKey,
    Action,
    Decision,
    Failure,
    Inventory,
    Now,
    Reason,
    Sighting,
    User,
)
from key_rotation.settings import Settings
from key_rotation.transitions import first_watch
from key_rotation.watch import Deactivated, Deleting, Ended, Memory, Watch

CHANGES = frozenset({Action.DEACTIVATE, Action.DELETE})
"""The actions that write to IAM; a run makes at most `max-changes-per-run` of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One key of a plan: what was seen and remembered of it, and what is decided.

    sighting: None for a key that is gone
    watch: None for a key of which nothing is remembered
    deferred: whether the limit of changes puts it off to a later run
    """

    access_key_id: str
    user: User
    created: datetime
    sighting: Sighting | None
    watch: Watch | None
    decision: Decision
    deferred: bool = False

    @property
    def seen(self) -> Sighting:
        """What was seen of a key that exists; raises ValueError for one that is gone."""
        if self.sighting is None:
            raise ValueError(self)
        return self.sighting

    @property
    def memory(self) -> Watch:
        """What is remembered of the key, or the beginning of it."""
        return self.watch or first_watch(self.seen.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The decisions of a run, oldest key first, and the keys that no decision could be made for."""

    steps: tuple[Step, ...]
    failures: tuple[Failure, ...]

    @property
    def in_grace(self) -> int:
        """How many keys are in their grace window."""
        windows = (Deactivated, Deleting)
        return sum(
            step.watch is not None and isinstance(step.watch.state, windows) for step in self.steps
        )


def make_plan(seen: Inventory, memory: Memory, *, now: Now, settings: Settings) -> Plan:
    """Decide every key that was seen, and every watch whose key is gone."""
    steps: list[Step] = []
    failures = [*seen.failures, *memory.unreadable]
    left_alone = {failure.access_key_id for failure in memory.unreadable}
    for sighting in seen.sightings:
        key = sighting.key
        watch = memory.watches.get(key.access_key_id)
        if key.access_key_id in left_alone:
            continue
        try:
            decision = decide(sighting, watch, now=now, settings=settings)
        except UnreadableError as error:
            failures.append(failure_of(key, str(error)))
        else:
            steps.append(_step(key, decision, watch, sighting))
    steps += [_step(watch, decide_gone(watch), watch, None) for watch in _gone(seen, memory)]
    steps.sort(key=lambda step: (step.created, step.access_key_id))
    return Plan(steps=_defer(steps, settings.max_changes_per_run), failures=tuple(failures))


def failure_of(key: AccessKey | Watch | Step, text: str) -> Failure:
    """Name a key that was left alone, and why."""
    return Failure(
        user_name=key.user.name,
        access_key_id=key.access_key_id,
        created=key.created,
        text=text,
    )


def _gone(seen: Inventory, memory: Memory) -> Iterator[Watch]:
    """Find the open watches whose key no longer exists.

    A key of a user that could not be read is not gone. Users are told apart by `UserId`, which
    outlasts a rename (IAM User Guide, "IAM identifiers").
    """
    present = {key.access_key_id for key in seen.keys}
    for watch in memory.watches.values():
        readable = watch.user.user_id not in seen.unread
        if watch.access_key_id not in present and readable and not isinstance(watch.state, Ended):
            yield watch


def _step(
    key: AccessKey | Watch, decision: Decision, watch: Watch | None, sighting: Sighting | None
) -> Step:
    return Step(
        access_key_id=key.access_key_id,
        user=key.user,
        created=key.created,
        sighting=sighting,
        watch=watch,
        decision=decision,
    )


def _defer(steps: Iterable[Step], limit: int) -> tuple[Step, ...]:
    """Put off the changes beyond the limit; recording what an earlier run began is none."""
    planned: list[Step] = []
    changes = 0
    for step in steps:
        is_change = step.decision.action in CHANGES and step.decision.reason is not Reason.FINISHED
        changes += is_change
        planned.append(replace(step, deferred=is_change and changes > limit))
    return tuple(planned)
