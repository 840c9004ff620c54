"""Where a key stands: the product's own decision of today, in one word and one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from key_rotation.domain.decide import decide
from key_rotation.domain.model import Action, Decision, Failure, Mode, Now, ObservedKey, Reason
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watch
from key_rotation.errors import UnreadableError
from key_rotation_cli.dates import short_date
from key_rotation_cli.owners import KnownOwner


class State(StrEnum):
    """Where a key stands."""

    FRESH = "fresh"
    NOTICED = "noticed"
    DEACTIVATED = "deactivated"
    EXEMPT = "exempt"
    HELD = "held"
    NOT_OURS = "not_ours"
    UNKNOWN_STATUS = "unknown_status"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One key, or a user whose keys could not be read.

    access_key_id, status, created: None for a user whose keys could not be read
    last_used: None for a key that was never used, or whose last use is not known
    due: the day of what comes next; for an exempt key, the last day of the exemption
    text: where it stands, in a few words
    reason: why
    owner: who gets mail about it, and whether that arrived; None where owners get none
    """

    user: str
    access_key_id: str | None
    status: str | None
    created: datetime | None
    last_used: datetime | None
    state: State
    due: date | None
    text: str
    reason: str
    owner: KnownOwner | None = None

    def age_days(self, now: Now) -> int | None:
        """The age of the key in calendar days."""
        return (now.today - now.day(self.created)).days if self.created else None


_BY_REASON = {
    Reason.NOTICE_RUNNING: State.NOTICED,
    Reason.WAITING_FOR_OWNER: State.NOTICED,
    Reason.NOTICE_OVER: State.NOTICED,
    Reason.NOTICE_OUTDATED: State.NOTICED,
    Reason.THRESHOLDS_CHANGED: State.NOTICED,
    Reason.IN_WINDOW: State.DEACTIVATED,
    Reason.DELETION_OFF: State.DEACTIVATED,
    Reason.NOT_ADOPTED: State.DEACTIVATED,
    Reason.UNUSED: State.DEACTIVATED,
    Reason.USED_IN_WINDOW: State.DEACTIVATED,
    Reason.INTERRUPTION_ENDED: State.DEACTIVATED,
    Reason.FINISHED: State.DEACTIVATED,
    Reason.RESTORED: State.HELD,
    Reason.REACTIVATED_TOO_OFTEN: State.HELD,
    Reason.STILL_HELD: State.HELD,
    Reason.RELEASED: State.HELD,
    Reason.IDENTITY_CHANGED: State.HELD,
    Reason.NOT_OURS: State.NOT_OURS,
    Reason.ADOPTED: State.NOT_OURS,
    Reason.EXEMPT: State.EXEMPT,
    Reason.STATUS_UNKNOWN: State.UNKNOWN_STATUS,
}
"""The state of each reason; of every other, the key is fresh: it has no notice in force."""


def standing(
    observed: ObservedKey,
    watch: Watch | None,
    *,
    now: Now,
    settings: Settings,
    mail: NoticeMail | None = None,
) -> Standing:
    """Return where a key stands, by the decision of a run that came now.

    mail: what is remembered of the mails about its notice
    """
    key, last_use = observed.key, observed.last_use
    try:
        decision = decide(observed, watch, now=now, settings=settings, mail=mail)
    except UnreadableError as error:
        return unreadable(
            Failure(
                user_name=key.user.name,
                access_key_id=key.access_key_id,
                created=key.created,
                text=str(error),
            ),
            status=key.status_text,
        )
    due = decision.due
    if decision.reason is Reason.FRESH:
        due = now.day(key.created) + settings.max_age - settings.notice
    return Standing(
        user=key.user.name,
        access_key_id=key.access_key_id,
        status=key.status_text,
        created=key.created,
        last_used=last_use.at if last_use else None,
        state=_BY_REASON.get(decision.reason, State.FRESH),
        due=due,
        text=_text(decision, due, settings),
        reason=": ".join(part for part in (decision.reason, decision.note) if part),
    )


def unreadable(failure: Failure, *, status: str | None = None) -> Standing:
    """Return the standing of a user or key that could not be read."""
    return Standing(
        user=failure.user_name,
        access_key_id=failure.access_key_id,
        status=status,
        created=failure.created,
        last_used=None,
        state=State.UNREADABLE,
        due=None,
        text="could not be read",
        reason=failure.text,
    )


def oldest_first(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """Sort: what could not be read, then the oldest keys."""
    return tuple(
        sorted(
            standings,
            key=lambda each: (
                each.created is not None,
                each.created.timestamp() if each.created else 0,
                each.user,
            ),
        )
    )


_TEXTS = {
    Reason.FRESH: "fresh until {day}",
    Reason.NOTICE_RUNNING: "noticed, stops {day}",
    Reason.WAITING_FOR_OWNER: "waits for an owner, at least until {day}",
    Reason.IN_WINDOW: "off, deleted {day}",
    Reason.DELETION_OFF: "off, not deleted",
    Reason.NOT_ADOPTED: "off, not deleted",
    Reason.FINISHED: "off, recorded with the next run",
    Reason.NOT_OURS: "not ours",
    Reason.STATUS_UNKNOWN: "status not known",
}


def _text(decision: Decision, due: date | None, settings: Settings) -> str:
    """Write where a key stands; what is not in _TEXTS comes with the next run."""
    reason, day = decision.reason, short_date(due)
    if reason is Reason.EXEMPT:
        return f"exempt until {day}" if due else "exempt"
    if reason in _TEXTS:
        return _TEXTS[reason].format(day=day)
    if _BY_REASON.get(reason) is State.HELD:
        return "held"
    return _next_run(decision.action, settings)


_NEXT_RUN = {
    Action.NOTICE: "gets its notice",
    Action.WITHDRAW: "notice is withdrawn",
    Action.DEACTIVATE: "stops",
    Action.EXTEND: "off, window starts again",
    Action.ADOPT: "gets a grace window",
    Action.DELETE: "off, deleted",
}


def _next_run(action: Action, settings: Settings) -> str:
    """Say what the next run does; keys over its limit wait for a later one."""
    what = _NEXT_RUN.get(action, "nothing to do")
    if settings.mode is Mode.REPORT:  # then a run does not even give a notice
        return f"{what} once the mode is enforce"
    if settings.paused and action in {Action.DEACTIVATE, Action.DELETE}:
        return f"{what} when changes are resumed"
    return f"{what} with the next run"
