"""What came of each decision, and under which heading it is reported."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from key_rotation.domain.key_details import NO_DETAILS, Details
from key_rotation.domain.model import Action, Failure, LastUse, Mode, Reason
from key_rotation.domain.run_part import RunPart
from key_rotation.domain.step import Step
from key_rotation.domain.watch import Deactivated, Deleting, Event, Watch, Watches

ONE_DAY = timedelta(days=1)


class Section(StrEnum):
    """The lists of the answer and the digest, in the order in which a person reads them."""

    FAILED = "failed"
    HELD = "held"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"
    EXTENDED = "extended"
    ADOPTED = "adopted"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    NOTICED = "noticed"
    UPCOMING = "upcoming"
    DEFERRED = "deferred"
    WAITING = "waiting"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One entry of a report.

    user_id: empty for what an earlier run did
    access_key_id, created: None for a user whose keys could not be read
    reason: the row of the rules; None for a failure
    detail: what the rules do not know: the error, the reason of an exemption, an unknown status
    triggers_digest: whether a digest is sent because of it
    dry_run: whether it only would have happened (report mode)
    due: the day of what comes next; for an exemption, its last day
    happened_at: when an earlier run did it, if that run could not report it
    """

    section: Section
    user_name: str
    access_key_id: str | None
    created: datetime | None
    reason: Reason | None
    detail: str | None = None
    triggers_digest: bool
    dry_run: bool = False
    due: date | None = None
    last_use: LastUse | None = None
    details: Details = NO_DETAILS
    happened_at: datetime | None = None
    user_id: str = ""

    @property
    def needs_delivery(self) -> bool:
        """Whether no later run reports it once this run's digest counts as delivered.

        Failures, deferred keys and those without an owner are reported by each run that finds
        them, and so is everything in report mode.
        """
        daily = {Section.FAILED, Section.DEFERRED, Section.WAITING}
        repeated = self.dry_run or self.section in daily
        return self.triggers_digest and not repeated

    @property
    def explanation(self) -> str:
        """The reason and the detail in one line."""
        reason = (
            _WOULD.get(self.reason, self.reason) if self.dry_run and self.reason else self.reason
        )
        return ": ".join(part for part in (reason, self.detail) if part)


_WOULD = {
    Reason.NOTICE_RUNNING: "noticed; enforce mode would deactivate it on the due day",
    Reason.IN_WINDOW: "inactive; enforce mode would delete it on the due day if it stays unused",
    Reason.FINISHED: "begun by an earlier run that was interrupted; enforce mode would complete it",
}
"""The reasons that say what will be, as report mode gives them."""


def collect_outcomes(part: RunPart, watches: Watches) -> tuple[Outcome, ...]:
    """Return what came of a part's plan, after what earlier runs did and could not report."""
    decided = {step.access_key_id: step for step in part.plan.steps}
    today = part.now.today
    earlier = [
        outcome_of_event(watch, event, decided.get(watch.access_key_id), today)
        for watch in watches.by_key_id.values()
        for event in watch.unreported_events
    ]
    dry_run, paused = part.mode is Mode.REPORT, part.settings.paused
    steps = [
        outcome
        for step in part.plan.steps
        if (outcome := outcome_of_step(step, dry_run=dry_run, paused=paused))
    ]
    ids = {user.name: user.user_id for user in part.inventory.users}
    failures = [
        replace(outcome_of_failure(failure), user_id=ids.get(failure.user_name, failure.user_name))
        for failure in part.plan.failures
    ]
    return (*earlier, *steps, *failures, *_exempt_users(part))


def _exempt_users(part: RunPart) -> Iterator[Outcome]:
    """Return the exempt users whose keys could not be read."""
    for user in part.inventory.exempt_users:
        entry = part.settings.exemption_of_user(user, part.now.today)
        yield Outcome(
            section=Section.EXEMPT,
            user_name=user.name,
            access_key_id=None,
            created=None,
            reason=Reason.EXEMPT,
            detail=entry.reason if entry else None,
            triggers_digest=False,
            due=entry.until if entry else None,
        )


def section_of(action: Action, reason: Reason) -> Section | None:
    """Return the heading for a decision; None where nothing is reported of the key."""
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
    Reason.WAITING_FOR_OWNER: Section.WAITING,
    Reason.IN_WINDOW: Section.UPCOMING,
    Reason.DELETION_OFF: Section.UPCOMING,
    Reason.NOT_ADOPTED: Section.UPCOMING,
    Reason.STATUS_UNKNOWN: Section.HELD,
}


def outcome_of_step(step: Step, *, dry_run: bool, paused: bool) -> Outcome | None:
    """Return the outcome of a step that succeeded; None where nothing is reported of the key.

    paused: whether no key is changed, so that no day is near
    """
    decision = step.decision
    section = section_of(decision.action, decision.reason)
    if section is None:
        return None
    reason, detail = decision.reason, decision.note
    if step.deferred:
        reason, detail = Reason.OVER_LIMIT, f"{'would not be' if dry_run else 'not'} {section} yet"
        section = Section.DEFERRED
    return Outcome(
        section=section,
        user_name=step.user.name,
        user_id=step.user.user_id,
        access_key_id=step.access_key_id,
        created=step.created,
        reason=reason,
        detail=detail,
        triggers_digest=_triggers_digest(section, step, paused=paused),
        dry_run=dry_run and decision.reason not in _TRUE_IN_ANY_MODE,
        due=None if step.deferred else decision.due,
        last_use=step.observed.last_use if step.observed else None,
        details=Details(description=step.watch.description if step.watch else None),
    )


_TRUE_IN_ANY_MODE = frozenset({Reason.EXEMPT, Reason.STILL_HELD, Reason.STATUS_UNKNOWN})
"""What is so already, and what a run in report mode therefore does not say with *would*."""


def outcome_of_failure(failure: Failure) -> Outcome:
    """Return the outcome of a user or key that was left alone because of an error."""
    return Outcome(
        section=Section.FAILED,
        user_name=failure.user_name,
        access_key_id=failure.access_key_id,
        created=failure.created,
        reason=None,
        detail=failure.text,
        triggers_digest=True,
    )


def outcome_of_event(watch: Watch, event: Event, step: Step | None, today: date) -> Outcome:
    """Return the outcome of what an earlier run did and could not report.

    step: what this run decided for the key; None if it could not

    Its day is the one that this run announces, since the day of the event may have passed. Raises
    ValueError for an event that is never reported.
    """
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
        due=_coming_day(watch, step, today) if event.due else None,
        last_use=event.last_use,
        details=Details(description=watch.description),
        happened_at=event.at,
    )


def _coming_day(watch: Watch, step: Step | None, today: date) -> date | None:
    """Return when a key in its grace window will be deleted; None if it is in none any more."""
    if step is None:
        state = watch.state
        window = state.window if isinstance(state, Deleting) else state
        return max(window.due, today + ONE_DAY) if isinstance(window, Deactivated) else None
    decision = step.decision
    opens = decision.action in {Action.DEACTIVATE, Action.ADOPT, Action.EXTEND}
    in_window = decision.reason is Reason.IN_WINDOW
    return decision.due if (opens or in_window) and not step.deferred else None


def _triggers_digest(section: Section, step: Step, *, paused: bool) -> bool:
    """Return whether an outcome triggers a digest; `mark_news` has the word on what lasts."""
    match section:
        case Section.UPCOMING:
            return step.decision.remind and not paused
        case Section.EXEMPT:
            return False
        case _:
            return True
