"""How a deployment is found."""

import pytest

from key_rotation_cli.deployment import find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.session import Session
from tests.aws.aws_account import AwsAccount
from tests.cli.deployment import deploy


@pytest.fixture
def session(account: AwsAccount) -> Session:  # noqa: ARG001  # opens the account
    return Session.open(None, None, read_only=True)


def test_the_only_deployment_of_the_region_is_found_whatever_its_name(
    account: AwsAccount, session: Session
) -> None:
    deploy(account, stack="Rotation-eu")
    found = find_deployment(session, None)
    assert (found.stack, found.parameter_path) == ("Rotation-eu", "/key-rotation")
    assert found.read_settings().max_changes_per_run == 25


def test_of_two_deployments_one_must_be_named(account: AwsAccount, session: Session) -> None:
    deploy(account, stack="A")
    deploy(account, stack="B")
    with pytest.raises(CliError, match=r"several deployments .*: A, B\. Name one with --stack"):
        find_deployment(session, None)
    assert find_deployment(session, "B").stack == "B"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (None, "key-rotation is not deployed in account 123456789012, Region eu-west-1."),
        ("Nothing", "The stack Nothing is not in account 123456789012, Region eu-west-1."),
    ],
)
def test_a_region_without_the_stack_is_named(session: Session, name: str | None, text: str) -> None:
    with pytest.raises(CliError) as raised:
        find_deployment(session, name)
    assert text in str(raised.value)
    assert "--region" in str(raised.value)


def test_a_deployment_of_another_region_is_not_found(account: AwsAccount, session: Session) -> None:
    deploy(account, region="us-east-1")
    with pytest.raises(CliError, match="not deployed"):
        find_deployment(session, None)


def test_days_are_those_of_the_time_zone_of_the_deployment(
    account: AwsAccount, session: Session
) -> None:
    deploy(account, timezone="Pacific/Auckland")
    now = find_deployment(session, None).now
    assert (now.zone.key, now.days_between_runs) == ("Pacific/Auckland", 1)


def test_a_missing_parameter_is_named(account: AwsAccount, session: Session) -> None:
    deploy(account)
    account.clients.ssm.delete_parameter(Name="/key-rotation/mode")
    with pytest.raises(CliError, match="/key-rotation/mode is missing"):
        find_deployment(session, None).read_settings()
