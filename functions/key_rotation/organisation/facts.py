"""What the step `prepare` reads, before it decides anything."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import HubClients
from key_rotation.adapters.organizations import Organization, read_organization
from key_rotation.adapters.parameter_store import read_below
from key_rotation.adapters.register import Register, RegisteredAccounts
from key_rotation.domain.organisation.organisation_settings import OrganisationSettings
from key_rotation.domain.organisation.overrides import Overrides
from key_rotation.domain.organisation.parameter_scopes import FoundParameters
from key_rotation.errors import OrganizationUnreadableError
from key_rotation.organisation.hub import Hub
from key_rotation.organisation.parameters import sort_parameters

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class HubEnvironment:
    """Where the organization is looked after.

    account_id: of the deployment
    targets: the ids of the root or of the organizational units whose accounts are looked at
    parameter_path: under which the parameters stand, such as `/key-rotation`
    """

    account_id: str
    organization_id: str
    targets: frozenset[str]
    topic_arn: str
    parameter_path: str

    def hub(self, table: "Table") -> Hub:
        """Return what the other steps know of it."""
        return Hub(account_id=self.account_id, parameter_path=self.parameter_path, table=table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The parameters, the accounts, and what the register says of them."""

    found: FoundParameters
    settings: OrganisationSettings
    overrides: Overrides
    organization: Organization
    register: RegisteredAccounts


def read_facts(environment: HubEnvironment, clients: HubClients) -> Facts:
    """Read the parameters once for all accounts, list the accounts, and read the register.

    Raises SettingsUnreadableError, InvalidSettingsError, OrganizationUnreadableError, LedgerError.
    """
    found = read_below(clients.ssm, environment.parameter_path)
    organization = read_organization(
        clients.organizations, environment.organization_id, environment.account_id
    )
    _require_targets(environment, organization)
    settings, overrides = sort_parameters(found, environment.parameter_path, organization.accounts)
    return Facts(
        found=found,
        settings=settings,
        overrides=overrides,
        organization=organization,
        register=Register(clients.table).read_all(with_settings=False),
    )


def _require_targets(environment: HubEnvironment, organization: Organization) -> None:
    """Raise OrganizationUnreadableError where no account would be looked at, in silence."""
    targets = environment.targets
    if all(targets.isdisjoint(account.ous) for account in organization.accounts):
        raise OrganizationUnreadableError(
            f"None of the {len(organization.accounts)} accounts of {environment.organization_id} "
            f"is in {', '.join(sorted(targets))}: deploy with targets that contain accounts. "
            "Nothing was changed."
        )
