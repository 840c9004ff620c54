"""What an execution of an organization answers."""

import json

from key_rotation.reporting.formatting import sanitize_line
from key_rotation.reporting.organisation.page import failing_first
from key_rotation.reporting.organisation.report import NotLookedAt, OrganisationReport
from key_rotation.reporting.response import Document, listed_sections

MAX_BYTES = 200_000
"""What the lists of accounts may take. The output of a state takes 256 KiB (Step Functions
Developer Guide, "Service quotas"), and Lambda writes a space behind each comma and colon."""
MAX_REASON = 200


def answer(report: OrganisationReport, messages: int) -> Document:
    """Return the answer of an execution.

    messages: how many messages its digest had

    `not_looked_at_more` is there only where the accounts are too many for an answer: how many are
    not in the list. New accounts that have no role yet come last.
    """
    left = [account.account.account_id for account in report.left]
    owners = any(account.report.settings.owner_tags for account in report.accounts)
    sections = listed_sections(owners=owners)
    new = [account for account in report.not_looked_at if account.new_without_role]
    accounts = [_account(account) for account in (*failing_first(report), *new)]
    fitting = _as_many_as_fit(accounts, MAX_BYTES - len(json.dumps(left)))
    more = len(accounts) - len(fitting)
    return {
        "run_id": report.run.run_id,
        "mode": str(report.mode),
        "accounts": report.expected,
        "looked_at": report.looked_at,
        "left_out": len(report.left_out),
        "messages": messages,
        **{str(section): len(report.in_section(section)) for section in sections},
        "not_looked_at": fitting,
        "left": left,
        **({"not_looked_at_more": more} if more else {}),
    }


def _account(account: NotLookedAt) -> Document:
    listed = account.registered.account
    return {
        "account_id": listed.account_id,
        "name": listed.name,
        "reason": sanitize_line(account.reason, MAX_REASON),
    }


def _as_many_as_fit(accounts: list[Document], limit: int) -> list[Document]:
    size = 0
    for count, account in enumerate(accounts):
        size += len(json.dumps(account)) + 2
        if size > limit:
            return accounts[:count]
    return accounts
