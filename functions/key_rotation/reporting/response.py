"""What an invocation returns, and the JSON of one key that the digest shares with it."""

from datetime import date, datetime
from typing import Any

from key_rotation.domain.model import Now, Reason
from key_rotation.domain.step import Step
from key_rotation.reporting.formatting import age_days, sanitize_line
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import FinishedPart

Document = dict[str, Any]


def response(finished: FinishedPart) -> Document:
    """Return the run's summary, as its invocation answers it."""
    report = finished.report
    lists = {
        str(section): [key_entry(outcome, report.now) for outcome in report.in_section(section)]
        for section in listed_sections(owners=bool(report.settings.owner_tags))
    }
    return {
        "run_id": report.run_id,
        "mode": str(report.mode),
        "part": report.facts.number + 1,
        "users_left": report.users_left,
        "users": report.user_count,
        "keys": report.key_count,
        **lists,
        "not_ours": [
            _not_ours(step, report.now)
            for step in finished.part.plan.steps
            if step.decision.reason is Reason.NOT_OURS
        ],
        "unmatched_exemptions": [str(entry) for entry in report.unmatched],
    }


def listed_sections(*, owners: bool) -> list[Section]:
    """Return the lists of an answer; keys wait for an owner only where owners get mail."""
    return [section for section in Section if owners or section is not Section.WAITING]


def skipped_response(run_id: str, other_run_id: str | None) -> Document:
    """Return the answer of a run that did nothing, because another run was in progress.

    other_run_id: None for a run that has begun since this part was invoked
    """
    lists: Document = {str(section): [] for section in listed_sections(owners=False)}
    nothing: Document = {"mode": None, "part": None, "users_left": 0, "users": 0, "keys": 0}
    lists |= {"not_ours": [], "unmatched_exemptions": []}
    return {"run_id": run_id, **nothing, **lists, "left_to": other_run_id}


def key_entry(outcome: Outcome, now: Now) -> Document:
    """Return what programs read of one key."""
    return {
        "user": outcome.user_name,
        "access_key_id": outcome.access_key_id,
        "age_days": age_days(outcome, now),
        "last_used": iso_time(outcome.last_use.at if outcome.last_use else None),
        "reason": sanitize_line(outcome.explanation, 400),
        "due": iso_time(outcome.due),
    }


def _not_ours(step: Step, now: Now) -> Document:
    """Return an inactive key that this tool did not deactivate: no digest reports it."""
    last_use = step.observed.last_use if step.observed else None
    return {
        "user": step.user.name,
        "access_key_id": step.access_key_id,
        "age_days": (now.today - now.day(step.created)).days,
        "last_used": iso_time(last_use.at if last_use else None),
        "reason": str(step.decision.reason),
        "due": None,
    }


def iso_time(moment: date | datetime | None) -> str | None:
    """Return a day or an instant in ISO 8601; None for none."""
    return moment.isoformat() if moment else None
