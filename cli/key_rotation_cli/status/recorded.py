"""Where the watched keys stand by the ledger alone, where IAM cannot be read."""

from collections.abc import Iterator
from datetime import date

from key_rotation.domain.watch import (
    Deactivated,
    Deactivating,
    Deleting,
    Ended,
    Held,
    Lapsed,
    Noticed,
    Watch,
    Watches,
)
from key_rotation_cli.dates import short_date
from key_rotation_cli.status.standing import Standing, State, unreadable

REASON = "as the last run left it; IAM was not read"


def recorded_standings(watches: Watches, which: str | None) -> Iterator[Standing]:
    """Return the keys with a notice, a window or a hold; the ledger has no others.

    which: a user name or an access key id; None for all
    """
    for watch in watches.by_key_id.values():
        if not isinstance(watch.state, Ended) and which in {
            None,
            watch.user.name,
            watch.access_key_id,
        }:
            yield _standing(watch)
    yield from (
        unreadable(failure)
        for failure in watches.unreadable
        if which in {None, failure.user_name, failure.access_key_id}
    )


def recorded_text(watch: Watch) -> str:
    """Return where a key stood after the last run, in a few words."""
    return _state(watch)[2]


def _standing(watch: Watch) -> Standing:
    state, due, text = _state(watch)
    return Standing(
        user=watch.user.name,
        access_key_id=watch.access_key_id,
        status=None,
        created=watch.created,
        last_used=None,
        state=state,
        due=due,
        text=text,
        reason=REASON,
    )


def _state(watch: Watch) -> tuple[State, date | None, str]:
    match watch.state:
        case Noticed(due=due) | Deactivating(notice=Noticed(due=due)):
            return State.NOTICED, due, f"noticed, stops {short_date(due)}"
        case Deactivated(due=due) | Deleting(window=Deactivated(due=due)):
            return State.DEACTIVATED, due, f"off, deleted {short_date(due)}"
        case Held():
            return State.HELD, None, "held"
        case Deactivating():
            return State.DEACTIVATED, None, "was being turned off"
        case Lapsed() | Ended():
            return State.FRESH, None, "no notice in force"
