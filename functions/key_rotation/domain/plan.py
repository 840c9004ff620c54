"""All of a run's decisions, with no more changes among them than one run may make."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from key_rotation.domain.decide import decide, decide_gone
from key_rotation.domain.inventory import Inventory
from key_rotation.domain.model import AccessKey, Action, Decision, Failure, Now, ObservedKey, Reason
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.promised_days import give_days
from key_rotation.domain.settings import Settings
from key_rotation.domain.step import Step, key_failure
from key_rotation.domain.watch import (
    Deactivated,
    Deleting,
    Ended,
    Lapsed,
    Watch,
    WatchChange,
    Watches,
)
from key_rotation.errors import UnreadableError


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a part of a run may do.

    limit: how many keys this part may deactivate or delete
    usual_limit: how many keys a run may change when it is not paused; new days are given by it
    first_part: whether this is the first part of a run, which reports the unreadable watches
    restored: whether the ledger was restored from a backup since the last run
    undelivered: what earlier parts of this run decided, and the digest will record: these keys are
        not decided again, and their days have no more room
    mails: what came of the mails about notices, by access key id; read only if they matter
    """

    now: Now
    settings: Settings
    limit: int
    usual_limit: int
    first_part: bool = True
    restored: bool = False
    undelivered: tuple[WatchChange, ...] = ()
    mails: Mapping[str, NoticeMail] = field(default_factory=dict)


def make_plan(inventory: Inventory, watches: Watches, terms: Terms) -> Plan:
    """Decide every key that was read, and every watch whose key is gone."""
    steps: list[Step] = []
    failures = [*inventory.failures, *(watches.unreadable if terms.first_part else ())]
    left_alone = {failure.access_key_id for failure in watches.unreadable}
    left_alone |= {change.watch.access_key_id for change in terms.undelivered}
    for observed in inventory.observed_keys:
        key = observed.key
        watch = watches.by_key_id.get(key.access_key_id)
        if key.access_key_id in left_alone:
            continue
        try:
            decision = _decide(observed, watch, terms)
        except UnreadableError as error:
            failures.append(key_failure(key, str(error)))
        else:
            steps.append(_step(key, decision, watch, observed))
    steps += [_step(watch, decide_gone(watch), watch, None) for watch in _gone(inventory, watches)]
    steps.sort(key=Step.age_order)
    planned = give_days(
        _defer(steps, terms.limit),
        watches.after(terms.undelivered),
        now=terms.now,
        settings=terms.settings,
        limit=terms.usual_limit,
    )
    changes = sum(step.is_change for step in planned)
    return Plan(steps=planned, failures=tuple(failures), changes=changes)


def _decide(observed: ObservedKey, watch: Watch | None, terms: Terms) -> Decision:
    """Decide a key; after a restore, nobody knows who turned off one that had a notice."""
    mail = terms.mails.get(observed.key.access_key_id)
    decision = decide(observed, watch, now=terms.now, settings=terms.settings, mail=mail)
    had_notice = watch and isinstance(watch.state, Lapsed) and watch.state.due
    if terms.restored and had_notice and decision.reason in {Reason.NOT_OURS, Reason.ADOPTED}:
        return Decision(action=Action.HOLD, reason=Reason.RESTORED)
    return decision


def _gone(inventory: Inventory, watches: Watches) -> Iterator[Watch]:
    """Find the open watches whose key no longer exists, as IAM says."""
    for key_id in sorted(inventory.gone_key_ids):
        watch = watches.by_key_id[key_id]
        if not isinstance(watch.state, Ended):
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
    steps = tuple(steps)
    changes = sorted((step for step in steps if step.is_change), key=Step.change_order)
    deferred = {step.access_key_id for step in changes[limit:]}
    return tuple(replace(step, deferred=step.access_key_id in deferred) for step in steps)
