"""An organization's digest as a person reads it: plain text, readable on a phone."""

from key_rotation import __version__
from key_rotation.reporting.email_owners import owners_not_reached
from key_rotation.reporting.formatting import pluralize, wrap
from key_rotation.reporting.organisation.account_blocks import (
    first_blocks,
    last_blocks,
    not_in_the_run,
    not_looked_at_block,
)
from key_rotation.reporting.organisation.email_head import head
from key_rotation.reporting.organisation.key_lists import key_sections
from key_rotation.reporting.organisation.page import Page
from key_rotation.reporting.organisation.report import OrganisationReport
from key_rotation.reporting.organisation.settings_blocks import settings_blocks


def render(report: OrganisationReport, page: Page) -> str:
    """Write one message of a digest; what is no key's is in the first one."""
    parts = [head(report, page), *not_looked_at_block(page.not_looked_at)]
    if page.number == 1:
        parts += owners_not_reached(report.owners) if report.owners else ()
        parts += first_blocks(report, page)
    parts += key_sections(page.keys)
    if page.number == 1:
        parts += [*last_blocks(report, page), *settings_blocks(report, page.names)]
    parts.append(_foot(report))
    return "\n\n".join(part for part in parts if part) + "\n"


def _foot(report: OrganisationReport) -> str:
    lines: list[str] = []
    if report.accounts:
        users = sum(account.report.facts.users_read for account in report.accounts)
        read = f"The keys of {pluralize(users, 'user')} were read."
        lines += wrap("", f"{read} Keys of which nothing is new are only counted.")
    if others := not_in_the_run(report):
        lines += wrap("", others)
    lines += wrap("", f"Run {report.run.run_id}, key-rotation {__version__}.")
    return "\n".join(lines)
