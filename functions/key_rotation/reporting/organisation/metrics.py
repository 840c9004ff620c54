"""The metrics of an organization's run, by their names in CloudWatch: no account is a dimension."""

from datetime import datetime

from key_rotation.reporting.metrics import COUNTED
from key_rotation.reporting.organisation.report import OrganisationReport

GREATEST = "OldestActiveKeyAge"
"""The one metric that is not summed."""
WHOLE = frozenset({"ActiveKeys", "StaleKeys", "KeysInGrace", GREATEST})
"""The metrics that would mislead if they were of some accounts only."""


def metrics(report: OrganisationReport) -> dict[str, int]:
    """Return what the run read and did in all accounts together.

    The metrics of the whole organization are left out of a run over accounts that a person named.
    `RunCompleted` is 1 for a run over all accounts that came to its end in the mode that is set.
    """
    names = {name for account in report.accounts for name in account.metrics}
    figures = dict.fromkeys(COUNTED, 0)
    for name in sorted(names):
        values = [account.metrics.get(name, 0) for account in report.accounts]
        figures[name] = max(values) if name == GREATEST else sum(values)
    run = report.run
    completed = not (run.account_ids or run.report_only or report.broken_off)
    figures |= {
        "AccountsLookedAt": report.looked_at,
        "AccountsNotLookedAt": len(report.failing),
        "RunCompleted": int(completed),
    }
    if report.owners:
        figures["OwnersUnreachable"] = report.owners.known_unreachable
    if run.account_ids:
        return {name: figure for name, figure in figures.items() if name not in WHOLE}
    return figures | {"OldestLookDays": _oldest_look_days(report)}


def _oldest_look_days(report: OrganisationReport) -> int:
    """Return for how many days an account was not looked at with all its users, at most."""
    now = report.now
    unseen = [account.registered for account in report.not_looked_at]
    unseen += [account.registered for account in report.partly_looked_at]

    def last_look(looked_at: datetime | None, first_seen: datetime) -> int:
        return (now.today - now.day(looked_at or first_seen)).days

    return max((last_look(a.last_looked_at, a.first_seen) for a in unseen), default=0)
