"""A fresh account for each test, in which nobody waits long for a dead run or for a report."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.aws.aws_account import REGION, AwsAccount, open_account

AccountFactory = Callable[[], AbstractContextManager[AwsAccount]]


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> AccountFactory:
    """Open accounts in moto, one after the other."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return open_account


@pytest.fixture
def account(accounts: AccountFactory) -> Iterator[AwsAccount]:
    """Open one account in moto."""
    with accounts() as opened:
        yield opened
