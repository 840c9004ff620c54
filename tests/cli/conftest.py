"""An account of moto for each test, with a deployment where a test asks for one."""

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
import time_machine
from botocore.loaders import create_loader

from tests.aws.aws_account import REGION, START, AwsAccount, open_account
from tests.cli.deployed_hub import DeployedHub, open_deployed_hub
from tests.cli.deployment import deploy


@pytest.fixture(scope="session", autouse=True)
def _models_are_read_once() -> Iterator[None]:
    """Keep the models of the services between the sessions of the commands: they are large."""
    patch = pytest.MonkeyPatch()
    patch.setattr(botocore.session, "create_loader", cache(create_loader))
    yield
    patch.undo()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsAccount]:
    """Open an account in which nothing is deployed, as far as CloudFormation knows."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with open_account() as opened, time_machine.travel(START, tick=False):
        yield opened


@pytest.fixture
def deployed(account: AwsAccount) -> AwsAccount:
    """Deploy the stack in the account."""
    deploy(account)
    return account


@pytest.fixture
def hub(account: AwsAccount) -> Iterator[DeployedHub]:
    """Deploy the hub of an organization in the account; a run registered its accounts."""
    with open_deployed_hub(account) as opened:
        yield opened
