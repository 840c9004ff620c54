"""A copy of an account that was prepared is as good as one that is prepared again."""

from typing import Any

from tests.aws.aws_account import AwsAccount
from tests.aws.conftest import AccountFactory
from tests.aws.kept_accounts import kept


@kept
def a_noticed_key(account: AwsAccount) -> str:
    """Return a key that got its notice."""
    key_id = account.create_key("alice", age=83)
    account.run()
    return key_id


def contents(account: AwsAccount) -> list[Any]:
    """Return what IAM, the ledger and the topic contain."""
    return [account.iam_keys(), account.items("WATCH"), account.items("RUN"), account.messages]


def test_a_copy_is_what_was_prepared_whatever_happened_to_it_later(
    accounts: AccountFactory,
) -> None:
    with accounts() as first:
        key_id = a_noticed_key(first)
        prepared = contents(first)
        first.run_after(7)
        assert first.status(key_id) == "Inactive"
    with accounts() as second:
        assert a_noticed_key(second) == key_id
        assert contents(second) == prepared
        second.run_after(7)
        assert second.status(key_id) == "Inactive"


def test_an_account_that_is_not_new_is_prepared_again(accounts: AccountFactory) -> None:
    with accounts() as new:
        key_id = a_noticed_key(new)
    with accounts() as edited:
        edited.put_parameters(notice_days="8")
        assert a_noticed_key(edited) != key_id
    with accounts() as used:
        used.create_key("bob", age=1)
        assert a_noticed_key(used) != key_id
