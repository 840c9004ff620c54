"""The figures of one run, under the names that its metrics have in CloudWatch."""

from key_rotation.domain.model import Status
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.report import Report

COUNTED = {
    "KeysNoticed": Section.NOTICED,
    "KeysDeactivated": Section.DEACTIVATED,
    "KeysDeleted": Section.DELETED,
    "KeysHeld": Section.HELD,
    "KeysExempt": Section.EXEMPT,
    "KeysDeferred": Section.DEFERRED,
    "KeysFailed": Section.FAILED,
}


def run_metrics(report: Report) -> dict[str, int]:
    """Count what a run saw and did; what only would have happened counts as nothing.

    The figures of the whole account are left out where a run went on in parts. `RunCompleted` is 1
    only for a run that looked at every user, and did not leave undone what the settings ask for: a
    person's report run is no proof that rotation is enforced.
    """
    counts = {
        name: sum(not outcome.dry_run for outcome in report.in_section(section))
        for name, section in COUNTED.items()
    }
    if report.continuation:
        return counts
    as_set = report.complete and report.mode is report.settings.mode
    completed = {"RunCompleted": int(as_set)}
    return counts | completed | ({} if report.part else _account(report))


def _account(report: Report) -> dict[str, int]:
    now, inventory = report.now, report.inventory
    created = [key.created for key in inventory.keys if key.status is Status.ACTIVE]
    created += [slot.rotated for slot in inventory.reported_keys if slot.active and slot.rotated]
    ages = [now.today - now.day(instant) for instant in created]
    return {
        "ActiveKeys": len(ages),
        "StaleKeys": sum(age >= report.settings.max_age for age in ages),
        "KeysInGrace": report.plan.in_grace,
        "OldestActiveKeyAge": max((age.days for age in ages), default=0),
    }
