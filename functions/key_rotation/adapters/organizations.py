"""The adapter to AWS Organizations: which accounts there are, and where each stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.domain.organisation.accounts import Account
from key_rotation.errors import OrganizationUnreadableError

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The organization as Organizations gives it.

    management_id: the id of its management account
    """

    management_id: str
    accounts: tuple[Account, ...]


def read_organization(
    organizations: "OrganizationsClient", organization_id: str, own_account_id: str
) -> Organization:
    """Read all accounts, with the organizational units that contain them.

    organization_id: the one that is expected
    own_account_id: an account that must be among them, or the listing is not to be trusted

    Raises OrganizationUnreadableError.
    """
    try:
        found = organizations.describe_organization()["Organization"]
        if found["Id"] != organization_id:
            raise _unreadable(
                f"The account {own_account_id} belongs to {found['Id']}, not to {organization_id}."
            )
        accounts = _read_accounts(organizations)
        management_id = found["MasterAccountId"]
    except (*AWS_ERRORS, KeyError, ValueError) as cause:
        why = error_message(cause)
        raise _unreadable(f"The accounts of {organization_id} cannot be listed ({why}).") from cause
    if own_account_id not in {account.account_id for account in accounts}:
        raise _unreadable(
            f"The list of the {len(accounts)} accounts of {organization_id} lacks "
            f"{own_account_id}, which belongs to it."
        )
    return Organization(management_id=management_id, accounts=accounts)


def _read_accounts(organizations: "OrganizationsClient") -> tuple[Account, ...]:
    """List all accounts, to the last page: an empty one is not the last (ListAccounts).

    An account that moves between pages while they are read is taken once.
    """
    pages = organizations.get_paginator("list_accounts").paginate()
    found = {each["Id"]: each for page in pages for each in page["Accounts"]}
    without_path = [account_id for account_id, each in found.items() if not _containers(each)]
    tree = _Tree(organizations)
    walked = dict(zip(without_path, in_parallel(tree.containers, without_path), strict=True))
    return tuple(
        Account(
            account_id=account_id,
            name=each["Name"],
            ous=walked.get(account_id) or _containers(each),
            state=_state(each),
        )
        for account_id, each in sorted(found.items())
    )


def _state(account: Mapping[str, Any]) -> str:
    """Return the state; `Status` is what Organizations gave until 2026-09-09 (Account)."""
    return str(account.get("State") or account.get("Status") or "")


def _containers(account: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the root and the units of an account, the root first.

    A path has the form `o-…/r-…/ou-…/<account>/` (Account, `Paths`). Of several paths, all count.
    """
    paths = account.get("Paths") or [account.get("Path") or ""]
    parts = (part for path in paths for part in path.split("/"))
    return tuple(dict.fromkeys(part for part in parts if part.startswith(("r-", "ou-"))))


@dataclass(frozen=True, slots=True)
class _Tree:
    """Finds where accounts stand one by one, where the list does not say it.

    parents: of the units that were asked for, so that each is asked for once
    """

    organizations: "OrganizationsClient"
    parents: dict[str, str] = field(default_factory=dict)

    def containers(self, account_id: str) -> tuple[str, ...]:
        return tuple(reversed(list(self._upwards(account_id))))

    def _upwards(self, child: str) -> Iterator[str]:
        while not child.startswith("r-"):
            if child not in self.parents:
                self.parents[child] = self._parent(child)
            child = self.parents[child]
            yield child

    def _parent(self, child: str) -> str:
        """Return the one parent of an account or unit (ListParents)."""
        pages = self.organizations.get_paginator("list_parents").paginate(ChildId=child)
        [parent] = [each["Id"] for page in pages for each in page["Parents"]]
        return parent


def _unreadable(problem: str) -> OrganizationUnreadableError:
    return OrganizationUnreadableError(f"{problem} Nothing was changed.")
