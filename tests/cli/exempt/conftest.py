"""An account with a deployment and some users."""

import pytest

from tests.aws.aws_account import AwsAccount


@pytest.fixture
def staffed(deployed: AwsAccount) -> AwsAccount:
    """Create three users with a key each."""
    for name in ("alice", "bob", "legacy-1"):
        deployed.create_key(name, age=100)
    return deployed
