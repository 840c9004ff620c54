"""No text that others wrote, however long, looks like a line of a mail."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.owners.mail_builders import BY_FALLBACK, an_owner_mail, composed

LINE = "5. Now"
PADS = ["x", "\u3164", "\u4e00", "\u2800"]
"""A letter, a letter that shows nothing, one of two columns, and a sign that shows nothing."""
OTHER_ACCOUNT = an_owner_mail(account_id="210987654321")
TEXTS: dict[str, Callable[[str], str]] = {
    "description": lambda text: composed(description=text).text,
    "alias": lambda text: composed(account_alias=text).text,
    "alias in a table": lambda text: (
        composed(an_owner_mail(account_alias=text), OTHER_ACCOUNT).text
    ),
    "problem": lambda text: composed(owner=replace(BY_FALLBACK, problem=text)).text,
    "user name": lambda text: composed(user_name=text).text,
}
"""The text of a mail with a text that others wrote, by what it is."""


@pytest.mark.no_cover
@pytest.mark.parametrize("pad", PADS)
@pytest.mark.parametrize("text", TEXTS)
def test_no_text_padded_to_the_width_of_a_line_can_forge_the_next_line(text: str, pad: str) -> None:
    for count in range(20, 76):  # a line has room for 50 to 70 columns
        for space in (" ", ""):
            lines = TEXTS[text](f"{pad * count}{space}{LINE}").splitlines()
            assert not any(line.strip().startswith(LINE) for line in lines)


def test_each_further_line_of_a_foreign_text_is_marked() -> None:
    text = composed(description=f"{'x' * 55} {LINE}").text
    assert f"  Description    {'x' * 55}\n  | {LINE}\n" in text
