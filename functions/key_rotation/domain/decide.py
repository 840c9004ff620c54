"""The rule book: what to do with one key, given what was read of it, its watch, and the day.

Pure: no AWS, no clock, no environment. `docs/rules.md` is this module in prose, and is checked
against it.
"""

from datetime import date, datetime, timedelta
from typing import assert_never

from key_rotation.domain.model import (
    AccessKey,
    Action,
    Decision,
    LastUse,
    Now,
    ObservedKey,
    Reason,
    Status,
)
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import (
    Deactivated,
    Deactivating,
    Deleting,
    Ended,
    Held,
    Lapsed,
    Noticed,
    Watch,
)
from key_rotation.errors import UnreadableError

ONE_DAY = timedelta(days=1)
NOTICE_OUTDATED_AFTER = timedelta(days=30)
SHORT_ABSENCE = timedelta(days=7)
"""How long its owner may turn a key off before its notice lapses."""
DAYS_AFTER_ABSENCE = timedelta(days=3)
TOLERANCE = timedelta(hours=12)
"""How much less than its days a notice or a window may last in hours: runs are not punctual."""
REACTIVATIONS_UNTIL_HOLD = 3
PROPAGATION = timedelta(hours=1)
"""How long after its deactivation a use of a key does not count: IAM is eventually consistent (IAM
User Guide, "Troubleshooting IAM"), and a run reads its clock before its writes."""


def decide(
    observed: ObservedKey,
    watch: Watch | None,
    *,
    now: Now,
    settings: Settings,
    mail: NoticeMail | None = None,
) -> Decision:
    """Decide one key that exists.

    mail: what came of the mail about its notice; it matters only if owner-notice is require

    Raises UnreadableError where the rule needs a last use that is not known.
    """
    key = observed.key
    state = watch.state if watch else None
    begun = isinstance(state, Deactivating) and key.status is Status.INACTIVE
    exemption = settings.exemption_of(key, now.today)
    if exemption and not begun:  # what was begun before is recorded and reported first
        return Decision(
            action=Action.EXEMPT,
            reason=Reason.EXEMPT,
            due=exemption.until,
            note=exemption.reason,
        )
    if isinstance(state, Held):
        return _decide_held(key, state, now, settings)
    if watch and (watch.created, watch.user.user_id) != (key.created, key.user.user_id):
        return Decision(action=Action.HOLD, reason=Reason.IDENTITY_CHANGED)
    match key.status:
        case Status.ACTIVE:
            return _decide_active(key, watch, mail, now, settings)
        case Status.INACTIVE:
            return _decide_inactive(observed, watch, now, settings)
        case Status.OTHER:
            return Decision(action=Action.KEEP, reason=Reason.STATUS_UNKNOWN, note=key.status_text)
        case _:
            assert_never(key.status)


def decide_gone(watch: Watch) -> Decision:
    """Decide a watch whose key no longer exists."""
    if isinstance(watch.state, Deleting):
        return Decision(action=Action.DELETE, reason=Reason.FINISHED)
    return Decision(action=Action.CLOSE, reason=Reason.GONE)


def needs_last_use(key: AccessKey, watch: Watch | None, *, now: Now, settings: Settings) -> bool:
    """Return whether the last use must be read: a rule needs it, or the digest reports it."""
    match key.status:
        case Status.ACTIVE:
            return watch is not None or _notice_is_due(key, now, settings)
        case Status.INACTIVE:
            return watch is not None or settings.adopt_inactive_keys
        case Status.OTHER:
            return False
        case _:
            assert_never(key.status)


def _decide_active(
    key: AccessKey, watch: Watch | None, mail: NoticeMail | None, now: Now, settings: Settings
) -> Decision:
    state = watch.state if watch else None
    if isinstance(state, Deactivating):  # begun, but not done by IAM
        state = state.notice
    match state:
        case None:
            return _decide_unnoticed(key, None, now, settings)
        case Lapsed(due=announced):
            return _decide_unnoticed(key, announced, now, settings)
        case Noticed() as notice:
            return _decide_noticed(key, notice, mail, now, settings)
        case (Deactivated() as window) | Deleting(window=window):
            return _decide_reactivated(key, watch, window, now, settings)
        case Ended():
            return Decision(action=Action.KEEP, reason=Reason.ALREADY_GONE)
        case Held():  # decided before
            raise ValueError(state)
        case _:
            assert_never(state)


