"""Reads where all accounts of an organization stand."""

from dataclasses import dataclass

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_items import OWN_ACCOUNT, Partitions
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.errors import KeyRotationError
from key_rotation_cli import console
from key_rotation_cli.aws_errors import describe_cause
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.hub.accounts import HubAccounts, read_accounts
from key_rotation_cli.status.organisation.account_standing import (
    AccountStanding,
    account_standing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationStanding:
    """All accounts.

    run: the run under way, or the last one; None before the first
    accounts: not looked at first
    """

    organization_id: str
    run: OrganisationRun | None
    hub: HubAccounts
    accounts: tuple[AccountStanding, ...]


def read_standing(deployment: Deployment) -> OrganisationStanding:
    """Read the register and the watches of each account, and nothing of IAM; raises CliError."""
    hub = read_accounts(deployment)
    now, table, own = deployment.now, deployment.table, deployment.session.account_id
    with console.progress("Reading the accounts") as bar:
        [task] = bar.task_ids
        bar.update(task, total=len(hub.rows))

        def read(row: RegisteredAccount) -> AccountStanding:
            account_id = row.account.account_id
            partitions = OWN_ACCOUNT if account_id == own else Partitions(account_id)
            found = account_standing(row, Ledger(table, "", partitions).read_watches(), now)
            bar.advance(task)
            return found

        try:
            accounts = in_parallel(read, hub.rows.values())
            run = OrganisationRuns(table).read()
        except KeyRotationError as cause:
            raise CliError(describe_cause(cause)) from cause
    return OrganisationStanding(
        organization_id=deployment.variables.get("ORGANIZATION_ID", ""),
        run=run,
        hub=hub,
        accounts=tuple(sorted(accounts, key=lambda each: each.rank)),
    )
