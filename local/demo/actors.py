"""The people of the scenario: what they do is a call to the AWS API, or the use of a key."""

from datetime import datetime, timedelta

from local.demo.stages import ACTIVE, INACTIVE
from local.emulator.account import LocalAccount


class Actors:
    """The people in an account.

    key_ids: the IDs of their keys, by label
    """

    def __init__(self, account: LocalAccount) -> None:
        """Act in an account with the deployed stack, with an administrator's credentials."""
        self.account = account
        self.key_ids: dict[str, str] = {}
        self._iam = account.client("iam")
        self._ssm = account.client("ssm")
        self._path = account.outputs["ParameterPath"]

    def set_parameter(self, parameter: str, value: str) -> None:
        """Set a parameter of the product."""
        self._ssm.put_parameter(Name=f"{self._path}/{parameter}", Value=value, Overwrite=True)

    def create_key(self, label: str, *, created: datetime | None = None) -> None:
        """Create a key for the user that the label starts with."""
        self.key_ids[label] = self.account.create_key(user_of(label), created=created)

    def describe_key(self, label: str, text: str) -> None:
        """Set the description of a key as the console does, in a user tag named after the key."""
        self._iam.tag_user(
            UserName=user_of(label), Tags=[{"Key": self.key_ids[label], "Value": text}]
        )

    def name_owner(self, user: str, tag: str, address: str) -> None:
        """Write the tag that names the owner of a user's keys."""
        self._iam.tag_user(UserName=user, Tags=[{"Key": tag, "Value": address}])

    def activate(self, label: str) -> None:
        """Set a key to Active."""
        self._set(label, ACTIVE)

    def deactivate(self, label: str) -> None:
        """Set a key to Inactive."""
        self._set(label, INACTIVE)

    def delete(self, label: str) -> None:
        """Delete a key."""
        self._iam.delete_access_key(UserName=user_of(label), AccessKeyId=self.key_ids[label])

    def use(self, label: str, *, ago: timedelta = timedelta(0)) -> None:
        """Use a key now, or some time ago."""
        self.account.set_last_used(self.key_ids[label], self.account.now - ago)

    def rotate(self, label: str) -> None:
        """Rotate as an owner should: create and use a new key, then delete the old one."""
        new = f"{user_of(label)} (new)"
        self.create_key(new)
        self.use(new)
        self.delete(label)

    def statuses(self) -> dict[str, str]:
        """Read the status of each key in IAM, by key ID."""
        users = {user_of(label) for label in self.key_ids}
        listed = [
            key
            for user in sorted(users)
            for key in self._iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        ]
        return {key["AccessKeyId"]: key["Status"] for key in listed}

    def _set(self, label: str, status: str) -> None:
        user, key_id = user_of(label), self.key_ids[label]
        if status == ACTIVE:
            self._iam.update_access_key(UserName=user, AccessKeyId=key_id, Status="Active")
        else:
            self._iam.update_access_key(UserName=user, AccessKeyId=key_id, Status="Inactive")


def user_of(label: str) -> str:
    """Return the user in a label such as `carol (new)`."""
    return label.partition(" ")[0]
