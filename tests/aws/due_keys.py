"""Keys that the run of today deactivates or deletes."""

from datetime import timedelta

from tests.aws.aws_account import AwsAccount
from tests.aws.kept_accounts import kept


@kept
def a_key_to_deactivate(account: AwsAccount) -> str:
    """Return a key of alice that the run of today deactivates."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    return key_id


@kept
def a_key_to_delete(account: AwsAccount) -> str:
    """Return a key of alice that the run of today deletes."""
    key_id = a_key_to_deactivate(account)
    account.run()
    account.now += timedelta(days=30)
    return key_id
