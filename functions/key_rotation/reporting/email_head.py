"""The head of the e-mail: whose keys, what is suspended, what was done, and what comes next."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from key_rotation.domain.model import Mode, Reason
from key_rotation.domain.suspension import Suspension
from key_rotation.reporting.formatting import (
    format_date,
    pluralize,
    sanitize_line,
    wrap,
    wrap_foreign,
)
from key_rotation.reporting.headings import SUMMARY, count_text
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Backlog, Report

RESTORED = (
    "RESTORED: the ledger comes from a backup. Every notice and every grace window starts "
    "anew, so that no key is changed on a day that was announced before. Keys that were "
    "deactivated after the backup, and have no entry below, count as inactive, not ours."
)


def head(report: Report, page_label: str, pages: int) -> str:
    """Write the head of one message.

    page_label: `1 of 2`, or empty where there is one message only
    """
    now = report.now
    at = now.instant.astimezone(now.zone)
    alias, account = sanitize_line(report.account_alias), report.account_id
    lines = [
        *wrap_foreign("Key rotation in account ", f"{alias} ({account})" if alias else account),
        *wrap("", f"{format_date(now.today)}, {at:%H:%M %Z}. {_size(report)}."),
    ]
    if page_label:
        lines += wrap("", f"E-mail {page_label}; the counts below are of all {pages}.")
    lines.append("")
    for text in _suspensions(report):
        lines += [*wrap("", text, "  "), ""]
    lines += summary(report.outcomes)
    if backlog := report.backlog:
        lines += wrap(f"  {'Backlog':<9}", _backlog(backlog, report))
    if delay := _delay(report):
        lines += wrap(f"  {'Delay':<9}", delay)
    if next_due := _next_due(report):
        lines.append(f"  {'Next due':<9}{next_due}")
    return "\n".join(lines)


def _size(report: Report) -> str:
    users, keys = pluralize(report.user_count, "user"), pluralize(report.key_count, "key")
    if not report.is_part:
        return f"{users}, {keys}"
    read = pluralize(report.facts.users_read, "user")
    return f"{users} in all; this part of the run read {keys} of {read}"


def _suspensions(report: Report) -> Iterator[str]:
    """Say in one paragraph each why nothing is enforced and since when, or what starts anew."""
    if report.facts.restored:
        yield RESTORED
    since = {kind: f" since {format_date(day)}" for kind, day in report.suspended_since.items()}
    if Suspension.PAUSED in since:
        deferred = len(report.in_section(Section.DEFERRED))
        wait = "1 key waits" if deferred == 1 else f"{deferred:,} keys wait"
        of_part = " in this part of the run" if report.is_part else ""
        yield (
            f"PAUSED{since[Suspension.PAUSED]}: max-changes-per-run is 0, and all announced days "
            f"are suspended. {wait}{of_part}; on release they are deactivated or deleted at once, "
            "up to the new limit in each run."
        )
    if Suspension.ALL_EXEMPT in since:
        yield f"ALL EXEMPT{since[Suspension.ALL_EXEMPT]}: every key is exempt, so none is rotated."
    if report.mode is Mode.REPORT:
        began = since.get(Suspension.REPORT_MODE, "")
        yield f"REPORT MODE{began}: this run changed nothing. Enforce mode would do this:"


def summary(outcomes: Iterable[Outcome], more_to_check: str = "") -> Iterator[str]:
    """Count what was done and what is coming, apart from what enforce mode would do.

    more_to_check: what stands before the keys that a person must look at
    """
    outcomes = tuple(outcomes)
    done = Counter(o.section for o in outcomes if not o.dry_run)
    dry_run = Counter(o.section for o in outcomes if o.dry_run)
    for title, sections in SUMMARY.items():
        counts = [count_text(section, done[section]) for section in sections if done[section]]
        if more_to_check and Section.FAILED in sections:
            counts.insert(0, more_to_check)
        yield from wrap(f"  {title:<9}", ", ".join(counts)) if counts else ()
    would = [f"{dry_run[section]:,} {section}" for section in Section if dry_run[section]]
    yield from wrap(f"  {'Would be':<9}", ", ".join(would)) if would else ()


def _backlog(backlog: Backlog, report: Report) -> str:
    """Say how long it takes until each key that has a notice stops working."""
    keys, limit = pluralize(backlog.keys, "key"), report.settings.max_changes_per_run
    return (
        f"{keys} with an announced day, at most {limit:,} changes a run: "
        f"the last day is {format_date(backlog.last_day)}"
    )


def _delay(report: Report) -> str:
    """Say by how many runs announced days can be late, where keys are deferred."""
    deferred, limit = len(report.in_section(Section.DEFERRED)), report.settings.max_changes_per_run
    if not deferred or not limit:
        return ""
    runs = pluralize(-(-deferred // limit), "run")
    return f"deferred keys come first, so a change can be up to {runs} later than announced"


def _next_due(report: Report) -> str:
    """Write the next thing that happens to a key; empty if nothing is known to come."""
    if report.settings.paused:
        return ""
    mode = ", in enforce mode" if report.mode is Mode.REPORT else ""
    if deferred := len(report.in_section(Section.DEFERRED)):
        return f"the next run: {deferred:,} deferred{mode}"
    days = [day for outcome in report.outcomes for day in coming_days(outcome, report)]
    return f"{format_date(min(days))}{mode}" if days else ""


def coming_days(outcome: Outcome, report: Report) -> Iterator[date]:
    """Return the day of a coming deactivation or deletion, if there is one."""
    day, listed_only = outcome.due, outcome.section is Section.EXEMPT or outcome.happened_at
    if day is None or listed_only or day < report.now.today:
        return
    deactivation = outcome.section is Section.NOTICED or outcome.reason is Reason.NOTICE_RUNNING
    if outcome.section is Section.WAITING:
        return
    if deactivation or report.settings.delete_unused_keys:
        yield day
