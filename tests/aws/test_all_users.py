"""Promise 7: every user of the account is looked at, page by page to the end."""

import pytest

from key_rotation.errors import ListUsersError
from key_rotation.reporting.metrics import run_metrics
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import in_pages, refused

LIST_USERS = "iam.ListUsers"
LIST_KEYS = "iam.ListAccessKeys"


def test_the_pages_of_users_are_followed_to_the_end(account: AwsAccount) -> None:
    """The first page is not the account."""
    keys = {account.create_key(f"user{n}", age=400) for n in range(7)}
    with in_pages(account, LIST_USERS, "Users", 2) as sizes:
        response = account.run()
    assert sizes == [2, 2, 2, 1]
    assert response["users"] == 7
    assert {entry["access_key_id"] for entry in response["noticed"]} == keys


@pytest.mark.parametrize("page", [0, 1, 3])
@pytest.mark.parametrize("code", ["Throttling", "AccessDenied"])
def test_a_listing_of_users_that_breaks_off_on_any_page_raises(
    account: AwsAccount, page: int, code: str
) -> None:
    """Those that were read are not taken for everybody: nothing is closed, and nobody is cut."""
    keys = [account.create_key(f"user{n}", age=400) for n in range(7)]
    account.put_parameters(notice_days="0")
    with (
        in_pages(account, LIST_USERS, "Users", 2),
        refused(account, LIST_USERS, code, nth=page),
        pytest.raises(ListUsersError, match="Nothing was changed"),
    ):
        account.run()
    assert {account.status(key_id) for key_id in keys} == {"Active"}
    assert account.items("WATCH") == []
    assert account.messages == []


def test_a_user_with_more_than_two_keys_has_them_all_looked_at(account: AwsAccount) -> None:
    """Some accounts have a larger quota; pages of one key each are followed too."""
    keys = {account.create_key("alice", age=400 - n) for n in range(5)}
    young = account.create_key("alice", age=1)
    with in_pages(account, LIST_KEYS, "AccessKeyMetadata", 1) as sizes:
        response = account.run()
    assert set(sizes) == {1}
    assert {entry["access_key_id"] for entry in response["noticed"]} == keys
    assert response["keys"] == 6
    assert len(account.run_after(7)["deactivated"]) == 5
    assert account.status(young) == "Active"


def test_keys_of_a_user_whose_second_page_fails_are_left_alone(account: AwsAccount) -> None:
    """Half an answer is none: the keys on the first page are not decided without the others."""
    keys = [account.create_key("alice", age=400 - n) for n in range(4)]
    account.run()
    with (
        in_pages(account, LIST_KEYS, "AccessKeyMetadata", 2),
        refused(account, LIST_KEYS, "Throttling", only_for="alice", nth=1),
    ):
        response = account.run_after(7)
    assert (response["deactivated"], response["closed"]) == ([], [])
    assert [(entry["user"], entry["access_key_id"]) for entry in response["failed"]] == [
        ("alice", None)
    ]
    assert {account.status(key_id) for key_id in keys} == {"Active"}


def test_more_than_a_thousand_users_are_looked_at(account: AwsAccount) -> None:
    """IAM gives at most a thousand on a page."""
    for n in range(1100):
        account.clients.iam.create_user(UserName=f"user{n}")
    last = account.create_key("zoe", age=400)
    with in_pages(account, LIST_USERS, "Users", 1000) as sizes:
        report = account.run_for_report()
    assert sizes == [1000, 101]
    assert [o.access_key_id for o in report.outcomes] == [last]
    assert run_metrics(report)["RunCompleted"] == 1


def test_users_without_keys_are_counted_and_pass(account: AwsAccount) -> None:
    account.clients.iam.create_user(UserName="alice")
    response = account.run()
    assert (response["users"], response["keys"], response["failed"]) == (1, 0, [])


def test_an_empty_account_is_a_complete_run(account: AwsAccount) -> None:
    report = account.run_for_report()
    assert run_metrics(report)["RunCompleted"] == 1
    assert report.outcomes == ()


USER_NAMES = [
    "a+b",
    "a=b",
    "a,b",
    "a.b",
    "a@b.example",
    "a-b",
    "a_b",
    "-",
    "0",
    "Z" * 64,
    "none",
    "until",
]


@pytest.mark.parametrize("user", USER_NAMES)
def test_every_user_name_that_iam_allows_lives_through_it_all(
    account: AwsAccount, user: str
) -> None:
    key_id = account.create_key(user, age=83, path="/team/ci/")
    assert account.run()["noticed"][0]["user"] == user
    assert len(account.run_after(7)["deactivated"]) == 1
    assert f"--access-key-id {key_id}" in account.messages[-1]["text"]
    assert len(account.run_after(30)["deleted"]) == 1
    assert user in account.messages[-1]["text"]


def test_a_user_renamed_meanwhile_is_the_same_user(account: AwsAccount) -> None:
    """The notice goes on, and is told under the new name."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.clients.iam.update_user(UserName="alice", NewUserName="alice.smith")
    account.rename_owner("alice", "alice.smith")
    [deactivated] = account.run_after(7)["deactivated"]
    assert (deactivated["user"], deactivated["access_key_id"]) == ("alice.smith", key_id)
    assert len(account.run_after(30)["deleted"]) == 1


def test_a_user_deleted_and_made_again_is_another_one(account: AwsAccount) -> None:
    """The key of the first is closed; the key of the second gets a notice of its own."""
    first = account.create_key("alice", age=83)
    account.run()
    account.delete_key("alice", first)
    account.clients.iam.delete_user(UserName="alice")
    second = account.create_key("alice", age=83)
    response = account.run_after(1)
    assert [entry["access_key_id"] for entry in response["closed"]] == [first]
    assert [entry["access_key_id"] for entry in response["noticed"]] == [second]
