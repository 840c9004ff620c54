"""Gives each new day of a plan: the first on which there is room for one more change.

What was announced before keeps its day and takes its room first. Then the new days are given, the
oldest keys first. So with constant settings every key is changed on the day that its notice named.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from key_rotation.domain.calendar import Calendar
from key_rotation.domain.model import Action, Now, Reason
from key_rotation.domain.settings import Settings
from key_rotation.domain.step import Step
from key_rotation.domain.watch import Deactivated, Deactivating, Deleting, Noticed, Watch, Watches


@dataclass(frozen=True, slots=True, order=True)
class Promise:
    """A change that is due by what was announced, or made today.

    deactivation: whether a deletion follows, after the grace window
    key_id: of the step whose window opens today, so that it needs the day of that deletion
    """

    day: date
    deactivation: bool
    key_id: str = ""


def give_days(
    steps: Sequence[Step], watches: Watches, *, now: Now, settings: Settings, limit: int
) -> tuple[Step, ...]:
    """Return the steps with their days; they are in order of age, and so are the new days.

    limit: how many changes may fall on one day
    """
    calendar = Calendar(limit=limit, gap=now.days_between_runs)
    decided = {step.access_key_id for step in steps}
    undecided = (w for key_id, w in watches.by_key_id.items() if key_id not in decided)
    promises = [
        *(promise for step in steps for promise in _promises_of_step(step, now)),
        *(promise for watch in undecided for promise in _promises_of_watch(watch, now, settings)),
    ]
    deletion_days = _keep(promises, calendar, settings.grace)
    return tuple(_with_day(step, calendar, settings.grace, deletion_days) for step in steps)


def _keep(promises: Iterable[Promise], calendar: Calendar, grace: timedelta) -> dict[str, date]:
    """Promise what was announced; returns the days of the deletions of windows that open today."""
    days: dict[str, date] = {}
    for promise in sorted(promises):
        day = calendar.promise(promise.day)
        if promise.deactivation:
            deletion = calendar.promise(day + grace)
            if promise.key_id:
                days[promise.key_id] = deletion
    return days


def _with_day(
    step: Step, calendar: Calendar, grace: timedelta, deletion_days: dict[str, date]
) -> Step:
    decision = step.decision
    if decision.due is None or not decision.new_day:
        return step
    if decision.action is Action.NOTICE:
        day = calendar.promise_with_deletion(decision.due, grace)
    else:
        day = deletion_days.get(step.access_key_id) or calendar.promise(decision.due)
    return replace(step, decision=replace(decision, due=day))


def _promises_of_step(step: Step, now: Now) -> Iterator[Promise]:
    """Return what a step promises, if it needs no new day for it."""
    decision = step.decision
    if step.deferred and step.refused:
        return  # it is tried when there is room to spare
    if step.deferred:
        tomorrow = now.today + timedelta(days=1)
        yield Promise(tomorrow, deactivation=decision.action is Action.DEACTIVATE)
    elif step.is_change or decision.action is Action.DEACTIVATE:
        opens_window = decision.action is Action.DEACTIVATE
        key_id = step.access_key_id if opens_window else ""
        yield Promise(now.today, deactivation=opens_window, key_id=key_id)
    elif decision.due and not decision.new_day and decision.action is Action.KEEP:
        noticed = decision.reason in {Reason.NOTICE_RUNNING, Reason.WAITING_FOR_OWNER}
        yield Promise(max(decision.due, now.today), deactivation=noticed)


def _promises_of_watch(watch: Watch, now: Now, settings: Settings) -> Iterator[Promise]:
    """Return what is announced of a key that this part of the run does not decide."""
    match watch.state:
        case Noticed(due=due) | Deactivating(notice=Noticed(due=due)):
            yield Promise(max(due, now.today), deactivation=True)
        case Deactivated(due=due) | Deleting(window=Deactivated(due=due)):
            if due >= now.today or settings.delete_unused_keys:
                yield Promise(max(due, now.today), deactivation=False)
        case _:
            return
