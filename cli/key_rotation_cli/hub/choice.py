"""Which account of an organization a command is about, and with which access to its IAM."""

from dataclasses import dataclass, replace

from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import BadUsageError, CliError
from key_rotation_cli.hub.accounts import HubAccounts, read_accounts
from key_rotation_cli.hub.in_account import InAccount, not_looked_at, title_of
from key_rotation_cli.roles import Role, require_account_id
from key_rotation_cli.session import Session

HOW = "name a role in it with --role, or a profile of the AWS CLI with --member-profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChoice:
    """What the caller named.

    account_id: None for the account of the deployment
    role, profile: the access to IAM in another account; at most one of them
    """

    account_id: str | None = None
    role: Role | None = None
    profile: str | None = None

    @classmethod
    def parse(
        cls,
        account: str | None,
        role: str | None = None,
        external_id: str | None = None,
        profile: str | None = None,
    ) -> "AccountChoice":
        """Read the options; raises BadUsageError for one that is not accepted, or misplaced."""
        if account is None and (role, external_id, profile) != (None, None, None):
            raise BadUsageError("--role, --external-id and --member-profile need --account.")
        if role is not None and profile is not None:
            raise BadUsageError("Give either --role or --member-profile.")
        if role is None and external_id is not None:
            raise BadUsageError("--external-id needs --role.")
        return cls(
            account_id=require_account_id(account) if account is not None else None,
            role=Role.parse(role, external_id) if role is not None else None,
            profile=profile,
        )

    def open(self, deployment: Deployment) -> Deployment:
        """Return the deployment as the account has it: its part of the ledger, and its settings.

        In a hub, the deployment's own account is one of the organization, with overrides of its
        own. Raises CliError for an account that is not known, and BadUsageError for another
        account than its own where the deployment is for one.
        """
        own = deployment.session.account_id
        account_id = self.account_id or own
        if not deployment.is_hub:
            if account_id != own:
                text = f"{deployment.stack} is a deployment for the account {own} alone"
                raise BadUsageError(f"--account {account_id}: {text}.")
            return deployment
        accounts = read_accounts(deployment)
        if self.account_id is None and own not in accounts.rows:
            return deployment
        _note_problem(accounts)
        return replace(deployment, in_account=self._in_account(deployment, accounts, account_id))

    def _in_account(
        self, deployment: Deployment, accounts: HubAccounts, account_id: str
    ) -> InAccount:
        row = accounts.require(account_id)
        is_own = account_id == deployment.session.account_id
        session, problem = self._access(deployment.session, account_id, is_own=is_own)
        if self.account_id is not None and (text := not_looked_at(row)):
            console.note(f"The account {title_of(row)}: {text}")
        return InAccount(
            row=row,
            is_own=is_own,
            is_named=self.account_id is not None,
            path=f"{deployment.parameter_path}/accounts/{account_id}",
            session=session,
            problem=problem,
        )

    def _access(
        self, session: Session, account_id: str, *, is_own: bool
    ) -> tuple[Session | None, str]:
        """Return a session in the account, or None and why there is none."""
        if is_own:
            return session, ""
        text = f"IAM of the account {account_id} cannot be read"
        if self.profile is not None:
            member = Session.open(self.profile, session.region, read_only=session.read_only)
            if member.account_id != account_id:
                found = f"--member-profile {self.profile} is of the account {member.account_id}"
                raise BadUsageError(f"{found}, not of {account_id}. Nothing was changed.")
            return member, ""
        if self.role is None:
            return None, f"{text}: {HOW}."
        try:
            return self.role.assume(session, account_id), ""
        except CliError as error:
            return None, f"{text}: {error}"


def _note_problem(accounts: HubAccounts) -> None:
    if accounts.problem:
        console.note(f"Note: {accounts.problem}")
