"""The figures of one run, under the names that its metrics have in CloudWatch."""

from collections.abc import Mapping

from key_rotation.model import Status
from key_rotation.outcome import Section
from key_rotation.report import Report

COUNTED = {
    "KeysNoticed": Section.NOTICED,
    "KeysDeactivated": Section.DEACTIVATED,
    "KeysDeleted": Section.DELETED,
    "KeysHeld": Section.HELD,
    "KeysExempt": Section.EXEMPT,
    "KeysDeferred": Section.DEFERRED,
    "KeysFailed": Section.FAILED,
}


def measure(report: Report) -> Mapping[str, int]:
    """Count what a run saw and did; what only would have happened counts as nothing.

    `RunCompleted` is 1 only for a run that looked at every user, and did not leave undone what the
    settings ask for: a person's report run is no proof that rotation is enforced.
    """
    now = report.now
    ages = [now.today - now.day(k.created) for k in report.seen.keys if k.status is Status.ACTIVE]
    counts = {
        name: sum(not outcome.would for outcome in report.of(section))
        for name, section in COUNTED.items()
    }
    return {
        **counts,
        "ActiveKeys": len(ages),
        "StaleKeys": sum(age >= report.settings.max_age for age in ages),
        "KeysInGrace": report.in_grace,
        "OldestActiveKeyAge": max((age.days for age in ages), default=0),
        "RunCompleted": int(not report.seen.unread and report.mode is report.settings.mode),
    }