def _decide_held(key: AccessKey, hold: Held, now: Now, settings: Settings) -> Decision:
    """Decide a key that was held; an exemption since then shows that a person has looked."""
    if hold.since and settings.was_exempt(key, since=now.day(hold.since), today=now.today):
        return Decision(action=Action.KEEP, reason=Reason.RELEASED)
    return Decision(action=Action.HOLD, reason=Reason.STILL_HELD)


def _decide_reactivated(
    key: AccessKey, watch: Watch | None, window: Deactivated, now: Now, settings: Settings
) -> Decision:
    """Decide a key that was turned on again in its grace window."""
    times = 1 + (watch.reactivations if watch else 0)
    if times >= REACTIVATIONS_UNTIL_HOLD:
        return Decision(action=Action.HOLD, reason=Reason.REACTIVATED_TOO_OFTEN)
    announced = window.earliest_deactivation or date.min
    due = max(_first_stale_day(key, now, settings), now.today + settings.notice, announced)
    return Decision(action=Action.NOTICE, reason=Reason.REACTIVATED, due=due, new_day=True)


def _decide_unnoticed(
    key: AccessKey, announced: date | None, now: Now, settings: Settings
) -> Decision:
    """Decide an active key without a notice in force; `announced` is a day announced before."""
    if not _notice_is_due(key, now, settings):
        return Decision(action=Action.KEEP, reason=Reason.FRESH)
    due = max(now.today + settings.notice, announced or date.min)
    if due == now.today and (settings.edited_rules or settings.requires_owner):
        due = _first_day_announced(now)
    if due == now.today:
        return _deactivate(Reason.STALE_WITHOUT_NOTICE, now, settings)
    return Decision(action=Action.NOTICE, reason=Reason.STALE, due=due, new_day=True)


def _decide_noticed(
    key: AccessKey, notice: Noticed, mail: NoticeMail | None, now: Now, settings: Settings
) -> Decision:
    if not _notice_is_due(key, now, settings):
        return Decision(action=Action.WITHDRAW, reason=Reason.THRESHOLDS_CHANGED)
    if settings.was_exempt(key, since=now.day(notice.at), today=now.today):
        return _decide_unnoticed(key, notice.due, now, settings)
    known_at = notice.at
    if settings.requires_owner and mail:
        known_at = mail.counts_for(notice) or notice.at
    earliest = known_at + settings.notice - TOLERANCE
    due = max(
        notice.due,
        _first_stale_day(key, now, settings),
        now.day(known_at) + settings.notice,
        now.day(earliest),
    )
    if now.today - due > NOTICE_OUTDATED_AFTER:
        again = now.today + max(settings.notice, ONE_DAY)
        return Decision(
            action=Action.NOTICE, reason=Reason.NOTICE_OUTDATED, due=again, new_day=True
        )
    if notice.inactive_since:
        return _decide_returned(key, notice, due, now, settings)
    if settings.requires_owner and not (mail and mail.counts_for(notice)):
        return _wait_for_owner(notice, mail, due, now, settings)
    if now.today < due or now.instant < earliest:
        return _keep_until(Reason.NOTICE_RUNNING, due, notice.announced_on, now)
    return _deactivate(Reason.NOTICE_OVER, now, settings)


def _wait_for_owner(
    notice: Noticed, mail: NoticeMail | None, due: date, now: Now, settings: Settings
) -> Decision:
    """Keep a key of which no owner knows: a mail of today would give it a whole notice."""
    noticed_on = now.day(notice.at)
    if noticed_on == now.today:  # its mail is sent after the digest of today
        return _keep_until(Reason.NOTICE_RUNNING, due, notice.announced_on, now)
    since = max(noticed_on, mail.lost_on if mail and mail.lost_on else date.min)
    later = max(due, now.today + max(settings.notice, ONE_DAY))
    reason = Reason.WAITING_FOR_OWNER
    return Decision(action=Action.KEEP, reason=reason, due=later, remind=True, waiting_since=since)


def _decide_returned(
    key: AccessKey, notice: Noticed, due: date, now: Now, settings: Settings
) -> Decision:
    """Decide a key with a notice that its owner turned off and on again.

    After a short absence it keeps its notice, so that a key cannot evade its due day by that.
    """
    if notice.inactive_since is None or now.today - notice.inactive_since > SHORT_ABSENCE:
        return _decide_unnoticed(key, due, now, settings)
    later = max(due, now.today + DAYS_AFTER_ABSENCE)
    reason = Reason.NOTICE_RUNNING
    return Decision(action=Action.KEEP, reason=reason, due=later, remind=later > due)


