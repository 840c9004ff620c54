"""The table of runs: a row for each run, and for each day without one. Pure."""

from collections.abc import Iterator
from datetime import date

from key_rotation.domain.run_history import RunSummary
from key_rotation.reporting.outcome import Section
from key_rotation_cli.csv_file import Row
from key_rotation_cli.evidence.facts import Facts


def run_rows(facts: Facts) -> Iterator[Row]:
    """Return the runs in order of time; a day without one has the status `gap`."""
    by_day: dict[date, list[RunSummary]] = {}
    for run in facts.runs:
        by_day.setdefault(facts.period.day(run.started), []).append(run)
    gaps = set(facts.gaps)
    for day in sorted({*by_day, *gaps}):
        yield from (_row(day, run) for run in by_day.get(day, []))
        if day in gaps:
            yield {"date": day, "status": "gap"}


def status_of(run: RunSummary) -> str:
    """Return `complete`, `incomplete` (it left users to a next part) or `stopped`."""
    if run.stopped:
        return "stopped"
    return "complete" if run.complete else "incomplete"


def _row(day: date, run: RunSummary) -> Row:
    return {
        **{str(section): run.counts.get(section, 0) for section in Section},
        "date": day,
        "status": status_of(run),
        "started": run.started,
        "run_id": run.run_id,
        "event_id": run.event_id,
        "part": run.part + 1,
        "mode": run.mode,
        "scan": run.scan,
        "users": run.users,
        "keys": run.keys,
        "users_left": run.users_left,
        "complete": run.complete,
        "failures": run.failure_count,
        "message_id": " ".join(filter(None, (run.message_id, *run.further_message_ids))),
        "delivered": run.delivered,
        "settings": settings_of(run),
        "stopped": run.stopped,
        "version": run.version,
    }


def settings_of(run: RunSummary) -> str:
    """Write what a run ran with, each with its version; of exemptions the version only."""
    return "; ".join(
        f"{name} v{parameter.version}"
        if name.startswith("exemption")
        else f"{name}={parameter.value} v{parameter.version}"
        for name, parameter in sorted(run.settings.items())
    )
