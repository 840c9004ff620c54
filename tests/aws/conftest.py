"""A new account for each test; waiting for a lease or a credential report takes no time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.aws.aws_account import REGION, AwsAccount, open_account

AccountFactory = Callable[[], AbstractContextManager[AwsAccount]]


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> AccountFactory:
    """Return a function that opens an account in moto."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return open_account


@pytest.fixture
def account(accounts: AccountFactory) -> Iterator[AwsAccount]:
    """Open one account in moto."""
    with accounts() as opened:
        yield opened
