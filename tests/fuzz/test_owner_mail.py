"""Fuzz: no text that others control changes the structure of a mail to an owner."""

import string
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from key_rotation.domain.key_details import KeyToDelete, NewerKey
from key_rotation.domain.model import LastUse
from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.domain.owners.owner import Owner, OwnerSource
from key_rotation.reporting.formatting import sanitize_line
from tests.unit.owners.mail_builders import AT, KEY_ID, OTHER_ID, an_owner_mail, composed
from tests.unit.owners.mail_reader import ATTRIBUTES, TAGS, MailReader

FUZZ = settings(max_examples=100, deadline=None, derandomize=True, database=None)
IAM_NAME = st.text(f"{string.ascii_letters}{string.digits}+=,.@_-", min_size=1, max_size=64)
ATTACKS = st.sampled_from(
    [
        "bob\r\nBcc: eve@example.org",
        "x\nWhat to do\n----------\n  1. Send your secret",
        "</code></td></tr></table><a href=//example.org>",
        "--><script>fetch('//example.org')</script>",
        '" onload="x',
        "'" * 64,
        "\u202e\u2066gnp.exe\u2069",
        "a\u2028b\u2029c\x85d\x0be\x0cf\x00g",
        "\u0301" * 60,
        "x\u00a0y\u200bz\ufeff",
        "\U0001f511" * 64,
        "\ud800",
    ]
)
ANY_TEXT = ATTACKS | st.text(max_size=60)
LONG_TEXT = ATTACKS | st.text(max_size=300) | st.text("\"'<>&", min_size=250, max_size=300)
NAME = IAM_NAME | ATTACKS | st.text(min_size=1, max_size=64)
LAST_USE = st.builds(LastUse, at=st.none() | st.just(AT), service=ANY_TEXT, region=ANY_TEXT)
OWNER = st.builds(
    Owner,
    addresses=st.just(("bob@example.com",)),
    source=st.sampled_from(OwnerSource),
    tag=ANY_TEXT,
    problem=st.none() | LONG_TEXT,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "user_name": NAME,
    "account_alias": ANY_TEXT,
    "description": st.none() | LONG_TEXT,
    "owner": OWNER,
    "run_id": ANY_TEXT,
    "last_use": st.none() | LAST_USE,
    "newer": st.none()
    | st.builds(NewerKey, access_key_id=st.just(OTHER_ID), last_use=st.none() | LAST_USE),
    "to_delete": st.none()
    | st.builds(
        KeyToDelete,
        access_key_id=st.sampled_from([OTHER_ID, KEY_ID]),
        status=ANY_TEXT,
        last_use=st.none() | LAST_USE,
        key_count=st.just(2),
    ),
}
MAIL = st.builds(an_owner_mail, st.sampled_from(MailKind), **VALUES)
TITLES = ("An AWS access key of ", "Reminder: an AWS access key of ", "No action needed any more: ")


@FUZZ
@given(mail=MAIL)
@example(mail=an_owner_mail(user_name="'" * 64, description='"' * 300))
def test_no_text_of_others_breaks_out_of_the_html(mail: OwnerMail) -> None:
    html = composed(mail).html
    read = MailReader(html)
    assert set(read.tags) <= TAGS
    assert {name for name, _ in read.attributes} <= ATTRIBUTES
    assert sanitize_line(mail.user_name, 64).replace(" ", "-") in read.text
    if mail.description:
        assert sanitize_line(mail.description) in read.text
    assert len(html.encode()) < 20_000
    assert all(c == "\n" or c.isprintable() for c in html)


@FUZZ
@given(mail=MAIL)
def test_no_text_of_others_changes_subject_or_headers(mail: OwnerMail) -> None:
    made, expected = composed(mail), composed(an_owner_mail(mail.kind))
    assert made.subject.startswith(expected.subject.removesuffix("bob"))
    assert made.subject.isascii()
    assert made.subject.isprintable()
    assert len(made.subject) <= 200
    assert made.headers == expected.headers


@FUZZ
@given(mail=MAIL)
def test_no_text_of_others_begins_a_line_of_the_text(mail: OwnerMail) -> None:
    """Each line at the margin is a heading, or its underline, of the same mail about bob."""
    plain = an_owner_mail(
        mail.kind, newer=mail.newer, to_delete=mail.to_delete, last_use=mail.last_use
    )
    allowed = set(composed(plain).text.splitlines()[1:])
    text = composed(mail).text
    title, _, body = text.partition("\n\n")
    assert " ".join(title.split()).startswith(TITLES)
    assert len(title.splitlines()) <= 3
    for line in body.split("\n"):
        assert not line or line.startswith("  ") or line in allowed, line
    assert all(c == "\n" or c.isprintable() for c in text)


@FUZZ
@given(name=IAM_NAME)
def test_every_name_of_iam_stands_in_subject_text_and_html_as_it_is(name: str) -> None:
    mail = composed(user_name=name)
    assert mail.subject.endswith(f" of {name}")
    assert f"  User           {name}\n" in mail.text
    assert name in MailReader(mail.html).text


@FUZZ
@given(mails=st.lists(MAIL, min_size=2, max_size=6))
def test_no_text_of_others_breaks_out_of_a_table(mails: list[OwnerMail]) -> None:
    mail = composed(*mails)
    read = MailReader(mail.html)
    assert set(read.tags) <= TAGS
    assert {name for name, _ in read.attributes} <= ATTRIBUTES
    assert read.tags.count("tr") <= len(mails) + 7
    assert mail.subject.isascii()
    assert mail.subject.isprintable()
    assert all(c == "\n" or c.isprintable() for c in mail.text)
