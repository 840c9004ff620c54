"""The two parameters that exist only where owners of keys get mail."""

from dataclasses import replace

import pytest

from key_rotation.domain.settings import OWNER_NAMES, Settings
from key_rotation.errors import InvalidSettingsError
from tests.unit.builders import OWNER_VALUES, owner_settings, parameters, settings

PATH = "/key-rotation"


def test_the_tags_are_in_the_order_in_which_they_are_written() -> None:
    assert owner_settings(owner_tags="contact  team").owner_tags == ("contact", "team")


@pytest.mark.parametrize(("value", "requires"), [("try", False), ("require", True)])
def test_only_require_makes_a_key_wait_for_its_owner(value: str, *, requires: bool) -> None:
    assert owner_settings(owner_notice=value).requires_owner is requires


def test_without_mail_to_owners_there_are_no_such_settings() -> None:
    assert (settings().owner_tags, settings().requires_owner) == ((), False)


@pytest.mark.parametrize(
    "value",
    ["owner", "a b c d e f g h i j", "Owner.E-mail:v/1=+@", "\u00e9quipe", "k" * 128, " owner "],
)
def test_one_to_ten_keys_of_tags_are_accepted(value: str) -> None:
    assert owner_settings(owner_tags=value).owner_tags == tuple(value.split())


@pytest.mark.parametrize(
    "value",
    ["", "  ", "a b c d e f g h i j k", "owner,email", "owner*", "k" * 129, "owner Owner", "<a>"],
)
def test_other_tags_are_refused_with_the_whole_name_and_what_is_accepted(value: str) -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        owner_settings(owner_tags=value)

    [problem] = caught.value.problems
    assert problem == (
        f"The parameter /key-rotation/owner-tags has the value {value!r}; "
        "it accepts 1 to 10 keys of tags, separated by spaces."
    )


@pytest.mark.parametrize("value", ["", "Try", "required", "try ", "true", "none"])
def test_another_owner_notice_is_refused(value: str) -> None:
    with pytest.raises(InvalidSettingsError, match="it accepts try or require"):
        owner_settings(owner_notice=value)


@pytest.mark.parametrize("name", OWNER_NAMES)
def test_a_missing_one_is_named(name: str) -> None:
    raw = {k: found for k, found in parameters(**OWNER_VALUES).items() if k != name}

    with pytest.raises(InvalidSettingsError, match=f"/key-rotation/{name} is missing"):
        Settings.parse(raw, path=PATH, owners=True)


def test_an_edit_of_one_is_found() -> None:
    before = parameters(**OWNER_VALUES)
    now = owner_settings(owner_notice="require")

    assert now.after(before).edited == {"owner-notice"}
    assert replace(now, edited=frozenset()).after(now.raw).edited == frozenset()
