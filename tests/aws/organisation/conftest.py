"""A hub with member accounts for each test."""

from collections.abc import Iterator

import pytest

from tests.aws.aws_account import AwsAccount
from tests.aws.organisation.members import Members, open_members


@pytest.fixture
def members(account: AwsAccount) -> Iterator[Members]:
    """Open a hub and its member accounts in moto."""
    with open_members(account) as opened:
        yield opened
