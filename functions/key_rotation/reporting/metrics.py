"""The metrics of one run, by their names in CloudWatch."""

from key_rotation.domain.model import Status
from key_rotation.domain.reported_days import WEEK
from key_rotation.domain.run_part import RunPart
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.report import FinishedPart

COUNTED = {
    "KeysNoticed": Section.NOTICED,
    "KeysDeactivated": Section.DEACTIVATED,
    "KeysDeleted": Section.DELETED,
    "KeysHeld": Section.HELD,
    "KeysExempt": Section.EXEMPT,
    "KeysDeferred": Section.DEFERRED,
    "KeysFailed": Section.FAILED,
}


def run_metrics(finished: FinishedPart) -> dict[str, int]:
    """Count what a run read and did; what only would have happened is not counted.

    The metrics of the whole account are left out of a run that is split into parts. `RunCompleted`
    is 1 for a run that came to its end in the mode that is set: a report run that a person started
    does not show that rotation is enforced. What could not be read or changed is in `KeysFailed`.
    """
    counts = {
        name: sum(not outcome.dry_run for outcome in finished.report.in_section(section))
        for name, section in COUNTED.items()
    }
    part = finished.part
    if part.continuation:
        return counts
    completed = part.mode is part.settings.mode
    owners = _owner_metrics(finished) if finished.report.contacts.policy else {}
    account = {} if part.number else _account_metrics(part)
    return counts | {"RunCompleted": int(completed)} | account | owners


def _owner_metrics(finished: FinishedPart) -> dict[str, int]:
    """Count the addresses that accept no mail, and the keys that wait for an owner for a week."""
    part, today = finished.part, finished.part.now.today
    waiting = (step.decision.waiting_since for step in part.plan.steps)
    return {
        "OwnersUnreachable": finished.report.contacts.news.known_unreachable,
        "WaitingForOwner": sum(bool(since) and today - since >= WEEK for since in waiting if since),
    }


def _account_metrics(part: RunPart) -> dict[str, int]:
    """Count the active keys; those that are exempt count neither as stale nor as the oldest."""
    now, inventory, exempt = part.now, part.inventory, part.exempt_key_ids
    active = [key for key in inventory.keys if key.status is Status.ACTIVE]
    reported = [key for key in inventory.reported_keys if key.active and key.rotated]
    created = [key.created for key in active if key.access_key_id not in exempt]
    created += [key.rotated for key in reported if key.rotated and not key.exempt]
    ages = [now.today - now.day(instant) for instant in created]
    return {
        "ActiveKeys": len(active) + len(reported),
        "StaleKeys": sum(age >= part.settings.max_age for age in ages),
        "KeysInGrace": part.plan.in_grace,
        "OldestActiveKeyAge": max((age.days for age in ages), default=0),
    }
