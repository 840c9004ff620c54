"""The HTML of a mail: small, inline styles, and nothing from outside."""

import re

import pytest

from tests.unit.owners.example_mails import example_mails
from tests.unit.owners.mail_builders import an_owner_mail, composed
from tests.unit.owners.mail_reader import ATTRIBUTES, TAGS, MailReader

MAX_BYTES = 20_000
every_example = pytest.mark.parametrize("name", sorted(example_mails()))


@every_example
def test_a_mail_is_below_20_kilobytes(name: str) -> None:
    assert len(example_mails()[name].html.encode()) < MAX_BYTES


@every_example
def test_a_mail_has_neither_links_nor_images_nor_scripts(name: str) -> None:
    html = example_mails()[name].html
    mail = MailReader(html)
    assert set(mail.tags) <= TAGS
    assert {attribute for attribute, _ in mail.attributes} <= ATTRIBUTES
    assert not re.search(r"url\(|@import|@font-face|https?:|mailto:|expression", html)


@every_example
def test_the_style_sheet_only_changes_colours_on_dark_screens(name: str) -> None:
    sheet = MailReader(example_mails()[name].html).sheet
    assert re.fullmatch(r"@media \(prefers-color-scheme:dark\)\{(\.[a-z,.]+\{[^{}]*\})+\}", sheet)
    properties = set(re.findall(r"([a-z-]+):#", sheet))
    assert properties <= {"color", "background", "border-color"}
    assert sheet.count("!important") == len(re.findall(r":#", sheet))


@every_example
def test_each_class_has_its_style_inline(name: str) -> None:
    html = example_mails()[name].html
    assert html.count('class="') == len(re.findall(r'class="[a-z]+" style="[^"]+"', html))


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</title></style><svg onload=alert(1)>",
    "&lt;b&gt;",
    "--><!-- [if mso]>",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_stays_text(text: str) -> None:
    html = composed(
        an_owner_mail(user_name=text, account_alias=text, description=text, run_id=text)
    ).html
    mail = MailReader(html)
    assert set(mail.tags) <= TAGS
    assert text in mail.text
    assert text.replace(" ", "-") in mail.text


def test_the_direction_of_a_description_does_not_change_its_surroundings() -> None:
    """Letters that are written from right to left stay in their element; marks are removed."""
    html = composed(description="\u202e\u05d0\u05d1\u05d2").html
    assert "<bdi>\u05d0\u05d1\u05d2</bdi>" in html
    assert "\u202e" not in html