def _decide_inactive(
    observed: ObservedKey, watch: Watch | None, now: Now, settings: Settings
) -> Decision:
    match watch.state if watch else None:
        case None | Lapsed() | Noticed():
            return _decide_not_ours(now, settings)
        case Deactivating():
            return _deactivate(Reason.FINISHED, now, settings)
        case (Deactivated() as window) | Deleting(window=window):
            unreported = bool(watch and watch.unreported_events)
            return _decide_window(observed, window, now, settings, unreported=unreported)
        case Ended():
            return Decision(action=Action.KEEP, reason=Reason.ALREADY_GONE)
        case Held() as state:  # decided before
            raise ValueError(state)
        case _ as state:
            assert_never(state)


def _decide_not_ours(now: Now, settings: Settings) -> Decision:
    if settings.adopt_inactive_keys:
        due = now.today + settings.grace
        return Decision(action=Action.ADOPT, reason=Reason.ADOPTED, due=due, new_day=True)
    return Decision(action=Action.KEEP, reason=Reason.NOT_OURS)


def _decide_window(
    observed: ObservedKey, window: Deactivated, now: Now, settings: Settings, *, unreported: bool
) -> Decision:
    """Decide an inactive key in its grace window: the one place that decides a deletion.

    unreported: whether an event of the key is still to be reported, and its day with it
    """
    if window.adopted and not settings.adopt_inactive_keys:
        return Decision(action=Action.KEEP, reason=Reason.NOT_ADOPTED)
    used_at = _used_in(window, observed.last_use)
    opened = now.day(window.start)
    if window.interrupted or settings.was_exempt(observed.key, since=opened, today=now.today):
        due = max(window.due, now.today + settings.grace)
        return _extend(Reason.INTERRUPTION_ENDED, due)
    if used_at is not None:
        due = max(window.due, now.day(used_at) + settings.grace, now.today + ONE_DAY)
        return _extend(Reason.USED_IN_WINDOW, due)
    earliest = window.start + settings.grace - TOLERANCE
    due = max(window.due, opened + settings.grace, now.day(earliest))
    if not settings.delete_unused_keys:
        over = now.today >= due
        return Decision(action=Action.KEEP, reason=Reason.DELETION_OFF, due=None if over else due)
    if window.announced_on == date.min:  # no digest has announced this deletion yet
        first = now.today + ONE_DAY if unreported else _first_day_announced(now)
        due = max(due, first)
        return Decision(
            action=Action.KEEP,
            reason=Reason.IN_WINDOW,
            due=due,
            new_day=True,
            remind=not unreported,
        )
    if now.today < due or now.instant < earliest:
        return _keep_until(Reason.IN_WINDOW, due, window.announced_on, now)
    return Decision(action=Action.DELETE, reason=Reason.UNUSED)


def _used_in(window: Deactivated, last_use: LastUse | None) -> datetime | None:
    """Return when the key was used in its window, or None.

    A use that IAM showed late, of before the deactivation, does not count. Raises UnreadableError
    if the last use was not read, or is no longer given.
    """
    if last_use is None:
        raise UnreadableError("its last use was not read")
    known = window.baseline.at
    if last_use.at is None:
        if known is None:
            return None
        raise UnreadableError(
            f"IAM gave a last use before ({known:%Y-%m-%d %H:%M} UTC) and gives none now"
        )
    late = last_use.at <= window.since + PROPAGATION
    return None if late or last_use.at == known else last_use.at


def _notice_is_due(key: AccessKey, now: Now, settings: Settings) -> bool:
    return now.today >= _first_stale_day(key, now, settings) - settings.notice


def _first_stale_day(key: AccessKey, now: Now, settings: Settings) -> date:
    """The first day on which the key is stale."""
    return now.day(key.created) + settings.max_age


def _deactivate(reason: Reason, now: Now, settings: Settings) -> Decision:
    due = now.today + settings.grace
    return Decision(action=Action.DEACTIVATE, reason=reason, due=due, new_day=True)


def _extend(reason: Reason, due: date) -> Decision:
    return Decision(action=Action.EXTEND, reason=reason, due=due, new_day=True)


def _first_day_announced(now: Now) -> date:
    """The earliest day for what today's digest is the first to announce.

    A run in between can still remind of it.
    """
    return now.today + timedelta(days=now.days_between_runs) + ONE_DAY


def _keep_until(reason: Reason, due: date, announced_on: date, now: Now) -> Decision:
    """Keep the key until its day, and remind in the last run that is certainly before it."""
    gap = timedelta(days=now.days_between_runs)
    is_last_run = now.today < due <= now.today + gap
    return Decision(
        action=Action.KEEP,
        reason=reason,
        due=due,
        remind=is_last_run and announced_on < due - gap,
    )
