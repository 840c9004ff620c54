"""When a notice counts that a later step delivers: from that step on, and never with fewer days."""

from dataclasses import replace
from datetime import timedelta

from key_rotation.domain.model import Action, Now
from key_rotation.domain.watch import Noticed, WatchChange


def at_delivery(change: WatchChange, now: Now, notice: timedelta) -> WatchChange:
    """Return a change as it counts from `now`, when the message that names it is published.

    notice: the account's notice period

    The days of a notice count from its delivery: if midnight has passed since it was decided, its
    day moves. Any other change stays as it is.
    """
    state = change.watch.state
    is_notice = any(event.action is Action.NOTICE for event in change.events)
    if not is_notice or not isinstance(state, Noticed):
        return change
    due = max(state.due, now.today + notice)
    delivered = replace(state, at=now.instant, due=due, announced_on=now.today)
    return WatchChange(
        watch=replace(change.watch, state=delivered),
        events=tuple(
            replace(event, at=now.instant, due=due) if event.action is Action.NOTICE else event
            for event in change.events
        ),
        mails=tuple(replace(mail, due=due, subject_day=due) for mail in change.mails),
    )
