"""What happened to a key, and what comes next, in sentences."""

from datetime import date, timedelta

from key_rotation.domain.model import Action, Decision, Now, ObservedKey, Reason
from key_rotation.domain.settings import Settings
from key_rotation.reporting.formatting import (
    format_date,
    last_use_text,
    pluralize,
    sanitize_line,
)
from key_rotation_cli.explain.events import PastEvent

HAPPENED = {
    Action.NOTICE: "Notice was given",
    Action.WITHDRAW: "The notice was withdrawn",
    Action.DEACTIVATE: "It was deactivated",
    Action.EXTEND: "Its grace window started again",
    Action.ADOPT: "It was adopted: a grace window was opened",
    Action.DELETE: "It was deleted",
    Action.CLOSE: "It was found gone",
    Action.EXEMPT: "Somebody exempted it",
    Action.HOLD: "It was held",
    Action.KEEP: "It was left as it is",
}
BY_PERSON = {
    Reason.NOT_OURS: "Somebody turned it off",
    Reason.NOTICE_RUNNING: "Somebody turned it on again; its notice goes on",
    Reason.RELEASED: "Its hold ended",
}
COMES_DUE = {
    Action.NOTICE: "it was to be deactivated on",
    Action.DEACTIVATE: "it was to be deleted on",
    Action.EXTEND: "it was to be deleted on",
    Action.ADOPT: "it was to be deleted on",
    Action.EXEMPT: "exempt until",
}
NEXT = {
    Action.NOTICE: "The next run gives notice; the key stops working on {due} at the earliest.",
    Action.WITHDRAW: "The next run withdraws its notice: it is {reason}.",
    Action.DEACTIVATE: "The next run with room for it deactivates it: {reason}.",
    Action.EXTEND: "The next run starts its grace window again, until {due} at the earliest.",
    Action.ADOPT: "The next run starts a grace window, until {due} at the earliest.",
    Action.DELETE: "The next run with room for it deletes it: {reason}.",
    Action.CLOSE: "It no longer exists. Nothing comes next.",
    Action.HOLD: "It is held: {reason}. Nothing is done to it.",
}
"""What comes next, for an action whose sentence needs no more than its day and its reason."""
SHOWN_EXEMPTION = timedelta(days=30)
"""How long the exemption lasts that a command shows; the person chooses the day."""


def event_sentence(event: PastEvent, now: Now) -> str:
    """Write what happened, why, and what was known of the key then."""
    by_person = BY_PERSON.get(event.reason) if event.action is Action.KEEP else None
    why = "" if by_person or event.action is Action.EXEMPT else f": {event.reason}"
    note = f", because of {sanitize_line(event.note)!r}" if event.note else ""
    coming = COMES_DUE.get(event.action)
    due = f"; {coming} {format_date(event.due)}" if coming and event.due else ""
    facts = [_age(event), last_use_text(event.last_use, now) if event.last_use else ""]
    known = ", ".join(fact for fact in facts if fact)
    end = (
        f" It was {known}." if _age(event) else f" {known[:1].upper()}{known[1:]}." if known else ""
    )
    return f"{by_person or HAPPENED[event.action]}{why}{note}{due}.{end}"


def _age(event: PastEvent) -> str:
    if event.age_days is None:
        return ""
    limit = f" (limit {event.max_age_days})" if event.max_age_days is not None else ""
    return f"{pluralize(event.age_days, 'day')} old{limit}"


def next_sentence(
    decision: Decision, observed: ObservedKey | None, settings: Settings, now: Now
) -> str:
    """Write what comes next, as far as it is decided today.

    observed: None for a key that is gone
    """
    due = format_date(decision.due) if decision.due else ""
    match decision.action:
        case Action.KEEP:
            return _kept(decision, due, observed, settings, now)
        case Action.EXEMPT:
            until = f" until {due}, that day included" if due else ", without an end"
            note = f" ({sanitize_line(decision.note)})" if decision.note else ""
            return f"It is exempt{until}{note}. Nothing is done to it."
        case Action.DEACTIVATE if decision.reason is Reason.FINISHED:
            return "A run that was interrupted turned it off; the next run records that."
        case action:
            return NEXT[action].format(due=due, reason=decision.reason)


def _kept(
    decision: Decision, due: str, observed: ObservedKey | None, settings: Settings, now: Now
) -> str:
    match decision.reason:
        case Reason.FRESH if observed:
            stale = now.day(observed.key.created) + settings.max_age
            return (
                f"Its notice comes on {format_date(stale - settings.notice)}; from "
                f"{format_date(stale)} on it may be deactivated."
            )
        case Reason.NOTICE_RUNNING:
            return f"It stops working on {due}, unless it is exempted or replaced before."
        case Reason.WAITING_FOR_OWNER:
            return f"It waits for an owner, and works at least until {due}."
        case Reason.IN_WINDOW:
            return f"It is deleted on {due}, if it stays unused and inactive."
        case Reason.NOT_OURS:
            return "It is inactive, and not by this tool. Nothing is done to it."
        case Reason.DELETION_OFF:
            return "It stays inactive: delete-unused-keys is false."
        case _:
            return f"Nothing: {decision.reason}."


def suspension_sentence(settings: Settings) -> str:
    """Write why nothing of it happens for now; empty if it does."""
    if settings.mode == "report":
        return "The mode is report: until it is enforce, nothing of this happens."
    if settings.paused:
        return "Changes are paused: until they are resumed, no key is deactivated or deleted."
    return ""


def next_commands(decision: Decision, access_key_id: str, today: date, *, ours: bool) -> list[str]:
    """Return the commands of this tool that change what comes next.

    ours: whether this tool turned the key off; it was adopted otherwise
    """
    restore = f"key-rotation restore {access_key_id}{'' if ours else ' --anyway'}"
    until = today + SHOWN_EXEMPTION
    exempt = f'key-rotation exempt add {access_key_id} --until {until} --reason "..."'
    match decision.action, decision.reason:
        case Action.HOLD, _:
            return [f"key-rotation release {access_key_id}", exempt]
        case (
            (Action.DELETE | Action.EXTEND | Action.ADOPT, _)
            | (Action.DEACTIVATE, Reason.FINISHED)
            | (Action.KEEP, Reason.IN_WINDOW | Reason.DELETION_OFF | Reason.NOT_ADOPTED)
        ):
            return [restore, exempt]
        case Action.EXEMPT, _:
            return ["key-rotation exempt list"]
        case (Action.NOTICE | Action.DEACTIVATE, _) | (
            Action.KEEP,
            Reason.FRESH | Reason.NOTICE_RUNNING | Reason.WAITING_FOR_OWNER,
        ):
            return [exempt]
        case _:
            return []
