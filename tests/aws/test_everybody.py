"""Promise 7: every user of the account is looked at, page by page to the end."""

import pytest

from key_rotation.errors import ListingError
from key_rotation.reporting.measures import measure
from tests.aws.faults import in_pages, refused
from tests.aws.world import World

USERS = "iam.ListUsers"
KEYS = "iam.ListAccessKeys"


def test_the_pages_of_users_are_followed_to_the_end(world: World) -> None:
    """The first page is not the account."""
    keys = {world.key(f"user{n}", age=400) for n in range(7)}
    with in_pages(world, USERS, "Users", 2) as sizes:
        answer = world.run()
    assert sizes == [2, 2, 2, 1]
    assert answer["users"] == 7
    assert {entry["access_key_id"] for entry in answer["noticed"]} == keys


@pytest.mark.parametrize("page", [0, 1, 3])
@pytest.mark.parametrize("code", ["Throttling", "AccessDenied"])
def test_a_listing_of_users_that_breaks_off_on_any_page_raises(
    world: World, page: int, code: str
) -> None:
    """Those that were read are not taken for everybody: nothing is closed, and nobody is cut."""
    keys = [world.key(f"user{n}", age=400) for n in range(7)]
    world.put(notice_days="0")
    with (
        in_pages(world, USERS, "Users", 2),
        refused(world, USERS, code, nth=page),
        pytest.raises(ListingError, match="Nothing was changed"),
    ):
        world.run()
    assert {world.status(key_id) for key_id in keys} == {"Active"}
    assert world.items("WATCH") == []
    assert world.mails == []


def test_a_user_with_more_than_two_keys_has_them_all_looked_at(world: World) -> None:
    """Some accounts have a larger quota; pages of one key each are followed too."""
    keys = {world.key("alice", age=400 - n) for n in range(5)}
    young = world.key("alice", age=1)
    with in_pages(world, KEYS, "AccessKeyMetadata", 1) as sizes:
        answer = world.run()
    assert set(sizes) == {1}
    assert {entry["access_key_id"] for entry in answer["noticed"]} == keys
    assert answer["keys"] == 6
    assert len(world.after(7)["deactivated"]) == 5
    assert world.status(young) == "Active"


def test_keys_of_a_user_whose_second_page_fails_are_left_alone(world: World) -> None:
    """Half an answer is none: the keys on the first page are not decided without the others."""
    keys = [world.key("alice", age=400 - n) for n in range(4)]
    world.run()
    with (
        in_pages(world, KEYS, "AccessKeyMetadata", 2),
        refused(world, KEYS, "Throttling", of="alice", nth=1),
    ):
        answer = world.after(7)
    assert (answer["deactivated"], answer["closed"]) == ([], [])
    assert [(entry["user"], entry["access_key_id"]) for entry in answer["failed"]] == [
        ("alice", None)
    ]
    assert {world.status(key_id) for key_id in keys} == {"Active"}


def test_more_than_a_thousand_users_are_looked_at(world: World) -> None:
    """IAM gives at most a thousand on a page."""
    for n in range(1100):
        world.clients.iam.create_user(UserName=f"user{n}")
    last = world.key("zoe", age=400)
    with in_pages(world, USERS, "Users", 1000) as sizes:
        report = world.report()
    assert sizes == [1000, 101]
    assert [o.access_key_id for o in report.outcomes] == [last]
    assert measure(report)["RunCompleted"] == 1


def test_users_without_keys_are_counted_and_pass(world: World) -> None:
    world.clients.iam.create_user(UserName="alice")
    answer = world.run()
    assert (answer["users"], answer["keys"], answer["failed"]) == (1, 0, [])


def test_an_empty_account_is_a_complete_run(world: World) -> None:
    report = world.report()
    assert measure(report)["RunCompleted"] == 1
    assert report.outcomes == ()


LEGAL = [
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


@pytest.mark.parametrize("user", LEGAL)
def test_every_user_name_that_iam_allows_lives_through_it_all(world: World, user: str) -> None:
    key_id = world.key(user, age=83, path="/team/ci/")
    assert world.run()["noticed"][0]["user"] == user
    assert len(world.after(7)["deactivated"]) == 1
    assert f"--access-key-id {key_id}" in world.mails[-1]["text"]
    assert len(world.after(30)["deleted"]) == 1
    assert user in world.mails[-1]["text"]


def test_a_user_renamed_meanwhile_is_the_same_user(world: World) -> None:
    """The notice goes on, and is told under the new name."""
    key_id = world.key("alice", age=83)
    world.run()
    world.clients.iam.update_user(UserName="alice", NewUserName="alice.smith")
    world.rename_keys("alice", "alice.smith")
    [deactivated] = world.after(7)["deactivated"]
    assert (deactivated["user"], deactivated["access_key_id"]) == ("alice.smith", key_id)
    assert len(world.after(30)["deleted"]) == 1


def test_a_user_deleted_and_made_again_is_another_one(world: World) -> None:
    """The key of the first is closed; the key of the second gets a notice of its own."""
    first = world.key("alice", age=83)
    world.run()
    world.delete("alice", first)
    world.clients.iam.delete_user(UserName="alice")
    second = world.key("alice", age=83)
    answer = world.after(1)
    assert [entry["access_key_id"] for entry in answer["closed"]] == [first]
    assert [entry["access_key_id"] for entry in answer["noticed"]] == [second]
