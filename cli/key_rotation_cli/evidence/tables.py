"""The tables of evidence. Pure."""

from collections.abc import Iterator

from key_rotation.reporting.outcome import Section
from key_rotation_cli.csv_file import Row, Table
from key_rotation_cli.evidence.exemptions import exemption_rows
from key_rotation_cli.evidence.facts import Facts
from key_rotation_cli.evidence.runs import run_rows

RUNS = (
    *("date", "status", "started", "run_id", "event_id", "part", "mode", "scan", "users", "keys"),
    *("users_left", "complete", "failures", *(str(s) for s in Section if s is not Section.FAILED)),
    *("message_id", "delivered", "settings", "stopped", "version"),
)
POPULATIONS = (
    *("date", "started", "run_id", "user_id", "user", "access_key_id", "status", "created"),
    *("age_days", "last_used"),
)
CHANGES = (
    *("date", "at", "user", "access_key_id", "action", "reason", "due", "age_days"),
    *("max_age_days", "last_used", "note", "run_id"),
)
EXEMPTIONS = (
    *("pattern", "until", "reason", "first_run", "last_run", "in_force_at_last_run", "source"),
    *("changed_at", "changed_by"),
)
FAILURES = ("date", "started", "run_id", "user", "access_key_id", "text")


def tables_of(facts: Facts) -> tuple[Table, ...]:
    """Return the tables, each as one file."""
    return (
        Table(name="runs.csv", columns=RUNS, rows=list(run_rows(facts))),
        Table(name="populations.csv", columns=POPULATIONS, rows=list(_population_rows(facts))),
        Table(name="changes.csv", columns=CHANGES, rows=list(_change_rows(facts))),
        Table(name="exemptions.csv", columns=EXEMPTIONS, rows=exemption_rows(facts)),
        Table(name="failures.csv", columns=FAILURES, rows=list(_failure_rows(facts))),
    )


def _population_rows(facts: Facts) -> Iterator[Row]:
    """Return each key of each population; `last_used` is empty where it was not read."""
    day = facts.period.day
    for population in facts.populations:
        today = day(population.started)
        started = population.started.isoformat()
        for key in population.keys:
            used = key.last_used.isoformat() if key.last_used else "never"
            yield {
                "date": today,
                "started": started,
                "run_id": population.run_id,
                "user_id": key.user_id,
                "user": key.user,
                "access_key_id": key.access_key_id,
                "status": key.status,
                "created": key.created.isoformat(),
                "age_days": (today - day(key.created)).days,
                "last_used": used if key.last_use_read else None,
            }


def _change_rows(facts: Facts) -> Iterator[Row]:
    for event in facts.changes:
        used = event.last_use
        last_used = (used.at.isoformat() if used.at else "never") if used else None
        yield {
            "date": facts.period.day(event.at),
            "at": event.at,
            "user": event.user,
            "access_key_id": event.access_key_id,
            "action": event.action,
            "reason": event.reason,
            "due": event.due,
            "age_days": event.age_days,
            "max_age_days": event.max_age_days,
            "last_used": last_used,
            "note": event.note,
            "run_id": event.run_id,
        }


def _failure_rows(facts: Facts) -> Iterator[Row]:
    for run in facts.runs:
        place = {
            "date": facts.period.day(run.started),
            "started": run.started,
            "run_id": run.run_id,
        }
        for failure in run.failures:
            names = {"user": failure.user, "access_key_id": failure.access_key_id}
            yield {**place, **names, "text": failure.text}
        left = run.failure_count - len(run.failures)
        if left:
            yield {**place, "text": f"{left} more failures, which the ledger does not name"}
