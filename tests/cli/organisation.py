"""An organization in moto, as the command line sees it from its management account."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import boto3
import time_machine
from moto.iam.models import AccessKeyLastUsed, iam_backends
from moto.organizations.models import organizations_backends

from tests.aws.aws_account import REGION, AwsAccount

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

ROLE = "OrganizationAccountAccessRole"


@cache
def _client() -> "OrganizationsClient":
    """Build the client once, since botocore is slow; it works with each account of moto."""
    return boto3.client("organizations", region_name=REGION)


@dataclass(kw_only=True)
class Organisation:
    """An organization whose management account is the account of a test.

    account_ids: of its other accounts, by name
    """

    own: AwsAccount
    organization_id: str
    root: str
    account_ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, own: AwsAccount, *names: str) -> "Organisation":
        """Create an organization with accounts of these names."""
        client = _client()
        found = client.create_organization(FeatureSet="ALL")["Organization"]
        [root] = client.list_roots()["Roots"]
        created = cls(own=own, organization_id=found["Id"], root=root["Id"])
        for name in names:
            created.add(name)
        return created

    def add(self, name: str) -> str:
        """Add an account; returns its id."""
        answer = _client().create_account(Email=f"{name}@example.com", AccountName=name)
        self.account_ids[name] = answer["CreateAccountStatus"]["AccountId"]
        return self.account_ids[name]

    def add_unit(self, name: str, *accounts: str) -> str:
        """Add an organizational unit, and move accounts into it; returns its id."""
        client = _client()
        unit = client.create_organizational_unit(ParentId=self.root, Name=name)
        unit_id = unit["OrganizationalUnit"]["Id"]
        for each in accounts:
            account_id = self.account_ids[each]
            client.move_account(
                AccountId=account_id, SourceParentId=self.root, DestinationParentId=unit_id
            )
        return unit_id

    def set_state(self, name: str, state: str) -> None:
        """Suspend or close an account."""
        backend = organizations_backends["123456789012"]["aws"]
        [found] = [each for each in backend.accounts if each.id == self.account_ids[name]]
        found.status = found.state = state

    def create_key(self, name: str, user: str, *, age: int, used: datetime | None = None) -> str:
        """Create a key of an age in days in an account, and its user if there is none."""
        iam = iam_backends[self.account_ids[name]]["aws"]
        with time_machine.travel(self.own.now - timedelta(days=age), tick=False):
            if user not in iam.users:
                iam.create_user(REGION, user, "/")
            created = iam.create_access_key(user)
        if used:
            created.last_used = AccessKeyLastUsed(used, "s3", REGION)
        return str(created.access_key_id)

    def status(self, name: str, key_id: str) -> str | None:
        """Return the status of a key in an account; None if it was deleted."""
        keys = iam_backends[self.account_ids[name]]["aws"].access_keys
        return keys[key_id].status if key_id in keys else None
