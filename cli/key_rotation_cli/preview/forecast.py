"""What the runs of the coming days do: the plan of the product, day by day. Pure.

It assumes that nobody reacts, that nothing fails, and that no key is used once it is off; and that
a mail about a notice is accepted by the run that announces it, unless no address is known.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from key_rotation.domain.decide import needs_last_use
from key_rotation.domain.inventory import Inventory, Scan
from key_rotation.domain.model import (
    NEVER_USED,
    Action,
    LastUse,
    Now,
    ObservedKey,
    Reason,
    Status,
)
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.plan import Plan, Terms, make_plan
from key_rotation.domain.run_state import DEFAULT_LIMIT
from key_rotation.domain.settings import Settings
from key_rotation.domain.step import Step
from key_rotation.domain.watch import Deactivated, Deleting, Ended, Noticed, Watch, Watches
from key_rotation.reporting.outcome import Section, section_of
from key_rotation_cli.preview.mails_so_far import accepted_now
from key_rotation_cli.preview.recorded import watch_after_run

ANNOUNCED_BY_MAIL = (Section.NOTICED, Section.WAITING)
"""What a mail tells the owner of a key with all of a notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a forecast starts from.

    now: the instant of the first run
    keys: all keys that may come due, as they were read
    watches: what a deployment remembers of them
    usual_limit: the limit of changes by which days are given while the limit is 0
    restored: whether the ledger of the deployment was restored from a backup since its last run
    mails: what a deployment remembers of the mails about notices, by access key id
    pending: the ids of the keys about whose notice the first run sends a mail that waits
    unowned: the ids of the keys about which nobody gets mail, where a key needs an owner to be
        deactivated
    """

    now: Now
    settings: Settings
    keys: tuple[ObservedKey, ...]
    watches: Watches = field(default_factory=lambda: Watches(by_key_id={}))
    usual_limit: int = DEFAULT_LIMIT
    restored: bool = False
    mails: Mapping[str, NoticeMail] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    unowned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyForecast:
    """What one run does with one key, or says of it.

    section: the heading under which the digest of the run lists the key
    due: the day that the digest names
    """

    access_key_id: str
    section: Section
    due: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastDay:
    """What the run of one day does.

    keys: the oldest key first; `Section.UPCOMING` is a reminder
    """

    date: date
    keys: tuple[KeyForecast, ...]

    def in_section(self, section: Section) -> tuple[KeyForecast, ...]:
        """Return the keys under one heading."""
        return tuple(key for key in self.keys if key.section is section)

    @property
    def counts(self) -> Mapping[Section, int]:
        """How many keys there are under each heading; 0 for the others."""
        return Counter(key.section for key in self.keys)


def forecast(start: Start, days: int) -> tuple[ForecastDay, ...]:
    """Plan so many days, of which the first is today; days without a run are left out."""
    return tuple(day for day, _ in forecast_runs(start, days))


def forecast_runs(start: Start, days: int) -> Iterator[tuple[ForecastDay, Mapping[str, Watch]]]:
    """Plan so many days; yields what each run does, with the watches as it leaves them."""
    account = _Account.of(start)
    for day in range(0, days, start.now.days_between_runs):
        first = day == 0
        settings = start.settings if first else replace(start.settings, edited=frozenset())
        terms = Terms(
            now=replace(start.now, instant=_days_later(start.now, day)),
            settings=settings,
            limit=settings.max_changes_per_run,
            usual_limit=settings.max_changes_per_run or start.usual_limit,
            restored=first and start.restored,
            mails=account.mails,
        )
        plan = account.run(terms)
        if first:
            account.send_pending(start.pending, terms.now)
        keys = tuple(_key_forecasts(plan.steps, paused=settings.paused))
        yield ForecastDay(date=terms.now.today, keys=keys), account.watches


@dataclass(slots=True, kw_only=True)
class _Account:
    """The keys and the watches as the runs leave them: it changes with each run.

    wakes_on: the day from which on a key with an announced day is decided again; until then each
        run would keep it, and the room that its day takes is known from its watch
    mails: of the keys whose owner got mail, or will not get any more
    """

    keys: dict[str, ObservedKey]
    watches: dict[str, Watch]
    unreadable: Watches
    mails: dict[str, NoticeMail]
    unowned: frozenset[str]
    wakes_on: dict[str, date] = field(default_factory=dict)

    @classmethod
    def of(cls, start: Start) -> "_Account":
        watches = dict(start.watches.by_key_id)
        keys = {key.key.access_key_id: key for key in start.keys}
        known = {key_id: _with_last_use(key, watches.get(key_id)) for key_id, key in keys.items()}
        return cls(
            keys=known,
            watches=watches,
            unreadable=start.watches,
            mails=dict(start.mails),
            unowned=start.unowned,
        )

    def run(self, terms: Terms) -> Plan:
        """Plan one run, and carry it out."""
        inventory = Inventory(scan=Scan.TARGETED, observed_keys=tuple(self._concerned(terms)))
        plan = make_plan(inventory, replace(self.unreadable, by_key_id=self.watches), terms)
        for step in plan.steps:
            self._carry_out(step, terms)
        return plan

    def send_pending(self, key_ids: Iterable[str], now: Now) -> None:
        """Send the mails that waited before this run; one that overtook them counts the same."""
        for key_id in key_ids:
            state = self.watches[key_id].state if key_id in self.watches else None
            if isinstance(state, Noticed) and state.at < now.instant:
                self.mails[key_id] = accepted_now(key_id, now)

    def _concerned(self, terms: Terms) -> Iterator[ObservedKey]:
        """Find the keys of which a run decides more than to keep them, and record nothing."""
        today = terms.now.today
        for key_id, observed in self.keys.items():
            if today < self.wakes_on.get(key_id, today):
                continue
            watch = self.watches.get(key_id)
            if watch or needs_last_use(observed.key, watch, now=terms.now, settings=terms.settings):
                yield observed

    def _carry_out(self, step: Step, terms: Terms) -> None:
        key_id = step.access_key_id
        watch = watch_after_run(step, terms.now, terms.settings)
        if watch is not None and isinstance(watch.state, Ended):
            self.keys.pop(key_id, None)
            self.watches.pop(key_id, None)
            return
        if watch is not None:
            self.watches[key_id] = watch
            waits = terms.settings.requires_owner and not self._is_mailed(step, terms.now)
            self.wakes_on[key_id] = _next_day(step, watch, terms.now, waits=waits)
        if step.decision.action is Action.DEACTIVATE and not step.deferred:
            observed = step.observed_key
            off = replace(observed.key, status=Status.INACTIVE, status_text=Status.INACTIVE)
            self.keys[key_id] = replace(observed, key=off)

    def _is_mailed(self, step: Step, now: Now) -> bool:
        """Send the mail about a notice, if an address is known; return whether one was accepted."""
        key_id, state = step.access_key_id, self.watches[step.access_key_id].state
        if not isinstance(state, Noticed):
            return True
        section = section_of(step.decision.action, step.decision.reason)
        if section in ANNOUNCED_BY_MAIL and key_id not in self.unowned:
            self.mails[key_id] = accepted_now(key_id, now)
        mail = self.mails.get(key_id)
        return bool(mail and mail.counts_for(state))


def _next_day(step: Step, watch: Watch, now: Now, *, waits: bool) -> date:
    """Return the first day on which a run may do more than keep the key, as far as is known.

    That is the day of the reminder of the recorded day; the thresholds stay as they are.

    waits: whether it is kept until its owner got mail, so that its day moves
    """
    announced = isinstance(watch.state, Noticed | Deactivated) and watch.state.due
    if not announced or waits or step.deferred or step.decision.due != announced:
        return now.today
    return announced - timedelta(days=now.days_between_runs)


def _key_forecasts(steps: Iterable[Step], *, paused: bool) -> Iterator[KeyForecast]:
    for step in steps:
        section = _section(step, paused=paused)
        if section:
            due = None if step.deferred else step.decision.due
            yield KeyForecast(access_key_id=step.access_key_id, section=section, due=due)


def _section(step: Step, *, paused: bool) -> Section | None:
    """Return the heading of a key with something new; None for one that only lasts."""
    decision = step.decision
    if step.deferred:
        return Section.DEFERRED
    section = section_of(decision.action, decision.reason)
    match section:
        case Section.UPCOMING:
            return section if decision.remind and not paused else None
        case Section.EXEMPT:
            return None
        case Section.HELD:
            lasts = {Reason.STILL_HELD, Reason.STATUS_UNKNOWN}
            return None if decision.reason in lasts else section
        case _:
            return section


def _with_last_use(observed: ObservedKey, watch: Watch | None) -> ObservedKey:
    """Assume that a key whose last use could not be read is not used."""
    if observed.last_use is not None:
        return observed
    state = watch.state if watch else None
    window = state.window if isinstance(state, Deleting) else state
    known: LastUse = window.baseline if isinstance(window, Deactivated) else NEVER_USED
    return replace(observed, last_use=known)


def _days_later(now: Now, days: int) -> datetime:
    """Return the same time of the day, by the clock of the zone."""
    local = now.instant.astimezone(now.zone) + timedelta(days=days)
    return local.astimezone(now.instant.tzinfo)
