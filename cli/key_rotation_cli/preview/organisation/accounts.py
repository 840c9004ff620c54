"""Which accounts of the organization a preview reads."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from key_rotation.adapters.organizations import read_organization
from key_rotation.domain.organisation.accounts import ACTIVE, Account
from key_rotation.errors import KeyRotationError
from key_rotation.reporting.formatting import pluralize
from key_rotation_cli.aws_errors import AWS_ERRORS, describe, describe_cause
from key_rotation_cli.errors import BadUsageError, CliError
from key_rotation_cli.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The accounts of an organization, as far as a preview is about them.

    accounts: those that are read
    not_active: those that are suspended, or about to be closed
    outside: how many are not in the targets
    """

    organization_id: str
    accounts: tuple[Account, ...]
    not_active: tuple[Account, ...]
    outside: int


def choose_accounts(session: Session, targets: Collection[str]) -> Chosen:
    """List the accounts of the caller's organization, to the last page.

    targets: the ids of a root or of organizational units; empty for all accounts

    Raises CliError if they cannot be listed, and BadUsageError for a target without accounts.
    """
    try:
        found = session.organizations.describe_organization()["Organization"]
        listed = read_organization(session.organizations, found["Id"], session.account_id)
    except AWS_ERRORS as cause:
        raise _not_listed(describe(cause)) from cause
    except KeyRotationError as cause:
        raise _not_listed(describe_cause(cause)) from cause
    inside = [each for each in listed.accounts if not targets or set(each.ous) & set(targets)]
    _require_known(targets, listed.accounts)
    return Chosen(
        organization_id=found["Id"],
        accounts=tuple(each for each in inside if each.state == ACTIVE),
        not_active=tuple(each for each in inside if each.state != ACTIVE),
        outside=len(listed.accounts) - len(inside),
    )


def _not_listed(why: str) -> CliError:
    who = "the management account or a delegated administrator may list them"
    return CliError(f"The accounts of the organization cannot be listed: {who}. {why}")


def _require_known(targets: Collection[str], accounts: Collection[Account]) -> None:
    """Raise BadUsageError for a target that contains no account: it may be misspelt."""
    known = sorted({ou for account in accounts for ou in account.ous})
    for target in sorted(set(targets) - set(known)):
        near = get_close_matches(target, known, n=1)
        similar = f"; {near[0]} is similar" if near else ""
        count = pluralize(len(accounts), "account")
        raise BadUsageError(f"--targets has {target}, which contains none of {count}{similar}.")
