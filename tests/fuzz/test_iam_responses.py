"""Fuzz: an incomplete response of IAM is an error, and never means "never used"."""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from key_rotation.adapters.iam_reads import find_key_owner, list_keys, list_users, read_last_use
from key_rotation.domain.model import Status
from key_rotation.errors import ListUsersError, UnreadableError
from tests.unit.builders import ALICE, KEY_ID, NOON, a_key

if TYPE_CHECKING:
    from key_rotation.domain.inventory import ListedUser

FUZZ = settings(max_examples=300, deadline=None, derandomize=True, database=None)
JSON_VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(NOON),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
USED = {"LastUsedDate": NOON, "ServiceName": "s3", "Region": "eu-west-1"}
NEVER_USED = {"ServiceName": "N/A", "Region": "N/A"}
USER = {"UserName": "alice", "Path": "/", "UserId": "AIDAALICE", "CreateDate": NOON}
KEY = {"UserName": "alice", "AccessKeyId": KEY_ID, "Status": "Active", "CreateDate": NOON}


def partial(complete: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return some of the fields, each with its type, and perhaps an unknown one."""
    kept = st.sets(st.sampled_from(sorted(complete))).map(
        lambda names: {n: complete[n] for n in names}
    )
    more = st.dictionaries(st.sampled_from(["Extra", "Marker2"]), JSON_VALUE, max_size=1)
    return st.builds(lambda fields, extra: fields | extra, kept, more)


def fake_iam(**answers: Any) -> Any:
    """Return a client with these responses; each listing has one page."""

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
    used=st.one_of(partial(USED), partial(NEVER_USED)),
    missing=st.sampled_from(["", "UserName", "AccessKeyLastUsed"]),
)
@example(owner="alice", used={}, missing="")
@example(owner="alice", used={"ServiceName": "s3"}, missing="")
@example(owner="alice", used={"Region": "N/A"}, missing="")
def test_a_last_use_is_read_from_a_complete_response_only(
    owner: str, used: dict[str, Any], missing: str
) -> None:
    answer = {"UserName": owner, "AccessKeyLastUsed": used}
    answer.pop(missing, None)
    client = fake_iam(last_used=answer)
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
@given(
    keys=st.lists(partial(KEY) | st.just(KEY), max_size=3),
    extra=JSON_VALUE,
    has_list_field=st.booleans(),
)
@example(keys=[KEY | {"Status": "Expired"}], extra=None, has_list_field=True)
def test_keys_are_read_from_a_complete_response_only(
    keys: list[dict[str, Any]], extra: Any, *, has_list_field: bool
) -> None:
    answer = {"AccessKeyMetadata" if has_list_field else "Other": keys, "Extra": extra}
    try:
        read = list_keys(fake_iam(list_access_keys=answer), ALICE)
    except UnreadableError:
        return
    assert has_list_field
    assert [key.access_key_id for key in read] == [key["AccessKeyId"] for key in keys]
    for key, listed in zip(read, keys, strict=True):
        assert (key.status is Status.ACTIVE) == (listed["Status"] == "Active")
        assert isinstance(cast("object", key.created), datetime)


@FUZZ
@given(users=st.lists(partial(USER) | st.just(USER), max_size=3), has_list_field=st.booleans())
def test_users_are_listed_from_complete_responses_only(
    users: list[dict[str, Any]], *, has_list_field: bool
) -> None:
    list_all: Callable[[], tuple[ListedUser, ...]] = lambda: list_users(  # noqa: E731
        fake_iam(list_users={"Users" if has_list_field else "Other": users})
    )
    complete = has_list_field and all(USER.keys() <= user.keys() for user in users)
    if complete:
        assert len(list_all()) == len(users)
    else:
        with pytest.raises(ListUsersError):
            list_all()
