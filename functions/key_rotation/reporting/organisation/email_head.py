"""The head of an organization's e-mail: how many accounts, what is suspended, and the counts."""

from collections.abc import Iterator, Mapping

from key_rotation.domain.model import Mode
from key_rotation.reporting.email_head import coming_days, summary
from key_rotation.reporting.formatting import (
    format_date,
    pluralize,
    sanitize_line,
    wrap,
)
from key_rotation.reporting.headings import count_text
from key_rotation.reporting.organisation.head_notes import notes
from key_rotation.reporting.organisation.page import Page
from key_rotation.reporting.organisation.report import OrganisationReport
from key_rotation.reporting.outcome import Outcome, Section


def head(report: OrganisationReport, page: Page) -> str:
    """Write the head of one message."""
    now = report.now
    at = now.instant.astimezone(now.zone)
    lines = [
        f"Key rotation in organization {sanitize_line(report.organization_id)}",
        f"{format_date(now.today)}, {at:%H:%M %Z}.",
        *wrap("", f"{_size(report)}."),
    ]
    if page.label:
        lines += wrap("", f"E-mail {page.label}; the counts below are of all {page.total}.")
    lines.append("")
    for note in notes(report):
        lines += [*note, ""]
    missing = len(report.failing)
    unseen = f"{pluralize(missing, 'account')} not looked at" if missing else ""
    lines += summary(_counted(report, page.unnamed_notices), unseen)
    for title, text in (
        ("Limit", _limit(report)),
        ("Backlog", _backlog(report)),
        ("Delay", _delay(report)),
        ("Next due", _next_due(report)),
    ):
        lines += wrap(f"  {title:<9}", text) if text else []
    return "\n".join([*lines, *_no_room(page)]).rstrip("\n")


def _counted(report: OrganisationReport, unnamed_notices: int) -> Iterator[Outcome]:
    """Return the outcomes without as many notices as are not given."""
    for _, outcome in report.outcomes():
        if unnamed_notices and outcome.section is Section.NOTICED and not outcome.dry_run:
            unnamed_notices -= 1
        else:
            yield outcome


def _size(report: OrganisationReport) -> str:
    named = " that a person named" if report.run.account_ids else ""
    looked_at = f"{report.looked_at:,} of {pluralize(report.expected, 'account')}{named} looked at"
    if not report.accounts:
        return looked_at
    users = pluralize(sum(a.report.user_count for a in report.accounts), "user")
    keys = pluralize(sum(a.report.key_count for a in report.accounts), "key")
    return f"{looked_at}; {users}, {keys}"


def _limit(report: OrganisationReport) -> str:
    """Say how many changes wait because of the organization's limit."""
    if report.paused or not report.over_limit:
        return ""
    run, over = report.run, report.over_limit
    return (
        f"{run.due_changes:,} changes were due, and organisation/max-changes-per-run is "
        f"{run.change_limit:,}: {over:,} {'waits' if over == 1 else 'wait'} for later runs, "
        "the newest keys longest"
    )


def _backlog(report: OrganisationReport) -> str:
    """Say until when announced days reach, where they are too many for one day."""
    backlogs = [backlog for account in report.accounts if (backlog := account.report.backlog)]
    if not backlogs:
        return ""
    last = max(backlog.last_day for backlog in backlogs)
    return (
        f"{pluralize(len(backlogs), 'account')} with more announced days than one run may change: "
        f"the last day is {format_date(last)}"
    )


def _delay(report: OrganisationReport) -> str:
    if report.paused or not report.in_section(Section.DEFERRED):
        return ""
    return "deferred keys come first, so a change can be later than announced"


def _next_due(report: OrganisationReport) -> str:
    """Write the next thing that happens to a key, in enforce mode if that is to come."""
    running = [account for account in report.accounts if not account.report.settings.paused]
    for mode, note in ((Mode.ENFORCE, ""), (Mode.REPORT, ", in enforce mode")):
        accounts = [account for account in running if account.report.mode is mode]
        outcomes = [(a.report, outcome) for a in accounts for outcome in a.report.outcomes]
        if deferred := sum(o.section is Section.DEFERRED for _, o in outcomes):
            return f"the next run: {deferred:,} deferred{note}"
        if days := [day for of, outcome in outcomes for day in coming_days(outcome, of)]:
            return f"{format_date(min(days))}{note}"
    return ""


def _no_room(page: Page) -> Iterator[str]:
    """Say what no message of this digest names."""
    if page.left_for_tomorrow:
        given = " A notice is not given before." if page.unnamed_notices else ""
        left = f"{_counts(page.left_for_tomorrow)} left for the next digest."
        yield from wrap("  No room  ", f"{left}{given}")
    others = [_counts(page.not_listed)] if page.not_listed else []
    if page.accounts_not_listed:
        others.append(f"{pluralize(page.accounts_not_listed, 'account')} not looked at")
    if others:
        yield from wrap("  Unlisted ", f"{', '.join(others)}: counted above, and not named below")


def _counts(numbers: Mapping[Section, int]) -> str:
    return ", ".join(count_text(section, n) for section in Section if (n := numbers.get(section)))
