"""Promise 7: the keys of every user are read, page by page to the end."""

from collections.abc import Callable
from typing import Any

import pytest

from key_rotation.errors import ListUsersError
from key_rotation.reporting.metrics import run_metrics
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import altered_response, in_pages, refused

LIST_USERS = "iam.ListUsers"
LIST_KEYS = "iam.ListAccessKeys"


def test_all_pages_of_users_are_read(account: AwsAccount) -> None:
    keys = {account.create_key(f"user{n}", age=400) for n in range(7)}
    with in_pages(account, LIST_USERS, "Users", 2) as sizes:
        response = account.run()
    assert sizes == [2, 2, 2, 1]
    assert response["users"] == 7
    assert {entry["access_key_id"] for entry in response["noticed"]} == keys


@pytest.mark.parametrize("page", [0, 1, 3])
@pytest.mark.parametrize("code", ["Throttling", "AccessDenied"])
def test_a_listing_of_users_that_fails_on_any_page_stops_the_run(
    account: AwsAccount, page: int, code: str
) -> None:
    """The users of the earlier pages are not taken for all: no key is closed or deactivated."""
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


def test_all_keys_of_a_user_with_more_than_two_are_read(account: AwsAccount) -> None:
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


def test_no_key_of_a_user_is_changed_if_a_later_page_of_keys_fails(account: AwsAccount) -> None:
    """The keys of the first page are not decided without the others."""
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


@pytest.mark.soak  # the first test follows smaller pages
def test_more_than_one_thousand_users_are_read(account: AwsAccount) -> None:
    """IAM returns at most one thousand on a page."""
    for n in range(1100):
        account.clients.iam.create_user(UserName=f"user{n}")
    last = account.create_key("zoe", age=400)
    with in_pages(account, LIST_USERS, "Users", 1000) as sizes:
        finished = account.run_for_part()
    assert sizes == [1000, 101]
    assert [o.access_key_id for o in finished.report.outcomes] == [last]
    assert run_metrics(finished)["RunCompleted"] == 1


def test_users_without_keys_are_counted_and_do_not_fail(account: AwsAccount) -> None:
    account.clients.iam.create_user(UserName="alice")
    response = account.run()
    assert (response["users"], response["keys"], response["failed"]) == (1, 0, [])


def test_a_run_of_an_empty_account_is_complete(account: AwsAccount) -> None:
    finished = account.run_for_part()
    assert run_metrics(finished)["RunCompleted"] == 1
    assert finished.report.outcomes == ()


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
def test_a_key_of_a_user_with_any_legal_name_is_noticed_deactivated_and_deleted(
    account: AwsAccount, user: str
) -> None:
    key_id = account.create_key(user, age=83, path="/team/ci/")
    assert account.run()["noticed"][0]["user"] == user
    assert len(account.run_after(7)["deactivated"]) == 1
    assert f"--access-key-id {key_id}" in account.messages[-1]["text"]
    assert len(account.run_after(30)["deleted"]) == 1
    assert user in account.messages[-1]["text"]


def test_a_user_who_is_renamed_keeps_the_notice(account: AwsAccount) -> None:
    """The deactivation is reported under the new name."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.clients.iam.update_user(UserName="alice", NewUserName="alice.smith")
    account.rename_owner("alice", "alice.smith")
    [deactivated] = account.run_after(7)["deactivated"]
    assert (deactivated["user"], deactivated["access_key_id"]) == ("alice.smith", key_id)
    assert len(account.run_after(30)["deleted"]) == 1


def test_a_user_who_is_deleted_and_created_again_is_another_user(account: AwsAccount) -> None:
    """The key of the first is closed; the key of the second gets its own notice."""
    first = account.create_key("alice", age=83)
    account.run()
    account.delete_key("alice", first)
    account.clients.iam.delete_user(UserName="alice")
    second = account.create_key("alice", age=83)
    response = account.run_after(1)
    assert [entry["access_key_id"] for entry in response["closed"]] == [first]
    assert [entry["access_key_id"] for entry in response["noticed"]] == [second]


def hide_user(name: str) -> Callable[[dict[str, Any]], None]:
    """Leave a user out of a listing, as when it is renamed between two pages."""

    def hide(parsed: dict[str, Any]) -> None:
        parsed["Users"] = [user for user in parsed["Users"] if user["UserName"] != name]

    return hide


def test_a_key_whose_user_is_missing_from_a_listing_is_not_taken_for_gone(
    account: AwsAccount,
) -> None:
    """IAM is asked for the key itself, and it goes on like any other."""
    key_id = account.create_key("alice", age=83)
    account.create_key("bob", age=10)
    account.run()
    with altered_response(account, LIST_USERS, hide_user("alice")):
        [deactivated] = account.run_after(7)["deactivated"]
        response = account.run_after(30)
    assert deactivated["access_key_id"] == key_id
    assert response["closed"] == []
    assert [entry["access_key_id"] for entry in response["deleted"]] == [key_id]


@pytest.mark.parametrize(
    ("code", "section"),
    [("NoSuchEntity", "closed"), ("AccessDenied", "closed"), ("Throttling", "failed")],
)
def test_a_key_is_closed_only_if_iam_says_that_it_is_gone(
    account: AwsAccount, code: str, section: str
) -> None:
    """For a key that does not exist, IAM may deny the call; then its user's keys decide."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.delete_key("alice", key_id)
    account.clients.iam.delete_user(UserName="alice")
    with refused(account, "iam.GetAccessKeyLastUsed", code):
        response = account.run_after(1)
    assert [entry["access_key_id"] for entry in response[section]] == [key_id]
    assert section == "closed" or response["closed"] == []
