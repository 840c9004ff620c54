"""Fuzz: an answer of IAM that is not whole is no answer, and never reads as "never used"."""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from key_rotation.adapters.iam_reads import find_key_owner, list_keys, list_users, read_last_use
from key_rotation.domain.model import ListedUser, Status
from key_rotation.errors import ListUsersError, UnreadableError
from tests.unit.builders import ALICE, KEY_ID, NOON, a_key

FUZZ = settings(max_examples=300, deadline=None, derandomize=True, database=None)
VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(NOON),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
USED = {"LastUsedDate": NOON, "ServiceName": "s3", "Region": "eu-west-1"}
NEVER = {"ServiceName": "N/A", "Region": "N/A"}
USER = {"UserName": "alice", "Path": "/", "UserId": "AIDAALICE", "CreateDate": NOON}
KEY = {"UserName": "alice", "AccessKeyId": KEY_ID, "Status": "Active", "CreateDate": NOON}


def fewer(whole: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields, each of its type, as boto reads it; and perhaps one that nobody knows."""
    kept = st.sets(st.sampled_from(sorted(whole))).map(lambda names: {n: whole[n] for n in names})
    more = st.dictionaries(st.sampled_from(["Extra", "Marker2"]), VALUE, max_size=1)
    return st.builds(lambda some, other: some | other, kept, more)


def iam(**answers: Any) -> Any:
    """A client that answers so; each listing in one page."""

    def pages(name: str) -> SimpleNamespace:
        def paginate(**_: Any) -> Iterator[Any]:
            yield answers[name]

        return SimpleNamespace(paginate=paginate)

    def last_used(**_: Any) -> Any:
        return answers["last_used"]

    return SimpleNamespace(get_paginator=pages, get_access_key_last_used=last_used)


@FUZZ
@given(
    owner=st.sampled_from(["alice", "bob", "ALICE", ""]),
    used=st.one_of(fewer(USED), fewer(NEVER)),
    missing=st.sampled_from(["", "UserName", "AccessKeyLastUsed"]),
)
@example(owner="alice", used={}, missing="")
@example(owner="alice", used={"ServiceName": "s3"}, missing="")
@example(owner="alice", used={"Region": "N/A"}, missing="")
def test_a_last_use_is_read_whole_or_not_at_all(
    owner: str, used: dict[str, Any], missing: str
) -> None:
    answer = {"UserName": owner, "AccessKeyLastUsed": used}
    answer.pop(missing, None)
    client = iam(last_used=answer)
    assert find_key_owner(client, KEY_ID) == answer.get("UserName")
    try:
        last_use = read_last_use(client, a_key())
    except UnreadableError:
        return
    assert (owner, missing) == ("alice", "")
    if last_use.at is None:
        assert "LastUsedDate" not in used
        assert used["ServiceName"] == "N/A"
    else:
        assert last_use.at == used["LastUsedDate"]


@FUZZ
@given(keys=st.lists(fewer(KEY) | st.just(KEY), max_size=3), other=VALUE, named=st.booleans())
@example(keys=[KEY | {"Status": "Expired"}], other=None, named=True)
def test_keys_are_read_whole_or_not_at_all(
    keys: list[dict[str, Any]], other: Any, *, named: bool
) -> None:
    answer = {"AccessKeyMetadata" if named else "Other": keys, "Extra": other}
    try:
        read = list_keys(iam(list_access_keys=answer), ALICE)
    except UnreadableError:
        return
    assert named
    assert [key.access_key_id for key in read] == [key["AccessKeyId"] for key in keys]
    for key, found in zip(read, keys, strict=True):
        assert (key.status is Status.ACTIVE) == (found["Status"] == "Active")
        assert isinstance(cast("object", key.created), datetime)


@FUZZ
@given(users=st.lists(fewer(USER) | st.just(USER), max_size=3), named=st.booleans())
def test_users_are_listed_whole_or_the_listing_broke_off(
    users: list[dict[str, Any]], *, named: bool
) -> None:
    list_them: Callable[[], tuple[ListedUser, ...]] = lambda: list_users(  # noqa: E731
        iam(list_users={"Users" if named else "Other": users})
    )
    whole = named and all(USER.keys() <= user.keys() for user in users)
    if whole:
        assert len(list_them()) == len(users)
    else:
        with pytest.raises(ListUsersError):
            list_them()
