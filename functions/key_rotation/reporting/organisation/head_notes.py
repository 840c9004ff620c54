"""The notes of the e-mail's head: where keys are not changed, and whether the run broke off."""

from collections.abc import Iterable, Iterator

from key_rotation.domain.model import Mode
from key_rotation.domain.suspension import Suspension
from key_rotation.reporting.email_head import RESTORED
from key_rotation.reporting.formatting import (
    format_date,
    pluralize,
    sanitize_line,
    wrap,
    wrap_foreign,
)
from key_rotation.reporting.organisation.report import AccountReport, OrganisationReport
from key_rotation.reporting.outcome import Section

MAX_IDS = 4
"""Ids that stand in one sentence; the other accounts are counted."""


def notes(report: OrganisationReport) -> Iterator[list[str]]:
    """Write the lines of each paragraph."""
    if report.broken_off:
        yield _broken_off(report.broken_off)
    for text in (*_restored(report), *_suspensions(report), *_mode(report)):
        yield wrap("", text, "  ")


def _broken_off(why: str) -> list[str]:
    return [
        *wrap_foreign("", f"BROKE OFF: the run ended early: {sanitize_line(why, 400)}"),
        *wrap("  ", "The next run reports what it did in accounts that gave no answer."),
    ]


def _restored(report: OrganisationReport) -> Iterator[str]:
    if any(account.report.facts.restored for account in report.accounts):
        yield RESTORED


def _suspensions(report: OrganisationReport) -> Iterator[str]:
    """Say in one paragraph each why keys are not changed, and in which accounts."""
    if report.paused:
        waiting = len(report.in_section(Section.DEFERRED))
        wait = "1 key waits" if waiting == 1 else f"{waiting:,} keys wait"
        yield (
            "PAUSED: organisation/max-changes-per-run is 0, so no key is changed in any account, "
            f"and all announced days are suspended. {wait}; on release they are deactivated or "
            "deleted at once, up to the new limits in each run."
        )
    elif paused := [a for a in report.accounts if Suspension.PAUSED in a.report.suspended_since]:
        yield (
            f"PAUSED in {_which(paused)}{_since(paused, Suspension.PAUSED)}: max-changes-per-run "
            "is 0 there, and all announced days are suspended."
        )
    if exempt := [a for a in report.accounts if Suspension.ALL_EXEMPT in a.report.suspended_since]:
        since = _since(exempt, Suspension.ALL_EXEMPT)
        yield f"ALL EXEMPT in {_which(exempt)}{since}: every key there is exempt."


def _mode(report: OrganisationReport) -> Iterator[str]:
    """Say where keys are not enforced; nothing where they are everywhere, as it is set."""
    unenforced = [a for a in report.accounts if a.report.mode is Mode.REPORT]
    enforced, total = len(report.accounts) - len(unenforced), len(report.accounts)
    if report.all_report_mode:
        asked = " because a person asked for it" if report.run.report_only else ""
        since = _since(unenforced, Suspension.REPORT_MODE)
        yield f"REPORT MODE{since}: this run changed nothing{asked}. Enforce mode would do this:"
    elif unenforced:
        yield (
            f"MODE: enforced in {enforced:,} of {pluralize(total, 'account')}; in the others, "
            "report mode changes nothing."
        )
    elif report.mode is Mode.REPORT:
        yield f"MODE: enforced in {pluralize(total, 'account')}, though report mode is set for all."


def _which(accounts: Iterable[AccountReport]) -> str:
    ids = [account.account_id for account in accounts]
    more = f" and {len(ids) - MAX_IDS:,} more" if len(ids) > MAX_IDS else ""
    return f"{pluralize(len(ids), 'account')} ({', '.join(ids[:MAX_IDS])}{more})"


def _since(accounts: Iterable[AccountReport], kind: Suspension) -> str:
    """Write the first day of a suspension; nothing where no run has seen it begin."""
    days = [day for a in accounts if (day := a.report.suspended_since.get(kind))]
    return f" since {format_date(min(days))}" if days else ""
