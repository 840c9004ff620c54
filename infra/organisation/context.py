"""The validated context values of a deployment for an organization."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from infra.context_value import ContextError, refusal, whole_number
from infra.organisation import account_emails

ORGANIZATION = "organization"
"""The key that makes a deployment the hub of an organization."""
KEYS = (ORGANIZATION, "targets", "member-roles", "accounts-at-once", account_emails.KEY)
"""Every key of an organization."""

# The patterns of the service model of Organizations: OrganizationId, RootId, OrganizationalUnitId.
_ORGANIZATION = re.compile("o-[a-z0-9]{10,32}")
_TARGET = re.compile("r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")
_MAX_TARGETS = 50  # organizational units in one operation of a stack set (CreateStackInstances)
_MAX_ACCOUNTS_AT_ONCE = 1000  # the default quota of concurrent executions of Lambda
_DEFAULT_ACCOUNTS_AT_ONCE = 40


class MemberRoles(StrEnum):
    """How the member role gets into the accounts."""

    DELEGATED_ADMIN = "delegated-admin"
    """By a stack set, which this stack makes as a delegated administrator of StackSets."""
    MANAGEMENT_ACCOUNT = "management-account"
    """By a stack set, which this stack makes in the management account itself."""
    SEPARATE = "separate"
    """By other means: somebody deploys the stack KeyRotationMember to each account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The context values of a deployment for an organization."""

    organization_id: str
    """The id of the organization, such as o-a1b2c3d4e5."""

    targets: tuple[str, ...]
    """Ids of the root or of the organizational units whose accounts are looked at, without
    repetition."""

    member_roles: MemberRoles
    """How the member role gets into the accounts."""

    accounts_at_once: int
    """How many accounts are looked at at the same time."""

    account_emails: Mapping[str, tuple[str, ...]]
    """The accounts of which an address gets the digests, by address; both sorted."""

    @classmethod
    def read(cls, values: Mapping[str, object]) -> "Organisation | None":
        """Read and validate the context; None without the key `organization`.

        Raises ContextError for the first value that is not valid, and for a key that means
        something only with `organization`, or nothing with it.
        """
        if values.get(ORGANIZATION) is None:
            _require_no_other_key(values)
            return None
        organization = _organization(values[ORGANIZATION])
        if values.get("reserved-concurrency") is not None:
            accepts = (
                "nothing together with 'organization': one reserved execution would let the runs"
                " look at one account at a time; omit it, and set 'accounts-at-once'"
            )
            raise refusal("reserved-concurrency", values["reserved-concurrency"], accepts)
        return cls(
            organization_id=organization,
            targets=_targets(values.get("targets")),
            member_roles=_member_roles(values.get("member-roles")),
            accounts_at_once=_accounts_at_once(values.get("accounts-at-once")),
            account_emails=account_emails.read(values.get(account_emails.KEY)),
        )


def _require_no_other_key(values: Mapping[str, object]) -> None:
    for key in KEYS:
        if values.get(key) is not None:
            raise ContextError(
                f"context {key!r} is {values[key]!r} without 'organization', which says that this"
                " deployment is for an organization: set 'organization' as well, or omit it"
            )


def _organization(value: object) -> str:
    if isinstance(value, str) and _ORGANIZATION.fullmatch(value):
        return value
    accepts = (
        "the id of an organization, for example o-a1b2c3d4e5: aws organizations"
        " describe-organization shows it"
    )
    raise refusal(ORGANIZATION, value, accepts)


def _targets(value: object) -> tuple[str, ...]:
    ids = [part.strip() for part in value.split(",")] if isinstance(value, str) else []
    targets = tuple(dict.fromkeys(ids))
    if targets and len(targets) <= _MAX_TARGETS and all(map(_TARGET.fullmatch, targets)):
        return targets
    accepts = (
        f"1 to {_MAX_TARGETS} ids, separated by commas, of the root (r-...) or of organizational"
        " units (ou-...), whose accounts are looked at"
    )
    raise refusal("targets", value, accepts)


def _member_roles(value: object) -> MemberRoles:
    if value is None:
        return MemberRoles.DELEGATED_ADMIN
    if isinstance(value, str) and value in list(MemberRoles):
        return MemberRoles(value)
    raise refusal("member-roles", value, " or ".join(MemberRoles))


def _accounts_at_once(value: object) -> int:
    number = _DEFAULT_ACCOUNTS_AT_ONCE if value is None else whole_number(value)
    if number is not None and 1 <= number <= _MAX_ACCOUNTS_AT_ONCE:
        return number
    raise refusal("accounts-at-once", value, f"a whole number from 1 to {_MAX_ACCOUNTS_AT_ONCE}")
