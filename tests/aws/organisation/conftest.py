"""A hub with member accounts for each test."""

from collections.abc import Iterator

import pytest

from tests.aws.aws_account import AwsAccount
from tests.aws.organisation.hub import Hub, open_hub
from tests.aws.organisation.members import Members, open_members
from tests.aws.organisation.organisation import Organisation, open_organisation


@pytest.fixture
def members(account: AwsAccount) -> Iterator[Members]:
    """Open a hub and its member accounts in moto."""
    with open_members(account) as opened:
        yield opened


@pytest.fixture
def hub(account: AwsAccount) -> Iterator[Hub]:
    """Open a hub in which executions are prepared in moto."""
    with open_hub(account) as opened:
        yield opened


@pytest.fixture
def organisation(account: AwsAccount, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    """Open an organization in moto, which cannot write transactions of a table in parallel."""
    for module in ("digest_step", "save_digest"):
        monkeypatch.setattr(
            f"key_rotation.organisation.{module}.in_parallel",
            lambda work, items: [work(item) for item in items],
        )
    with open_organisation(account) as opened:
        yield opened
