"""What happens to a set of keys day by day, where nobody reacts and nothing fails."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from key_rotation.domain.model import AccessKey, Action, Now, Status
from key_rotation.domain.plan import Terms, make_plan
from key_rotation.domain.settings import Settings
from key_rotation.domain.step import Step
from key_rotation.domain.transitions import (
    after_action,
    after_digest_sent,
    after_no_action,
    after_notice,
)
from key_rotation.domain.watch import Event, Watch, Watches
from tests.unit.builders import NOW, an_inventory, observed_key


@dataclass
class Fate:
    """What happened to one key.

    notices: the days on which it got a notice, with the days that they named
    reminders: the days on which its day was named again
    """

    notices: list[tuple[date, date]] = field(default_factory=list)
    reminders: list[date] = field(default_factory=list)
    deactivated: date | None = None
    announced_deletion: date | None = None
    deleted: date | None = None


@dataclass
class Forecast:
    """The fates of the keys, and how many changes were made on each day."""

    fates: Mapping[str, Fate]
    changes: Counter[date]


def forecast(
    keys: Iterable[AccessKey], settings: Settings, days: int, *, every: int = 1
) -> Forecast:
    """Plan a number of days; a run takes place on every so many days."""
    present = {key.access_key_id: key for key in keys}
    result = Forecast(fates={key_id: Fate() for key_id in present}, changes=Counter())
    watches: dict[str, Watch] = {}
    limit = settings.max_changes_per_run
    for day in range(0, days, every):
        now = replace(NOW, instant=NOW.instant + timedelta(days=day), days_between_runs=every)
        inventory = an_inventory(*map(observed_key, present.values()))
        terms = Terms(now=now, settings=settings, limit=limit, usual_limit=limit)
        for step in make_plan(inventory, Watches(by_key_id=watches), terms).steps:
            _carry_out(step, now, present, watches, result)
    return result


def _carry_out(
    step: Step,
    now: Now,
    present: dict[str, AccessKey],
    watches: dict[str, Watch],
    result: Forecast,
) -> None:
    decision, key_id, fate = step.decision, step.access_key_id, result.fates[step.access_key_id]
    if step.deferred:
        return
    result.changes[now.today] += step.is_change
    event = Event(action=decision.action, reason=decision.reason, at=now.instant, run_id="run")
    match decision.action:
        case Action.NOTICE:
            assert decision.due
            fate.notices.append((now.today, decision.due))
            watches[key_id] = after_notice(step.watch_or_new, decision, now, None)
        case Action.DEACTIVATE:
            fate.deactivated, fate.announced_deletion = now.today, decision.due
            done = after_action(step.watch_or_new, decision, step.observed, event)
            watches[key_id] = after_digest_sent(done, now)
            present[key_id] = replace(present[key_id], status=Status.INACTIVE)
        case Action.DELETE:
            fate.deleted = now.today
            del present[key_id], watches[key_id]
        case _:
            kept = after_no_action(step.watch_or_new, decision, Status.ACTIVE, now)
            if decision.remind:
                fate.reminders.append(now.today)
                kept = after_digest_sent(kept, now)
            if step.watch:
                watches[key_id] = kept
