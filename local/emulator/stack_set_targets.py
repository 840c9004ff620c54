"""StackSets: which accounts get a stack, and what CloudFormation refuses."""

from collections.abc import Mapping
from typing import Any

from local.emulator.organization import (
    account_record,
    account_state,
    management_account,
    members_below,
    services_administered_by,
)

_ADMINISTRATOR = "member.org.stacksets.cloudformation.amazonaws.com"
_FILTERS = ("NONE", "INTERSECTION", "DIFFERENCE")
Declared = Mapping[str, Any]  # the properties of an AWS::CloudFormation::StackSet
Instance = tuple[str, str]  # account, Region


def reject_invalid(caller: str, declared: Declared) -> None:
    """Reject what CloudFormation rejects. Raises ValueError."""
    _reject_caller(caller, declared.get("CallAs", "SELF"))
    if declared.get("PermissionModel") != "SERVICE_MANAGED":
        message = "the emulator deploys only stack sets with the permission model SERVICE_MANAGED"
        raise ValueError(message)
    for group in declared.get("StackInstancesGroup", []):
        where = group["DeploymentTargets"]
        if not where.get("OrganizationalUnitIds"):
            message = "OrganizationalUnitIds are required"
            raise ValueError(message)
        if where.get("AccountFilterType", "NONE") not in _FILTERS:
            message = (
                "AccountFilterType should be specified when both OrganizationalUnitIds and "
                "Accounts are provided"
            )
            raise ValueError(message)


def _reject_caller(caller: str, call_as: str) -> None:
    owner = management_account(caller)
    if call_as == "SELF" and caller != owner:
        message = (
            "You must be the management account or delegated admin account of an organization "
            "before operating a SERVICE_MANAGED stack set"
        )
        raise ValueError(message)
    if call_as == "DELEGATED_ADMIN" and (
        owner is None or _ADMINISTRATOR not in services_administered_by(caller)
    ):
        message = "Account used is not a delegated administrator"
        raise ValueError(message)


def targets(owner: str, declared: Declared, *, filtered: bool = True) -> set[Instance]:
    """Return the instances that a stack set has in its OUs, with or without its account filters.

    The management account never gets an instance.
    """
    found = set()
    for group in declared.get("StackInstancesGroup", []):
        where = group["DeploymentTargets"]
        members = {each["Id"] for each in members_below(owner, where["OrganizationalUnitIds"])}
        accounts = _filter(where, members) if filtered else members
        found |= {(each, region) for each in accounts - {owner} for region in group["Regions"]}
    return found


def _filter(where: Mapping[str, Any], members: set[str]) -> set[str]:
    named = set(where.get("Accounts", []))
    match where.get("AccountFilterType", "NONE"):
        case "INTERSECTION":
            return members & named
        case "DIFFERENCE":
            return members - named
        case _:
            return members


def is_active(account: str) -> bool:
    """Return whether an account is active: no other account gets a new stack."""
    return account_state(account_record(account)) == "ACTIVE"
