"""How standings are shown: as a table for people, and as a document for programs."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from key_rotation.domain.model import Now
from key_rotation.domain.run_history import RunSummary
from key_rotation.domain.settings import Settings
from key_rotation.reporting.email_owners import owner_line
from key_rotation.reporting.formatting import format_date, pluralize, sanitize_line
from key_rotation.reporting.response import iso_time
from key_rotation_cli.dates import short_date
from key_rotation_cli.owners import owner_document
from key_rotation_cli.status.standing import Standing, State

SCHEMA = "key-rotation/status/1"
STYLES = {
    State.NOTICED: "yellow",
    State.DEACTIVATED: "magenta",
    State.EXEMPT: "cyan",
    State.HELD: "bold red",
    State.UNREADABLE: "bold red",
    State.UNKNOWN_STATUS: "bold red",
    State.NOT_OURS: "dim",
}


def document(standings: Iterable[Standing], now: Now) -> dict[str, object]:
    """Return what programs read."""
    return {"schema": SCHEMA, "keys": [_entry(each, now) for each in standings]}


def _entry(standing: Standing, now: Now) -> dict[str, object]:
    return {
        "user": standing.user,
        "access_key_id": standing.access_key_id,
        "status": standing.status,
        "age_days": standing.age_days(now),
        "last_used": iso_time(standing.last_used),
        "state": str(standing.state),
        "due": iso_time(standing.due),
        "reason": sanitize_line(standing.reason, 400),
        **_owner(standing),
    }


def _owner(standing: Standing) -> dict[str, object]:
    known = standing.owner
    if known is None:
        return {}
    return {"owner": {**owner_document(known.owner), "reached": known.reached}}


def settings_line(settings: Settings) -> str:
    """Write the mode and the limit."""
    limit = "paused: 0 changes a run"
    if not settings.paused:
        limit = f"at most {pluralize(settings.max_changes_per_run, 'change')} a run"
    days = f"max age {settings.max_age.days}, notice {settings.notice.days}"
    return f"Mode {settings.mode}, {limit}, {days}, grace {settings.grace.days} days"


def last_run_line(run: RunSummary | None, now: Now) -> str:
    """Write when the last run was, in which mode, and whether it was complete."""
    if run is None:
        return "Last run: none in the last 8 days"
    at = run.started.astimezone(now.zone)
    line = f"Last run {format_date(at.date())}, {at:%H:%M}"
    if run.stopped:
        return f"{line}: stopped, {sanitize_line(run.stopped)}"
    failed = f", {run.failure_count:,} failed" if run.failure_count else ""
    complete = "complete" if run.complete else f"{pluralize(run.users_left, 'user')} left"
    return f"{line}: {run.mode} mode, {complete}{failed}"


def counts_line(standings: Sequence[Standing]) -> str:
    """Count the keys by their state."""
    counts = Counter(each.state for each in standings)
    states = [f"{counts[state]:,} {state.replace('_', ' ')}" for state in State if counts[state]]
    keys = sum(each.access_key_id is not None for each in standings)
    return ": ".join([pluralize(keys, "key"), ", ".join(states)]) if states else "0 keys"


def table(standings: Iterable[Standing], now: Now) -> Table:
    """Return a table with one row a key."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("User", overflow="fold")
    shown.add_column("Access key", no_wrap=True)
    shown.add_column("Age", justify="right", no_wrap=True)
    shown.add_column("Last use", no_wrap=True)
    shown.add_column("State", overflow="fold")
    for each in standings:
        age = each.age_days(now)
        shown.add_row(
            Text(sanitize_line(each.user)),
            Text(each.access_key_id or "-"),
            Text("-" if age is None else f"{age:,}"),
            Text(_last_use(each, now)),
            _state_and_owner(each),
        )
    return shown


def _state_and_owner(standing: Standing) -> Text:
    text = Text(_state(standing), style=STYLES.get(standing.state, ""))
    if standing.owner:
        known = standing.owner
        text.append(f"\n{owner_line(known.owner)}; {known.reached}", style="dim")
    return text


def _last_use(standing: Standing, now: Now) -> str:
    if standing.status is None or standing.state is State.UNREADABLE:
        return "-"
    return short_date(now.day(standing.last_used)) if standing.last_used else "never"


def _state(standing: Standing) -> str:
    needs_reason = {State.HELD, State.UNREADABLE, State.UNKNOWN_STATUS}
    if standing.state in needs_reason:
        return f"{standing.text}: {sanitize_line(standing.reason)}"
    return standing.text
