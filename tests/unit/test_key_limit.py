"""Which key a user with two keys deletes before making a new one."""

import pytest

from key_rotation.domain.key_details import NewerKey
from key_rotation.domain.model import NEVER_USED, AccessKey, LastUse, User
from key_rotation.reporting.key_limit import keys_to_delete
from key_rotation.reporting.outcome import Outcome, Section
from tests.unit.builders import a_key, an_outcome, days_ago, used

OLD, NEW = "AKIAOLD", "AKIANEW"


def old(status: str = "Active") -> AccessKey:
    """The older key of a user."""
    return a_key(age=90, key_id=OLD, status=status)


def new(status: str = "Active") -> AccessKey:
    """The newer key of the user."""
    return a_key(age=85, key_id=NEW, status=status)


def notice(key_id: str) -> Outcome:
    """The notice of a key."""
    return an_outcome(key_id=key_id)


def exempt(key_id: str) -> Outcome:
    """An exempt key."""
    return an_outcome(Section.EXEMPT, key_id=key_id, triggers_digest=False)


@pytest.mark.parametrize(
    ("keys", "last_uses", "first"),
    [
        ([old()], {}, None),
        ([old(), new("Inactive")], {}, NEW),
        ([old("Inactive"), new()], {NEW: NEVER_USED}, OLD),
        ([old(), new()], {OLD: used(days_ago(1)), NEW: NEVER_USED}, NEW),
        ([old(), new()], {OLD: used(days_ago(9)), NEW: used(days_ago(2))}, OLD),
        ([old(), new()], {OLD: used(days_ago(2)), NEW: used(days_ago(9))}, NEW),
        ([old(), new()], {OLD: used(days_ago(2))}, OLD),
        ([old(), new()], {NEW: used(days_ago(2))}, NEW),
        ([old(), new()], {}, OLD),
        ([old(), new("Expired")], {OLD: used(days_ago(1))}, OLD),
    ],
)
def test_the_key_that_is_missed_least_is_deleted_first(
    keys: list[AccessKey], last_uses: dict[str, LastUse], first: str | None
) -> None:
    """Both keys got a notice; a last use that is not known counts as the latest."""
    outcomes = [notice(key.access_key_id) for key in keys]
    newer = {OLD: NewerKey(access_key_id=NEW, last_use=None)}
    found = keys_to_delete(outcomes, keys, newer, last_uses)
    expected = {} if first is None else dict.fromkeys((OLD, NEW), first)
    assert {key_id: each.access_key_id for key_id, each in found.items()} == expected


def test_a_newer_key_that_stays_needs_no_other() -> None:
    newer = {OLD: NewerKey(access_key_id=NEW, last_use=None)}
    keys = [old(), new()]
    assert keys_to_delete([notice(OLD)], keys, newer, {}) == {}
    assert keys_to_delete([notice(OLD), exempt(NEW)], keys, newer, {}) == {}
    assert set(keys_to_delete([notice(OLD), notice(NEW)], keys, newer, {})) == {OLD, NEW}


def test_an_exempt_key_is_deleted_last() -> None:
    keys = [old(), new()]
    last_uses = {OLD: NEVER_USED, NEW: used(days_ago(1))}
    [first] = keys_to_delete([notice(NEW), exempt(OLD)], keys, {}, last_uses).values()
    assert first.access_key_id == NEW


def test_the_keys_of_other_users_do_not_count() -> None:
    bob = User(name="bob", path="/", user_id="AIDABOB")
    keys = [old(), a_key(key_id=NEW, user=bob)]
    assert keys_to_delete([notice(OLD)], keys, {}, {}) == {}


def test_in_report_mode_no_key_is_to_be_deleted() -> None:
    outcomes = [an_outcome(key_id=OLD, dry_run=True)]
    assert keys_to_delete(outcomes, [old(), new("Inactive")], {}, {}) == {}
