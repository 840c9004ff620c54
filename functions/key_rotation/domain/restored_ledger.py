"""What becomes of watches that came from a backup: they may be older than what was announced."""

from collections.abc import Iterator
from dataclasses import replace

from key_rotation.domain.watch import (
    Deactivated,
    Deactivating,
    Deleting,
    Ended,
    Held,
    Lapsed,
    Noticed,
    State,
    WatchChange,
    Watches,
)


def restart(watches: Watches) -> Iterator[WatchChange]:
    """Start every open notice and every window anew, later: each needs a new announcement.

    A notice in force becomes a lapsed one, so that its key gets a new one, and keeps its day as the
    earliest. A window is interrupted, so that it starts again.
    """
    for watch in watches.by_key_id.values():
        state = _restarted(watch.state)
        if state != watch.state:
            yield WatchChange(watch=replace(watch, state=state))


def _restarted(state: State) -> State:
    match state:
        case Noticed(due=due):
            return Lapsed(due=due)
        case Deactivated():
            return replace(state, interrupted=True)
        case Deleting(window=window):
            return replace(window, interrupted=True)
        case Deactivating():
            return Deactivating(notice=None)
        case Lapsed() | Held() | Ended():
            return state
