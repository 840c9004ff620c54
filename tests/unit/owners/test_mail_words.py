"""What the mail to an owner says: its order, its days, whom to ask, and why it came."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from key_rotation.domain.model import NEVER_USED, LastUse
from key_rotation.domain.owners.mail import Coming, MailKind
from key_rotation.domain.owners.owner import Owner, OwnerSource
from key_rotation.reporting.owner_mail.compose import compose_mail
from key_rotation.reporting.owner_mail.words import relative
from tests.unit.owners.mail_builders import (
    AT,
    BY_FALLBACK,
    BY_NAME,
    BY_TAG,
    KEY_ID,
    TERMS,
    TODAY,
    an_owner_mail,
    composed,
    used,
)
from tests.unit.owners.mail_reader import MailReader


def words(text: str) -> str:
    """Return a text with one space between its words."""
    return " ".join(text.split())


def test_a_notice_says_everything_in_its_order() -> None:
    text = words(composed().text)
    parts = [
        "An AWS access key of bob stops working on Thu 3 Dec 2026",
        f"Key {KEY_ID}",
        "User bob",
        "Account example-prod (123456789012)",
        "Stops working Thu 3 Dec 2026, in seven days",
        "Something used this key two days ago, on Tue 24 Nov 2026, to call s3 in eu-west-1.",
        "What to do",
        "If nothing is done",
        "until it is deleted. If you may not, ask cloud-security@example.com.",
        "By the settings of today, it is deleted on Sat 2 Jan 2027 at the earliest",
        "If you need more time, ask cloud-security@example.com before Thu 3 Dec 2026.",
        "The tag owner-email of the user bob in account 123456789012 has your address.",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize("kind", MailKind)
def test_text_and_html_say_the_same(kind: MailKind) -> None:
    mail = composed(an_owner_mail(kind))
    html = MailReader(mail.html)
    in_html = words(html.text.replace("\n", " "))
    prose = [line for line in mail.text.splitlines() if line.startswith("  ")]
    for line in prose:
        if not line.startswith("      ") and line.strip()[:2] not in {"1.", "2.", "3.", "4."}:
            for word in line.split():
                assert word in in_html


@pytest.mark.parametrize(
    ("kind", "changed", "says", "never"),
    [
        (MailKind.NOTICE, {}, "please replace it before its day", "no longer works"),
        (MailKind.REMINDER, {}, "Reminder: an AWS access key of bob stops working on", "deletion"),
        (
            MailKind.REMINDER,
            {"comes": Coming.DELETION},
            "Reminder: an AWS access key of bob is deleted on",
            "stops working on",
        ),
        (MailKind.DEACTIVATED, {}, "It can be turned on again before Sat 26 Dec 2026.", "Reminder"),
        (
            MailKind.DEACTIVATED,
            {"due": None, "comes": Coming.NOTHING, "deletes": False},
            "It stays inactive, and is not deleted. At any time, whoever may change",
            "It is deleted",
        ),
        (MailKind.EXTENDED, {}, "is deleted later, on Thu 24 Dec 2026", "no longer works"),
        (
            MailKind.EXTENDED,
            {"due": None, "comes": Coming.NOTHING, "deletes": False},
            "An AWS access key of bob is not deleted",
            "deleted later",
        ),
        (MailKind.WITHDRAWN, {}, "you need to do nothing", "What to do"),
        (MailKind.DELETED, {}, "unused for 30 days. It cannot be restored.", "turn it on again"),
        (
            MailKind.NOTICE,
            {"deletes": False},
            "At any time, whoever may change the keys of bob can turn it on again.",
            "It is deleted",
        ),
    ],
)
def test_each_kind_has_its_own_text(
    kind: MailKind, changed: dict[str, object], says: str, never: str
) -> None:
    text = words(composed(an_owner_mail(kind, **changed)).text)
    assert says in text
    assert never not in text


@pytest.mark.parametrize("kind", MailKind)
def test_each_kind_names_the_key_the_user_and_the_account(kind: MailKind) -> None:
    text = composed(an_owner_mail(kind)).text
    for part in (KEY_ID, "bob", "example-prod (123456789012)"):
        assert part in text


@pytest.mark.parametrize(
    ("alias", "partition", "account"),
    [
        ("example-prod", "aws", "example-prod (123456789012)\n"),
        ("", "aws", "123456789012\n"),
        ("example-prod", "aws-us-gov", "example-prod (123456789012), AWS GovCloud (US)\n"),
        ("", "aws-cn", "123456789012, AWS China\n"),
    ],
)
def test_the_account_has_its_alias_and_its_partition(
    alias: str, partition: str, account: str
) -> None:
    terms = replace(TERMS, partition=partition)
    text = composed(an_owner_mail(account_alias=alias), terms=terms).text
    assert f"Account        {account}" in text


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (-11, "11 days ago"),
        (-10, "ten days ago"),
        (-2, "two days ago"),
        (-1, "yesterday"),
        (0, "today"),
        (1, "tomorrow"),
        (2, "in two days"),
        (10, "in ten days"),
        (11, "in 11 days"),
        (1000, "in 1,000 days"),
    ],
)
def test_how_far_away_a_day_is_stands_in_words(days: int, text: str) -> None:
    assert relative(TODAY + timedelta(days=days), TODAY) == text


@pytest.mark.parametrize(
    ("last_use", "sentence"),
    [
        (used(2), "Something used this key two days ago, on Tue 24 Nov 2026, to call s3 in"),
        (LastUse(at=AT), "Something used this key today, on Thu 26 Nov 2026, for a service that"),
        (NEVER_USED, "Nothing has ever used this key, as far as IAM knows."),
        (None, "When this key was last used is not known."),
    ],
)
def test_the_last_use_is_a_sentence(last_use: LastUse | None, sentence: str) -> None:
    assert sentence in words(composed(last_use=last_use).text)


@pytest.mark.parametrize("kind", [MailKind.WITHDRAWN, MailKind.DELETED])
def test_where_nothing_is_to_be_done_an_unknown_last_use_is_not_mentioned(kind: MailKind) -> None:
    assert "not known" not in composed(an_owner_mail(kind, last_use=None)).text


def test_days_are_those_of_the_calendar_in_force() -> None:
    """At 06:00 UTC it is still the day before in Los Angeles."""
    terms = replace(TERMS, zone=ZoneInfo("America/Los_Angeles"))
    mail = an_owner_mail(created=AT, last_use=LastUse(at=AT, service="s3", region="eu-west-1"))
    text = words(composed(mail, terms=terms, today=date(2026, 11, 26)).text)
    assert "yesterday, on Wed 25 Nov 2026" in text
    assert "created on Wed 25 Nov 2026" in text


def test_a_mail_that_is_sent_later_counts_from_that_day() -> None:
    text = composed(an_owner_mail(), today=TODAY + timedelta(days=2)).text
    assert "Thu 3 Dec 2026, in five days" in text
    assert "four days ago" in words(text)


@pytest.mark.parametrize(
    ("contact", "reply_to", "ask"),
    [
        ("sec@example.com", "", "ask sec@example.com before"),
        ("sec@example.com", "reply@example.com", "ask sec@example.com before"),
        (
            "https://example.com/keys?a=1",
            "",
            "ask at https://example.com/keys?a=1 before",
        ),
        ("", "reply@example.com", "answer this mail, or write to reply@example.com before"),
        ("", "", "ask the team that runs key rotation before"),
    ],
)
def test_whom_to_ask_is_the_contact_else_the_reply_address_else_the_team(
    contact: str, reply_to: str, ask: str
) -> None:
    terms = replace(TERMS, contact=contact, reply_to=reply_to)
    mail = composed(an_owner_mail(), terms=terms)
    assert f"If you need more time, {ask} Thu 3 Dec 2026." in words(mail.text)
    assert "href" not in mail.html


NO_ADDRESS = "neither a tag nor the user name has an address"


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        (BY_TAG, "The tag owner-email of the user bob in account 123456789012 has your address."),
        (replace(BY_TAG, problem=NO_ADDRESS), "has your address. Sent by key rotation"),
        (BY_NAME, "The name of the user bob in account 123456789012 is your address."),
        (
            BY_FALLBACK,
            "such as those of bob. In detail: tag email: 'bob' is no e-mail address.",
        ),
        (Owner(addresses=(), source=OwnerSource.NONE, problem=NO_ADDRESS), f"{NO_ADDRESS}."),
    ],
)
def test_the_mail_says_why_it_came(owner: Owner, reason: str) -> None:
    assert reason in words(composed(owner=owner).text)


def test_nobody_is_asked_for_a_secret() -> None:
    text = words(composed().text)
    assert "It never asks for a password, or for the secret of a key." in text


def test_a_mail_about_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match="no key"):
        compose_mail([], TERMS, today=TODAY)


@pytest.mark.parametrize("kind", MailKind)
@pytest.mark.parametrize("comes", [Coming.DEACTIVATION, Coming.DELETION])
def test_more_time_is_offered_only_while_the_key_works(kind: MailKind, comes: Coming) -> None:
    text = composed(an_owner_mail(kind, comes=comes)).text
    works = kind in {MailKind.NOTICE, MailKind.REMINDER} and comes is Coming.DEACTIVATION
    assert ("If you need more time" in text) == works
    assert ("If anything is unclear" in text) == (not works)
