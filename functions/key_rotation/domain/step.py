"""One key of a plan, and a key for which there is none or whose step failed."""

from dataclasses import dataclass
from datetime import datetime

from key_rotation.domain.model import (
    AccessKey,
    Action,
    Decision,
    Failure,
    ObservedKey,
    Reason,
    User,
)
from key_rotation.domain.transitions import new_watch
from key_rotation.domain.watch import Held, Watch

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
    def refused(self) -> bool:
        """Whether the last change of the key failed."""
        return self.watch is not None and self.watch.refused

    def change_order(self) -> tuple[bool, datetime, str]:
        """Sort the changes: keys whose last change failed come after all others."""
        return self.refused, *self.age_order()

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
