"""What an organization's e-mail says of accounts, apart from their keys."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from key_rotation.domain.organisation.accounts import Coverage, RegisteredAccount
from key_rotation.reporting.email_body import MAX_DETAILED
from key_rotation.reporting.formatting import format_date, pluralize, sanitize_line, wrap_foreign
from key_rotation.reporting.headings import underlined
from key_rotation.reporting.key_entries import Place
from key_rotation.reporting.organisation.page import Page
from key_rotation.reporting.organisation.report import NotLookedAt, OrganisationReport

NOT_LOOKED_AT = "NOT LOOKED AT: these accounts gave no result"
NOT_LOOKED_AT_ADVICE = (
    "Keys there are not rotated until a run looks at the account. What to\n"
    "do: docs/runbook.md. What lasts is reported again every week."
)
NEW = "NEW: the member role is not there yet"
NEW_ADVICE = (
    "Nothing to do now. An account that has no role 24 hours after it was\n"
    "first seen counts as not looked at."
)
PARTLY = "PARTLY LOOKED AT: not all users"
PARTLY_ADVICE = "The keys of the other users were not looked at."
JOINED = "JOINED: new in the organization"
LEFT = "LEFT: no longer in the organization"
LEFT_ADVICE = "Nothing is done there any more. Notices and grace windows rest."
LEFT_OUT = "LEFT OUT: by organisation/leave-out"
LEFT_OUT_ADVICE = "Nothing is done there. Notices and grace windows rest."
NOT_COVERED = "NOT COVERED: the management account"
NOT_COVERED_ADVICE = (
    "A StackSet does not reach it. If its keys are to be rotated, deploy\n"
    "KeyRotationMember there: README.md. This is reported once."
)


def not_looked_at_block(accounts: Sequence[NotLookedAt]) -> Iterator[str]:
    """Write the accounts that were not looked at, each with its reason; in full up to 30."""
    if not accounts:
        return
    yield underlined(f"{NOT_LOOKED_AT} ({len(accounts):,})")
    yield textwrap.indent(NOT_LOOKED_AT_ADVICE, "  ")
    if len(accounts) > MAX_DETAILED:
        yield "\n".join(_by_reason(accounts))
        return
    for account in accounts:
        since = f"since {format_date(account.since)}"
        where = account.registered.account.ous
        lines = [*_name(account.registered)]
        lines += [f"    in {sanitize_line(where[-1])}"] if where else []
        reason = sanitize_line(account.reason, 400)
        yield "\n".join([*lines, f"    {since}:", *wrap_foreign("    ", reason)])


def _by_reason(accounts: Iterable[NotLookedAt]) -> Iterator[str]:
    """Write one or two lines an account, below the reason and the first day of several."""
    groups: dict[str, list[NotLookedAt]] = {}
    for account in accounts:
        own_id = account.registered.account.account_id
        reason = sanitize_line(account.reason.replace(own_id, "ACCOUNT"), 400)
        groups.setdefault(f"since {format_date(account.since)}: {reason}", []).append(account)
    for title, members in groups.items():
        yield from wrap_foreign("  ", title)
        for account in members:
            yield from _name(account.registered, "    ")
            if account.registered.account.ous:
                yield f"      {sanitize_line(account.registered.account.ous[-1])}"


def first_blocks(report: OrganisationReport, page: Page) -> Iterator[str]:
    """Write the accounts that need no person yet: new ones, and those looked at in part."""
    new = [account.registered for account in report.not_looked_at if account.new_without_role]
    yield from _block(NEW, new, page.names, NEW_ADVICE)
    partly = [account.registered for account in report.partly_looked_at]
    yield from _block(PARTLY, partly, page.names, PARTLY_ADVICE)


def last_blocks(report: OrganisationReport, page: Page) -> Iterator[str]:
    """Write the accounts that joined or left, or that this tool does not look at."""
    yield from _block(JOINED, report.joined, page.names)
    yield from _block(LEFT, report.left, page.names, LEFT_ADVICE)
    newly = [a for a in report.left_out if a.account.account_id in report.newly_left_out]
    yield from _block(LEFT_OUT, newly, page.names, LEFT_OUT_ADVICE)
    yield from _block(NOT_COVERED, report.not_covered, page.names, NOT_COVERED_ADVICE)


def not_in_the_run(report: OrganisationReport) -> str:
    """Count the accounts at which no run looks."""
    counts = {
        "left out": len(report.left_out),
        "not active": report.not_active,
        "outside the targets": report.outside_targets,
    }
    named = [f"{count:,} {what}" for what, count in counts.items() if count]
    return f"Other accounts: {', '.join(named)}." if named else ""


def _block(
    title: str, accounts: Sequence[RegisteredAccount], most: int, advice: str = ""
) -> Iterator[str]:
    """Write a heading and the first accounts; nothing where there is none."""
    if not accounts:
        return
    yield underlined(f"{title} ({len(accounts):,})")
    if advice:
        yield textwrap.indent(advice, "  ")
    lines = [line for account in accounts[:most] for line in _entry(account)]
    more = len(accounts) - most
    yield "\n".join([*lines, *([f"  and {more:,} more"] if more > 0 else [])])


def _entry(account: RegisteredAccount) -> Iterator[str]:
    yield from _name(account)
    match account.coverage:
        case Coverage.LEFT_OUT:
            until = account.left_out_until
            end = f"until {format_date(until)}" if until else "no end date"
            reason = sanitize_line(account.left_out_reason or "")
            yield from wrap_foreign("    ", f"{end}: {reason}" if reason else end)
        case Coverage.LEFT:
            verb = "was" if account.open_watches == 1 else "were"
            yield f"    {pluralize(account.open_watches, 'key')} {verb} watched"
        case Coverage.NOT_ACTIVE | Coverage.OUTSIDE_TARGETS:
            yield f"    {account.coverage}: not looked at"
        case Coverage.COVERED:
            return


def _name(account: RegisteredAccount, indent: str = "  ") -> list[str]:
    listed = account.account
    return wrap_foreign(indent, Place(account_id=listed.account_id, name=listed.name).text)
