"""The accounts of an organization, as the register has them and as the next run finds them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from key_rotation.adapters.parameter_store import read_below
from key_rotation.adapters.register import Register, RegisteredAccounts
from key_rotation.domain.model import Mode, Now
from key_rotation.domain.organisation.accounts import Coverage, RegisteredAccount
from key_rotation.domain.organisation.coverage import RegisterTerms
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.domain.organisation.parameter_scopes import FoundParameters
from key_rotation.errors import KeyRotationError, SettingsUnreadableError
from key_rotation.organisation.parameters import sort_parameters
from key_rotation_cli.aws_errors import describe_cause
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError

AS_FOUND = "The parameters cannot be read, so those are shown that the last run found."
KEPT = frozenset({Coverage.LEFT, Coverage.OUTSIDE_TARGETS})
"""What only the next run can find otherwise, by a listing of the accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAccounts:
    """All accounts of the register.

    rows: by account id
    unreadable: why the other rows cannot be read, by account id
    change_limit: the organization's limit of changes; None where the parameters cannot be read
    problem: why the settings are those of the last run; empty if they are those of the next
    """

    rows: Mapping[str, RegisteredAccount]
    unreadable: Mapping[str, str]
    change_limit: int | None = None
    problem: str = ""

    def require(self, account_id: str) -> RegisteredAccount:
        """Return an account; raises CliError for one that is not known, with similar ones."""
        if account_id in self.unreadable:
            why = self.unreadable[account_id]
            raise CliError(f"The account {account_id} cannot be read in the register: {why}.")
        if account_id not in self.rows:
            near = get_close_matches(account_id, self.rows, n=3)
            similar = ", ".join(f"{each} ({self.rows[each].account.name})" for each in near)
            advice = f" Similar are: {similar}." if near else " key-rotation status --all has all."
            raise CliError(f"No run has found an account {account_id}.{advice}")
        return self.rows[account_id]


def read_accounts(deployment: Deployment) -> HubAccounts:
    """Read the register and all parameters.

    Raises CliError if the register cannot be read or has no account yet, and if the parameters of
    all accounts are not accepted.
    """
    try:
        found = Register(deployment.session.table(deployment.table_name)).read_all()
        if not (found.by_id or found.unreadable):
            raise CliError("No run has registered an account yet. Start one: key-rotation run")
        try:
            parameters = read_below(deployment.session.ssm, deployment.parameter_path)
        except SettingsUnreadableError as cause:
            problem = f"{AS_FOUND} {describe_cause(cause)}"
            return HubAccounts(rows=found.by_id, unreadable=found.unreadable, problem=problem)
        return _as_next_run(found, parameters, deployment.parameter_path, deployment.now)
    except KeyRotationError as cause:
        raise CliError(describe_cause(cause)) from cause


def _as_next_run(
    found: RegisteredAccounts, parameters: FoundParameters, path: str, now: Now
) -> HubAccounts:
    """Return the rows as a run would write them now, were the accounts listed as before.

    Raises InvalidSettingsError for parameters of all accounts that are not accepted.
    """
    rows = found.by_id
    accounts = [row.account for row in rows.values()]
    settings, overrides = sort_parameters(parameters, path, accounts)
    terms = RegisterTerms(
        now=now,
        run=_no_run(now),
        targets=frozenset(ou for account in accounts for ou in account.ous),
        management_id=_management_id(rows.values()),
        leave_out=settings.leave_out,
        overrides=overrides,
    )
    return HubAccounts(
        rows={account_id: _refreshed(row, terms) for account_id, row in rows.items()},
        unreadable=found.unreadable,
        change_limit=settings.change_limit,
    )


def _refreshed(row: RegisteredAccount, terms: RegisterTerms) -> RegisteredAccount:
    if row.coverage in KEPT:
        return row
    new = terms.register(row.account, row)
    return replace(
        new, run_id=row.run_id, event_id=row.event_id, changes_allowed=row.changes_allowed
    )


def _no_run(now: Now) -> OrganisationRun:
    return OrganisationRun(
        run_id="", execution_arn="", event_id="", started=now.instant, mode=Mode.REPORT
    )


def _management_id(rows: Iterable[RegisteredAccount]) -> str:
    return next((row.account.account_id for row in rows if row.is_management), "")
