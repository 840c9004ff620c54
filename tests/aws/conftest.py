"""A fresh account for each test, in which nobody waits long for a dead run or for a report."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from key_rotation.adapters import credential_report, lease
from key_rotation.service_layer import inventory
from tests.aws.aws_account import REGION, AwsAccount, open_account

AccountFactory = Callable[[], AbstractContextManager[AwsAccount]]


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> AccountFactory:
    """Open accounts in moto, one after the other."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr(lease, "LEASE_TIMEOUT", 0.04)
    monkeypatch.setattr(lease, "POLL_INTERVAL", 0.01)
    monkeypatch.setattr(inventory, "CONSISTENCY_DELAY", 0.01)
    monkeypatch.setattr(credential_report, "PAUSES", (0, 0, 0))
    return open_account


@pytest.fixture
def account(accounts: AccountFactory) -> Iterator[AwsAccount]:
    """Open one account in moto."""
    with accounts() as opened:
        yield opened
