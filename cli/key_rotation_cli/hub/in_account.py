"""One account of an organization, as a command is about it."""

from dataclasses import dataclass, field

from key_rotation.adapters.ledger_items import OWN_ACCOUNT, Partitions
from key_rotation.domain.organisation.accounts import Coverage, RegisteredAccount
from key_rotation.domain.settings import Settings, has_owner_names
from key_rotation.reporting.formatting import format_date, sanitize_line
from key_rotation_cli.errors import CliError
from key_rotation_cli.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class InAccount:
    """One account, and the access to it.

    row: the account as the next run registers it
    is_own: whether it is the account of the deployment
    is_named: whether the caller named it; else it is that of the deployment
    path: of its own parameters, such as `/key-rotation/accounts/111122223333`
    session: with the caller's access to IAM in it; None where there is none
    problem: why there is none
    """

    row: RegisteredAccount
    is_own: bool
    is_named: bool
    path: str
    session: Session | None = field(repr=False)
    problem: str = ""

    @property
    def account_id(self) -> str:
        """Its id."""
        return self.row.account.account_id

    @property
    def title(self) -> str:
        """Its id and its name."""
        return title_of(self.row)

    @property
    def partitions(self) -> Partitions:
        """The partition keys of its items in the ledger."""
        return OWN_ACCOUNT if self.is_own else Partitions(self.account_id)

    def settings(self, base_path: str) -> Settings:
        """Return its settings; raises CliError where it has none, or they are not accepted.

        base_path: what stands before the names of the parameters of all accounts
        """
        found = self.row.settings
        if found is None:
            why = " ".join(self.row.problems) or not_looked_at(self.row)
            raise CliError(f"The account {self.title} has no settings. {why}")
        return Settings.parse(
            found.raw,
            path=base_path,
            exemption_parameters=found.exemption_parameters,
            owners=has_owner_names(found.raw),
        )

    @property
    def overrides(self) -> str:
        """Name each parameter that is not that of all accounts, with its value and its scope."""
        found = self.row.settings
        if found is None or not found.sources:
            return ""
        named = (
            f"{name} {found.raw[name].value} from {scope}"
            for name, scope in sorted(found.sources.items())
        )
        return f"Of this account: {', '.join(named)}"


def title_of(row: RegisteredAccount) -> str:
    """Return an account's id and its name, which others chose."""
    return f"{row.account.account_id} ({sanitize_line(row.account.name)})"


def not_looked_at(row: RegisteredAccount) -> str:
    """Say why no run looks at an account; empty if runs do."""
    match row.coverage:
        case Coverage.COVERED:
            why = " ".join(row.problems)
            return f"No run looks at it until its parameters are corrected. {why}" if why else ""
        case Coverage.LEFT_OUT:
            until = f" until {format_date(row.left_out_until)}" if row.left_out_until else ""
            reason = sanitize_line(row.left_out_reason or "no reason given")
            return f"No run looks at it: it is left out{until} ({reason})."
        case Coverage.NOT_ACTIVE:
            state = sanitize_line(row.account.state) or "unknown"
            return f"No run looks at it: its state is {state}, not ACTIVE."
        case Coverage.OUTSIDE_TARGETS:
            return "No run looks at it: it is outside the targets of the deployment."
        case Coverage.LEFT:
            left = f" on {format_date(row.left_on)}" if row.left_on else ""
            return f"No run looks at it: it left the organization{left}."
