"""One mail about several keys of an owner."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.reporting.owner_mail.table import HEADINGS
from tests.unit.owners.example_mails import NEWER_KEY, OTHER_KEY, a_table
from tests.unit.owners.mail_builders import (
    BY_FALLBACK,
    BY_NAME,
    KEY_ID,
    TODAY,
    an_owner_mail,
    composed,
)
from tests.unit.owners.mail_reader import MailReader
from tests.unit.test_commands import commands_in

MAX_BYTES = 200_000


def listed_keys(text: str) -> list[str]:
    """Return the ids of the keys that are listed, in their order."""
    return re.findall(r"^  \S+  (AKIA\w+)$", text, re.MULTILINE)


def longest(mails: list[OwnerMail]) -> list[OwnerMail]:
    """Return the mails with the longest names, each character of which HTML escapes."""
    return [replace(mail, user_name="'" * 64, account_alias='"' * 63) for mail in mails]


@pytest.mark.parametrize("count", [2, 6, 50, 200])
def test_up_to_200_keys_are_all_listed(count: int) -> None:
    mails = a_table(count)
    mail = composed(*mails)
    keys = listed_keys(mail.text)
    assert sorted(keys) == [each.access_key_id for each in mails]
    assert "do not fit" not in mail.text
    assert len(mail.html.encode()) < MAX_BYTES
    in_html = MailReader(mail.html).text
    assert all(key in in_html for key in keys)


def test_of_1000_keys_the_first_200_are_listed_and_the_rest_is_counted() -> None:
    mail = composed(*a_table(1000))
    assert len(listed_keys(mail.text)) == 200
    assert "And 800 more that do not fit into this mail" in mail.text
    assert (
        "The first 200 keys are listed. All are in the e-mail of key rotation of the same day. For"
        " it, ask cloud-security@example.com." in " ".join(mail.text.split())
    )
    assert mail.subject.endswith(": 1,000 AWS access keys")
    assert len(mail.html.encode()) < MAX_BYTES


@pytest.mark.parametrize("count", [6, 50, 1000])
def test_with_the_longest_names_fewer_keys_are_listed_instead_of_a_larger_mail(count: int) -> None:
    mail = composed(*longest(a_table(count)))
    assert len(mail.html.encode()) < MAX_BYTES
    shown = mail.text.count("\n  ''")
    assert min(count, 100) <= shown <= 200
    assert ("do not fit" in mail.text) == (shown < count)


def test_keys_stand_below_what_happened_to_them_the_most_urgent_first() -> None:
    mails = [an_owner_mail(kind, access_key_id=f"AKIA{n:016}") for n, kind in enumerate(MailKind)]
    text = composed(*mails).text
    places = [text.index(f"{heading} (1)") for heading in HEADINGS.values()]
    assert places == sorted(places)
    keys = {mail.kind: mail.access_key_id for mail in mails}
    assert listed_keys(text) == [keys[kind] for kind in HEADINGS]


def test_of_one_kind_the_first_day_comes_first() -> None:
    mails = [
        an_owner_mail(access_key_id=f"AKIA{days:016}", due=TODAY + timedelta(days=days))
        for days in (9, 7, 8)
    ]
    assert listed_keys(composed(*mails).text) == [f"AKIA{days:016}" for days in (7, 8, 9)]


def test_the_account_stands_once_if_it_is_the_same() -> None:
    mails = [an_owner_mail(access_key_id=f"AKIA{n:016}") for n in range(6)]
    assert composed(*mails).text.count("123456789012") == 1
    other = replace(mails[0], account_id="210987654321", account_alias="")
    text = composed(other, *mails[1:]).text
    assert text.count("    in account example-prod (123456789012)\n") == 5
    assert text.count("    in account 210987654321\n") == 1


def test_each_row_has_its_day_its_last_use_and_what_is_different_in_its_steps() -> None:
    this = replace(OTHER_KEY, access_key_id=KEY_ID)
    text = composed(
        an_owner_mail(access_key_id="AKIA1", to_delete=OTHER_KEY),
        an_owner_mail(access_key_id="AKIA2", newer=NEWER_KEY),
        an_owner_mail(access_key_id=KEY_ID, to_delete=this),
        an_owner_mail(MailKind.DEACTIVATED, access_key_id="AKIA4", deletes=False, due=None),
    ).text
    use = "    stops working on Thu 3 Dec 2026, in seven days\n    used two days ago to call s3 in"
    assert f"  bob  AKIA1\n{use} eu-west-1\n    delete {OTHER_KEY.access_key_id} first\n" in text
    assert f"  bob  AKIA2\n{use} eu-west-1\n    use the newer key {OTHER_KEY.access_key_id}" in text
    assert f"  bob  {KEY_ID}\n{use} eu-west-1\n    delete this key before the new one" in text
    assert "  bob  AKIA4\n    not deleted\n" in text


@pytest.mark.parametrize(
    ("kinds", "verbs"),
    [
        ([MailKind.NOTICE], ["create", "get", "update"]),
        ([MailKind.DEACTIVATED], ["update", "get"]),
        ([MailKind.NOTICE, MailKind.EXTENDED], ["create", "get", "update", "update", "get"]),
        ([MailKind.WITHDRAWN, MailKind.DELETED], []),
    ],
)
def test_the_steps_are_those_for_what_is_listed(kinds: list[MailKind], verbs: list[str]) -> None:
    mails = [an_owner_mail(kind) for kind in kinds * 3]
    mail = composed(*mails)
    commands = commands_in(mail.text)
    assert [command.split()[2].split("-")[0] for command in commands] == verbs
    assert all("USER" in command or "KEY" in command for command in commands)
    assert MailReader(mail.html).commands == commands
    assert ("If nothing is done" in mail.text) == bool(verbs)


def test_a_key_to_delete_first_has_its_step() -> None:
    commands = commands_in(composed(an_owner_mail(), an_owner_mail(to_delete=OTHER_KEY)).text)
    assert commands[0].startswith("aws iam delete-access-key")


def test_a_table_says_from_where_the_address_is_known() -> None:
    mails = [
        an_owner_mail(),
        an_owner_mail(user_name="eve"),
        an_owner_mail(user_name="bob@example.com", owner=BY_NAME),
        an_owner_mail(user_name="mallory", owner=BY_FALLBACK),
    ]
    text = " ".join(composed(*mails).text.split())
    assert (
        "Your address comes from the tag owner-email of 2 users; from the name of 1 user; from the"
        " addresses for 1 user without a known owner." in text
    )


@pytest.mark.parametrize(
    ("kinds", "title"),
    [
        ([MailKind.NOTICE] * 6, "6 AWS access keys stop working, the first on Thu 3 Dec 2026"),
        ([MailKind.NOTICE, MailKind.DELETED], "1 AWS access key stops working on Thu 3 Dec 2026"),
        ([MailKind.DELETED] * 6, "News of 6 AWS access keys"),
    ],
)
def test_the_title_names_the_first_day_on_which_keys_stop_working(
    kinds: list[MailKind], title: str
) -> None:
    assert composed(*map(an_owner_mail, kinds)).text.startswith(f"{title}\n")
