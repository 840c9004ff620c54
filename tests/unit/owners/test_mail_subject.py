"""The subject and the headers of a mail to an owner."""

from dataclasses import replace
from datetime import timedelta

import pytest

from key_rotation.domain.owners.mail import Coming, MailKind
from tests.unit.owners.example_mails import a_table
from tests.unit.owners.mail_builders import TERMS, TODAY, an_owner_mail, composed

NOTICE = "Action needed by Thu 3 Dec 2026: AWS access key ...MPLE of bob"
FIRST_DAY = TODAY + timedelta(days=7)


@pytest.mark.parametrize("kind", MailKind)
def test_later_mails_have_the_subject_of_the_notice_after_re(kind: MailKind) -> None:
    """So that mail programs show them as one conversation: the day is the first one named."""
    later = an_owner_mail(kind, subject_day=FIRST_DAY, due=TODAY + timedelta(days=99))
    expected = NOTICE if kind is MailKind.NOTICE else f"Re: {NOTICE}"
    assert composed(later).subject == expected


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("u" * 64, "u" * 64),
        ("a+b=c,d.e@f-g_h", "a+b=c,d.e@f-g_h"),
        ("bob\r\nBcc: eve@example.org", "bob-Bcc:-eve@example.org"),
        ("b\u00f6b\u202e", "b?b"),
        ("u" * 300, f"{'u' * 61}..."),
    ],
)
def test_the_subject_is_one_line_of_ascii(name: str, shown: str) -> None:
    subject = composed(user_name=name).subject
    assert subject == NOTICE.replace("bob", shown)
    assert len(subject) <= 200


def test_a_subject_has_no_whole_key_id() -> None:
    """It stands on locked screens."""
    assert an_owner_mail().access_key_id not in composed().subject


def test_a_table_names_the_first_day_and_the_number_of_keys() -> None:
    mails = [
        an_owner_mail(due=TODAY + timedelta(days=days), access_key_id=f"AKIA{days:016}")
        for days in (9, 7, 8)
    ]
    assert composed(*mails).subject == "Action needed by Thu 3 Dec 2026: 3 AWS access keys"


def test_a_table_in_which_nothing_comes_counts_what_happened() -> None:
    kinds = [MailKind.WITHDRAWN] * 2 + [MailKind.DELETED] * 4
    mails = [
        an_owner_mail(kind, access_key_id=f"AKIA{number:016}") for number, kind in enumerate(kinds)
    ]
    assert composed(*mails).subject == "6 AWS access keys: 4 deleted, 2 withdrawn"


def test_a_table_in_which_a_key_is_not_deleted_names_no_day_of_it() -> None:
    stays = an_owner_mail(MailKind.DEACTIVATED, due=None, comes=Coming.NOTHING, deletes=False)
    assert composed(stays, an_owner_mail()).subject.startswith("Action needed by Thu 3 Dec 2026")


@pytest.mark.parametrize("kind", MailKind)
def test_all_mails_of_a_thread_refer_to_the_same_id(kind: MailKind) -> None:
    headers = composed(an_owner_mail(kind, thread_id="t-1")).headers
    assert headers == {
        "Auto-Submitted": "auto-generated",
        "References": "<t-1@example.com>",
        "In-Reply-To": "<t-1@example.com>",
    }


def test_the_id_has_the_domain_of_the_sender() -> None:
    terms = replace(TERMS, sender="keys@mail.example.org")
    headers = composed(an_owner_mail(thread_id="t-1"), terms=terms).headers
    assert headers["References"] == "<t-1@mail.example.org>"


def test_a_table_refers_to_the_threads_of_its_keys_as_far_as_they_fit() -> None:
    """SES accepts 995 characters."""
    mails = a_table(100)
    headers = composed(*mails).headers
    references = headers["References"].split(" ")
    threads = {f"<{mail.thread_id}@example.com>" for mail in mails}
    assert len(references) > 1
    assert set(references) <= threads
    assert 995 - len(references[0]) <= len(headers["References"]) <= 995
    assert headers["In-Reply-To"] == references[0]


def test_an_id_that_does_not_fit_is_left_out() -> None:
    headers = composed(an_owner_mail(thread_id="t" * 1000)).headers
    assert headers == {"Auto-Submitted": "auto-generated"}
