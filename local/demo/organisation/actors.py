"""The people of an organization: what they do is a call to the AWS API of their account."""

import json
from datetime import datetime
from typing import Any

from local.demo.organisation.scenario_accounts import ACCOUNTS, BY_NAME, MANAGEMENT, UNITS
from local.demo.stages import GONE
from local.emulator.account import ACCOUNT, LocalAccount
from local.emulator.local_organization import LocalOrganization, client

ROLE = "KeyRotationMember"
_NOBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
Owner = tuple[str, str]  # the names of an account and of a user


class Actors:
    """The people of the organization.

    units: the IDs of the organizational units, by name
    key_ids: the IDs of the keys, by account and user
    """

    def __init__(self, account: LocalAccount) -> None:
        """Create the organization, with the account of the emulator as its hub."""
        self.account = account
        self.organization = LocalOrganization(account, management=MANAGEMENT)
        account.set_account_name(MANAGEMENT, "management")
        self.units: dict[str, str] = {}
        for name, parent in UNITS.items():
            self.units[name] = self.organization.create_unit(name, parent=self.units.get(parent))
        for each in ACCOUNTS:
            if not each.joins and each.id != MANAGEMENT:
                self.join(each.name)
        self.organization.delegate(ACCOUNT)
        self.key_ids: dict[Owner, str] = {}
        self._trust: dict[str, Any] = {}

    def join(self, name: str) -> None:
        """Let an account join the organization, in its unit."""
        account = BY_NAME[name]
        self.organization.join(account.id, name=name)
        self.organization.move(account.id, self.units[account.unit])
        self.account.wait()  # for the stack set

    def iam(self, name: str) -> Any:  # noqa: ANN401 - a client of any account
        """Return a client of an account's administrator."""
        return client(self.account, "iam", BY_NAME[name].id)

    def set_parameter(self, name: str, value: str) -> None:
        """Set a parameter of the product, by what follows its path."""
        self.account.client("ssm").put_parameter(
            Name=f"{self.account.outputs['ParameterPath']}/{name}",
            Value=value,
            Type="String",
            Overwrite=True,
        )

    def create_key(self, owner: Owner, *, created: datetime, used: datetime | None) -> None:
        """Create a user with a key."""
        account, user = owner
        self.iam(account).create_user(UserName=user)
        key_id = self.iam(account).create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        self.account.backdate_key(key_id, created)
        self.account.set_last_used(key_id, used)
        self.key_ids[owner] = key_id

    def tag(self, owner: Owner, name: str, value: str) -> None:
        """Tag a user."""
        account, user = owner
        self.iam(account).tag_user(UserName=user, Tags=[{"Key": name, "Value": value}])

    def rotate(self, owner: Owner) -> None:
        """Rotate as an owner should: create a new key, then delete the old one."""
        account, user = owner
        self.iam(account).create_access_key(UserName=user)
        self.iam(account).delete_access_key(UserName=user, AccessKeyId=self.key_ids[owner])

    def refuse_the_hub(self, name: str) -> None:
        """Change the trust policy of the role in an account, so that nobody may assume it."""
        iam = self.iam(name)
        self._trust[name] = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
        iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(_NOBODY))

    def admit_the_hub(self, name: str) -> None:
        """Restore the trust policy that `refuse_the_hub` changed."""
        trust = json.dumps(self._trust[name])
        self.iam(name).update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust)

    def status(self, owner: Owner) -> str:
        """Read the status of a key in IAM."""
        account, user = owner
        listed = self.iam(account).list_access_keys(UserName=user)["AccessKeyMetadata"]
        statuses = {key["AccessKeyId"]: str(key["Status"]) for key in listed}
        return statuses.get(self.key_ids[owner], GONE)

    def accounts_with_the_role(self) -> set[str]:
        """Return the names of the accounts in which the member role is."""
        return {
            each.name
            for each in ACCOUNTS
            if ROLE in {role["RoleName"] for role in self.iam(each.name).list_roles()["Roles"]}
        }
