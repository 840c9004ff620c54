"""A role of another account is assumed by whom its trust policy admits, as on AWS."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from local.emulator.local_organization import LocalOrganization, client

MANAGEMENT, HUB, MEMBER, OUTSIDER = (f"20000000000{number}" for number in range(1, 5))
TRUSTED = f"arn:aws:iam::{HUB}:role/sample/Trusted"
OTHER = f"arn:aws:iam::{HUB}:role/sample/Other"
STRANGER = f"arn:aws:iam::{OUTSIDER}:role/sample/Stranger"
TARGET = f"arn:aws:iam::{MEMBER}:role/sample/Target"
TARGET_OUTSIDE = f"arn:aws:iam::{OUTSIDER}:role/sample/Target"
Conditions = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def organization(account: LocalAccount) -> LocalOrganization:
    """Create an organization with two members, roles that assume others, and two targets."""
    organization = LocalOrganization(account, management=MANAGEMENT)
    organization.join(HUB)
    organization.join(MEMBER)
    for role in (TRUSTED, OTHER, STRANGER, TARGET, TARGET_OUTSIDE):
        _, name = role.rsplit("/", 1)
        client(account, "iam", _owner(role)).create_role(
            RoleName=name,
            Path="/sample/",
            AssumeRolePolicyDocument=_trust({}),
            MaxSessionDuration=2 * 3600,
        )
        _restrict(account, role, {})
    return organization


def _owner(role: str) -> str:
    return role.split(":")[4]


def _trust(conditions: Conditions) -> str:
    """Return a policy that trusts both accounts that have roles to assume others."""
    accounts = [f"arn:aws:iam::{each}:root" for each in (HUB, OUTSIDER)]
    return _policy(
        {"Effect": "Allow", "Principal": {"AWS": accounts}, "Action": "sts:AssumeRole"},
        conditions,
    )


def _policy(statement: dict[str, Any], conditions: Conditions) -> str:
    with_conditions = statement | {"Condition": conditions}
    return json.dumps({"Version": "2012-10-17", "Statement": [with_conditions]})


def _restrict(account: LocalAccount, role: str, conditions: Conditions) -> None:
    """Let a role assume others under conditions."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    client(account, "iam", _owner(role)).put_role_policy(
        RoleName=role.rsplit("/", 1)[1],
        PolicyName="Assume",
        PolicyDocument=_policy(statement, conditions),
    )


def _admit(account: LocalAccount, conditions: Conditions) -> None:
    """Let the target be assumed under conditions."""
    client(account, "iam", MEMBER).update_assume_role_policy(
        RoleName="Target", PolicyDocument=_trust(conditions)
    )


def _session(account: LocalAccount, role: str) -> boto3.Session:
    return account.assume_role(role, caller=account.root_session(_owner(role)))


def _assume(session: boto3.Session, target: str = TARGET, *, hours: int = 1) -> str:
    """Assume a target, and return the ARN of the new session."""
    made = session.client("sts").assume_role(
        RoleArn=target, RoleSessionName="second", DurationSeconds=hours * 3600
    )
    return made["AssumedRoleUser"]["Arn"]


@pytest.mark.usefixtures("organization")
def test_a_trust_policy_can_name_one_role_of_another_account(account: LocalAccount) -> None:
    _admit(account, {"ArnEquals": {"aws:PrincipalArn": TRUSTED}})
    made = _assume(_session(account, TRUSTED))
    assert made == f"arn:aws:sts::{MEMBER}:assumed-role/Target/second"
    with pytest.raises(ClientError, match=r"\(AccessDenied\)"):
        _assume(_session(account, OTHER))


def test_a_trust_policy_can_admit_an_organization_only(
    account: LocalAccount, organization: LocalOrganization
) -> None:
    _admit(account, {"StringEquals": {"aws:PrincipalOrgID": organization.id}})
    assert _assume(_session(account, TRUSTED))
    with pytest.raises(ClientError, match=r"\(AccessDenied\)"):
        _assume(_session(account, STRANGER))


def test_a_role_can_be_restricted_to_resources_of_the_organization(
    account: LocalAccount, organization: LocalOrganization
) -> None:
    _admit(account, {})
    _restrict(account, TRUSTED, {"StringEquals": {"aws:ResourceOrgID": organization.id}})
    session = _session(account, TRUSTED)
    assert _assume(session)
    with pytest.raises(ClientError, match=r"\(AccessDenied\)"):
        _assume(session, TARGET_OUTSIDE)
    _restrict(account, TRUSTED, {})
    assert _assume(session, TARGET_OUTSIDE)


@pytest.mark.usefixtures("organization")
def test_a_chained_session_lasts_one_hour_at_most(account: LocalAccount) -> None:
    _admit(account, {})
    assert _assume(_session(account, TRUSTED))
    with pytest.raises(ClientError, match=r"\(ValidationError\).* role chaining$"):
        _assume(_session(account, TRUSTED), hours=2)
    assert _assume(account.root_session(HUB), hours=2)


@pytest.mark.usefixtures("organization")
def test_a_session_reads_the_account_of_its_role(account: LocalAccount) -> None:
    _admit(account, {})
    session = account.assume_role(TARGET, caller=_session(account, TRUSTED))
    assert session.client("sts").get_caller_identity()["Account"] == MEMBER
