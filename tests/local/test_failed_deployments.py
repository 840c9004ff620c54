"""A deployment that fails leaves nothing behind, and a second one in the account is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import boto3
import pytest

from local.demo.synthesis import STACK
from local.emulator.account import ACCOUNT, LocalAccount
from local.emulator.stack_deployer import DeploymentFailedError, StackDeployer

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
POLICY = "KeyRotation-OneDeploymentPerAccount"


@pytest.fixture
def account() -> Iterator[LocalAccount]:
    """Start an empty account."""
    with LocalAccount.start(now=START) as account:
        yield account


def _session(account: LocalAccount, region: str) -> boto3.Session:
    """Return an administrator's session in another Region of the account."""
    session = boto3.Session(
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # of the emulator
    )
    session.client = partial(session.client, endpoint_url=account.endpoint)  # type: ignore[method-assign]
    return session


def _remaining(session: boto3.Session) -> dict[str, object]:
    """Return what a deployment may have left behind in a Region."""
    kms = session.client("kms")
    keys = [
        kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"] for each in kms.list_keys()["Keys"]
    ]
    parameters = session.client("ssm").describe_parameters()["Parameters"]
    return {
        "tables": session.client("dynamodb").list_tables()["TableNames"],
        "log groups": session.client("logs").describe_log_groups()["logGroups"],
        "KMS keys": [
            each
            for each in keys
            if each["KeyManager"] == "CUSTOMER" and each["KeyState"] != "PendingDeletion"
        ],
        "parameters": [each["Name"] for each in parameters if "key-rotation" in each["Name"]],
        "functions": session.client("lambda").list_functions()["Functions"],
        "topics": session.client("sns").list_topics()["Topics"],
        "queues": session.client("sqs").list_queues().get("QueueUrls", []),
        "schedules": session.client("scheduler").list_schedules()["Schedules"],
    }


NOTHING: dict[str, object] = {
    "tables": [],
    "log groups": [],
    "KMS keys": [],
    "parameters": [],
    "functions": [],
    "topics": [],
    "queues": [],
    "schedules": [],
}


def test_a_first_deployment_that_fails_leaves_nothing_and_a_second_try_works(
    account: LocalAccount, synthesised: Path
) -> None:
    """A parameter exists already; its message names it."""
    ssm, cloudformation = account.client("ssm"), account.client("cloudformation")
    ssm.put_parameter(Name="/key-rotation/exemptions", Value="none", Type="String")
    with pytest.raises(DeploymentFailedError, match="Thresholdsexemptions"):
        account.deploy(synthesised, STACK)
    found = _remaining(_session(account, account.region))
    assert found == NOTHING | {"parameters": ["/key-rotation/exemptions"]}
    ssm.delete_parameter(Name="/key-rotation/exemptions")
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK)
    account.deploy(synthesised, STACK)
    assert account.invoke({}).error is None


def test_a_second_deployment_in_another_region_is_refused_before_it_can_act(
    account: LocalAccount, synthesised: Path
) -> None:
    """The error names the policy, whose name says why. The first deployment stays.

    Its runs are not tried: ministack gives the roles of both stacks the same generated names.
    """
    account.deploy(synthesised, STACK)
    first = _remaining(_session(account, account.region))
    other = _session(account, "us-west-2")
    with pytest.raises(DeploymentFailedError, match=f"{POLICY} already exists"):
        StackDeployer(other, account=ACCOUNT).deploy(synthesised, STACK)
    assert _remaining(other) == NOTHING
    assert _remaining(_session(account, account.region)) == first


def test_after_the_stack_is_deleted_it_can_be_deployed_in_another_region(
    account: LocalAccount, synthesised: Path
) -> None:
    account.deploy(synthesised, STACK)
    cloudformation = account.client("cloudformation")
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK)
    outputs = StackDeployer(_session(account, "us-west-2"), account=ACCOUNT).deploy(
        synthesised, STACK
    )
    assert outputs["TopicArn"].split(":")[3] == "us-west-2"
