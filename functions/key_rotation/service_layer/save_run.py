"""Saves a run at its end: the population, what the next run needs to know, and its summary.

The order matters. The state says that a full scan is done, so the population comes before it. The
summary is proof of what is recorded, so it comes last.
"""

from dataclasses import replace

from key_rotation import __version__
from key_rotation.adapters.lease import Lease
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_history import RunHistory
from key_rotation.domain.run_history import (
    MAX_FAILURES,
    RunFailure,
    RunSummary,
    population_of,
    recorded_settings,
)
from key_rotation.domain.run_part import next_state
from key_rotation.domain.run_state import RunState
from key_rotation.reporting.formatting import sanitize_line
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.report import FinishedPart


def save_run(finished: FinishedPart, ledger: Ledger, history: RunHistory, lease: Lease) -> RunState:
    """Save a run, of which everything that was done and reported is recorded.

    Returns what it left to the next run. Raises LedgerError and LeaseLostError.
    """
    lease.check()
    part, report = finished.part, finished.report
    summary = summary_of(finished)
    last_full_scan = report.previous.last_full_scan_in(report.mode)
    keys = population_of(part, last_full_scan)
    summary = replace(summary, population_items=history.write_population(summary, keys))
    state = next_state(report.previous, part, report.digest)
    ledger.write_run_state(state)
    history.write_run(summary)
    return state


def summary_of(finished: FinishedPart) -> RunSummary:
    """Return what the history keeps of a run that came to its end."""
    part, report = finished.part, finished.report
    counts = {str(section): len(report.in_section(section)) for section in Section}
    failed = report.in_section(Section.FAILED)
    return RunSummary(
        run_id=report.run_id,
        event_id=part.event_id,
        started=part.now.instant,
        version=__version__,
        part=part.number,
        mode=part.mode,
        scan=part.inventory.scan,
        users=report.user_count,
        keys=report.key_count,
        users_left=report.users_left,
        counts={section: count for section, count in counts.items() if count},
        complete=part.continuation is None,
        failures=tuple(
            RunFailure(
                user=outcome.user_name,
                access_key_id=outcome.access_key_id,
                text=sanitize_line(outcome.explanation, 240),
            )
            for outcome in failed[:MAX_FAILURES]
        ),
        failure_count=len(failed),
        settings=recorded_settings(part.settings),
        message_id=next(iter(report.message_ids), None),
        further_message_ids=report.message_ids[1:],
        delivered=report.delivered,
    )
