"""All of a run's decisions, with no more changes among them than one run may make."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from key_rotation.domain.decide import decide, decide_gone
from key_rotation.domain.inventory import Inventory
from key_rotation.domain.model import (
    AccessKey,
    Action,
    Decision,
    Failure,
    Now,
    ObservedKey,
    Reason,
    User,
)
from key_rotation.domain.settings import Settings
from key_rotation.domain.transitions import new_watch
from key_rotation.domain.watch import Deactivated, Deleting, Ended, Held, Watch, Watches
from key_rotation.errors import UnreadableError

CHANGES = frozenset({Action.DEACTIVATE, Action.DELETE})
"""The actions that write to IAM; a run makes at most `max-changes-per-run` of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One key of a plan: what was read of it, its watch, and what is decided.

    observed: None for a key that is gone
    watch: None for a key without a watch
    deferred: whether the limit of changes defers it to a later run
    """

    access_key_id: str
    user: User
    created: datetime
    observed: ObservedKey | None
    watch: Watch | None
    decision: Decision
    deferred: bool = False

    @property
    def is_change(self) -> bool:
        """Whether it changes a key in IAM; what an earlier run began is only recorded."""
        finished = self.decision.reason is Reason.FINISHED
        return self.decision.action in CHANGES and not finished and not self.deferred

    @property
    def is_unreported(self) -> bool:
        """Whether it is recorded, if at all, without an event for the digest."""
        kept = self.decision.action in {Action.KEEP, Action.EXEMPT}
        return kept or self.decision.reason is Reason.REACTIVATED

    @property
    def is_safe_in_report_mode(self) -> bool:
        """Whether what is recorded of it can only make later runs act later, or not at all."""
        held = self.watch is not None and isinstance(self.watch.state, Held)
        return self.is_unreported and not held

    def age_order(self) -> tuple[datetime, str]:
        """Sort the oldest key first."""
        return self.created, self.access_key_id

    @property
    def observed_key(self) -> ObservedKey:
        """What was read of a key that exists; raises ValueError for one that is gone."""
        if self.observed is None:
            raise ValueError(self)
        return self.observed

    @property
    def watch_or_new(self) -> Watch:
        """The watch of the key, or a new one."""
        return self.watch or new_watch(self.observed_key.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The decisions of a run, oldest key first.

    failures: the keys for which there is no decision, or whose decision could not be carried out
    changes: how many of them change a key in IAM, or were tried, whatever came of it
    not_started: the changes for which there was no time
    """

    steps: tuple[Step, ...]
    failures: tuple[Failure, ...]
    changes: int
    not_started: tuple[Step, ...] = ()

    @property
    def in_grace(self) -> int:
        """How many keys are in their grace window."""
        windows = (Deactivated, Deleting)
        return sum(
            step.watch is not None and isinstance(step.watch.state, windows) for step in self.steps
        )


def make_plan(
    inventory: Inventory,
    watches: Watches,
    *,
    now: Now,
    settings: Settings,
    limit: int,
    first_part: bool,
) -> Plan:
    """Decide every key that was read, and every watch whose key is gone.

    limit: how many keys may be deactivated or deleted
    first_part: whether this is the first part of a run, which reports the unreadable watches
    """
    steps: list[Step] = []
    failures = [*inventory.failures, *(watches.unreadable if first_part else ())]
    left_alone = {failure.access_key_id for failure in watches.unreadable}
    for observed in inventory.observed_keys:
        key = observed.key
        watch = watches.by_key_id.get(key.access_key_id)
        if key.access_key_id in left_alone:
            continue
        try:
            decision = decide(observed, watch, now=now, settings=settings)
        except UnreadableError as error:
            failures.append(key_failure(key, str(error)))
        else:
            steps.append(_step(key, decision, watch, observed))
    steps += [_step(watch, decide_gone(watch), watch, None) for watch in _gone(inventory, watches)]
    steps.sort(key=Step.age_order)
    planned = _defer(steps, limit)
    changes = sum(step.is_change for step in planned)
    return Plan(steps=planned, failures=tuple(failures), changes=changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailure(Failure):
    """A step that could not be carried out.

    watch: the watch of its key as written by then
    not_begun: whether it is certain that nothing was done, so that its intent is cancelled
    """

    watch: Watch | None
    not_begun: bool = False


def step_failure(step: Step, text: str) -> StepFailure:
    """Name a step that could not be carried out, and why."""
    return StepFailure(
        user_name=step.user.name,
        access_key_id=step.access_key_id,
        created=step.created,
        text=text,
        watch=step.watch,
    )


def key_failure(key: AccessKey | Watch, text: str) -> Failure:
    """Name a key that was left alone, and why."""
    return Failure(
        user_name=key.user.name,
        access_key_id=key.access_key_id,
        created=key.created,
        text=text,
    )


def _gone(inventory: Inventory, watches: Watches) -> Iterator[Watch]:
    """Find the open watches whose key no longer exists.

    A key of a user who was not read, or could not be read, is not gone. Users are identified by
    `UserId`, which outlasts a rename (IAM User Guide, "IAM identifiers").
    """
    present = {key.access_key_id for key in inventory.keys}
    listed = {user.user_id for user in inventory.users}
    for watch in watches.by_key_id.values():
        user_id = watch.user.user_id
        known = user_id in inventory.read_user_ids or user_id not in listed
        if known and watch.access_key_id not in present and not isinstance(watch.state, Ended):
            yield watch


def _step(
    key: AccessKey | Watch, decision: Decision, watch: Watch | None, observed: ObservedKey | None
) -> Step:
    return Step(
        access_key_id=key.access_key_id,
        user=key.user,
        created=key.created,
        observed=observed,
        watch=watch,
        decision=decision,
    )


def _defer(steps: Iterable[Step], limit: int) -> tuple[Step, ...]:
    """Defer the changes beyond the limit; recording what an earlier run began is no change."""
    planned: list[Step] = []
    changes = 0
    for step in steps:
        changes += step.is_change
        planned.append(replace(step, deferred=step.is_change and changes > limit))
    return tuple(planned)
