"""What came of each decision, and under which heading people read of it."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from key_rotation.domain.model import Action, Failure, LastUse, Mode, Reason
from key_rotation.domain.plan import Plan, Step
from key_rotation.domain.run_state import RunState
from key_rotation.domain.watch import Event, Watch, Watches


class Section(StrEnum):
    """The lists of the answer and the digest; a digest that is too long is cut from the end."""

    NOTICED = "noticed"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"
    FAILED = "failed"
    HELD = "held"
    EXTENDED = "extended"
    WITHDRAWN = "withdrawn"
    ADOPTED = "adopted"
    CLOSED = "closed"
    DEFERRED = "deferred"
    UPCOMING = "upcoming"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerKey:
    """The newest active key of the same user; `last_use` is None where it could not be read."""

    access_key_id: str
    last_use: LastUse | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What only the reader of the digest needs to know of a key."""

    description: str | None = None
    newer: NewerKey | None = None


NO_DETAILS = Details()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One line of what a run has to say.

    access_key_id, created: None for a user whose keys could not be read
    triggers_digest: whether it is a reason to send a digest
    dry_run: whether it only would have happened (report mode)
    due: the day of what comes next; for an exemption, its last day
    happened_at: when it happened, for what an earlier run did and could not tell
    """

    section: Section
    user_name: str
    access_key_id: str | None
    created: datetime | None
    reason: str
    triggers_digest: bool
    dry_run: bool = False
    due: date | None = None
    last_use: LastUse | None = None
    details: Details = NO_DETAILS
    happened_at: datetime | None = None


def collect_outcomes(
    plan: Plan, watches: Watches, previous: RunState, mode: Mode
) -> tuple[Outcome, ...]:
    """Say what came of a plan, after what earlier runs did and could not tell."""
    earlier = [
        outcome_of_event(watch, event)
        for watch in watches.by_key_id.values()
        for event in watch.untold
    ]
    dry_run = mode is Mode.REPORT
    steps = [
        outcome
        for step in plan.steps
        if (outcome := outcome_of_step(step, dry_run=dry_run, told_before=previous.unknown_status))
    ]
    return (*earlier, *steps, *map(outcome_of_failure, plan.failures))


def section_of(action: Action, reason: Reason) -> Section | None:
    """Find the heading for a decision; None where there is nothing to say of the key."""
    return _KEPT.get(reason) if action is Action.KEEP else _SECTIONS[action]


_SECTIONS = {
    Action.NOTICE: Section.NOTICED,
    Action.WITHDRAW: Section.WITHDRAWN,
    Action.DEACTIVATE: Section.DEACTIVATED,
    Action.EXTEND: Section.EXTENDED,
    Action.ADOPT: Section.ADOPTED,
    Action.DELETE: Section.DELETED,
    Action.CLOSE: Section.CLOSED,
    Action.EXEMPT: Section.EXEMPT,
    Action.HOLD: Section.HELD,
}
_KEPT = {
    Reason.NOTICE_RUNNING: Section.UPCOMING,
    Reason.IN_WINDOW: Section.UPCOMING,
    Reason.DELETION_OFF: Section.UPCOMING,
    Reason.STATUS_UNKNOWN: Section.HELD,
}


def outcome_of_step(step: Step, *, dry_run: bool, told_before: Container[str]) -> Outcome | None:
    """Say what came of a step that went well; None where there is nothing to say of the key."""
    decision = step.decision
    section = Section.DEFERRED if step.deferred else section_of(decision.action, decision.reason)
    if section is None:
        return None
    note = f": {decision.note}" if decision.note else ""
    return Outcome(
        section=section,
        user_name=step.user.name,
        access_key_id=step.access_key_id,
        created=step.created,
        reason=f"would be {section_of(decision.action, decision.reason)}: over the limit of changes"
        if step.deferred
        else f"{decision.reason}{note}",
        triggers_digest=_triggers_digest(section, step, told_before),
        dry_run=dry_run and decision.action not in {Action.KEEP, Action.EXEMPT},
        due=None if step.deferred else decision.due,
        last_use=step.observed.last_use if step.observed else None,
        details=Details(description=step.watch.description if step.watch else None),
    )


def outcome_of_failure(failure: Failure) -> Outcome:
    """Say that a user or key was left alone because of an error."""
    return Outcome(
        section=Section.FAILED,
        user_name=failure.user_name,
        access_key_id=failure.access_key_id,
        created=failure.created,
        reason=failure.text,
        triggers_digest=True,
    )


def outcome_of_event(watch: Watch, event: Event) -> Outcome:
    """Say what an earlier run did and could not tell."""
    section = section_of(event.action, event.reason)
    if section is None:
        raise ValueError(event)
    return Outcome(
        section=section,
        user_name=watch.user.name,
        access_key_id=watch.access_key_id,
        created=watch.created,
        reason=event.reason,
        triggers_digest=True,
        due=event.due,
        last_use=event.last_use,
        details=Details(description=watch.description),
        happened_at=event.at,
    )


def _triggers_digest(section: Section, step: Step, told_before: Container[str]) -> bool:
    match section:
        case Section.UPCOMING:
            return step.decision.remind
        case Section.EXEMPT:
            return False
        case Section.HELD:
            still = step.decision.reason is Reason.STILL_HELD
            return not still and step.access_key_id not in told_before
        case _:
            return True
