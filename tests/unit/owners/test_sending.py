"""Which mails are sent now, and which have been overtaken."""

from dataclasses import replace
from typing import Any

import pytest

from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.domain.owners.owner import Owner
from key_rotation.domain.owners.sending import SendQuota, fitting, select_mails
from tests.unit.builders import days_ago
from tests.unit.owners.mail_builders import BY_TAG, an_owner_mail


def an_owner(*addresses: str) -> Owner:
    """Return an owner with these addresses."""
    return replace(BY_TAG, addresses=addresses)


def a_mail(
    kind: MailKind = MailKind.NOTICE, *, key: str = "AKIA1", ago: int = 0, **changed: Any
) -> OwnerMail:
    """Return a mail of a run of some days ago; its id names kind, key and day."""
    mail_id = f"{key}-{ago}-{kind}"
    return an_owner_mail(kind, mail_id=mail_id, access_key_id=key, at=days_ago(ago), **changed)


@pytest.mark.parametrize(("count", "messages"), [(1, 1), (5, 5), (6, 1), (100, 1)])
def test_more_than_five_mails_of_a_run_to_one_owner_become_one(count: int, messages: int) -> None:
    mails = [a_mail(key=f"AKIA{n}") for n in range(count)]

    assert len(select_mails(mails).messages) == messages


def test_mails_of_different_runs_or_owners_stay_apart() -> None:
    mails = [a_mail(key=f"AKIA{n}", ago=n % 2) for n in range(10)]
    mails += [a_mail(key=f"AKIB{n}", owner=an_owner(f"{n}@example.com")) for n in range(6)]

    assert len(select_mails(mails).messages) == 16


def test_the_oldest_mails_come_first() -> None:
    mails = [a_mail(key="AKIA1"), a_mail(key="AKIA2", ago=3), a_mail(key="AKIA3", ago=2)]

    assert [m.access_key_id for [m] in select_mails(mails).messages] == ["AKIA2", "AKIA3", "AKIA1"]


@pytest.mark.parametrize("kind", [MailKind.NOTICE, MailKind.REMINDER])
@pytest.mark.parametrize("later", list(MailKind))
def test_what_announces_a_day_is_overtaken_by_each_later_mail_of_its_key(
    kind: MailKind, later: MailKind
) -> None:
    waiting, last = a_mail(kind, ago=2), a_mail(later)

    selection = select_mails([last, waiting])

    assert (selection.messages, selection.overtaken) == (((last,),), (waiting,))


@pytest.mark.parametrize(
    "kind", [MailKind.DEACTIVATED, MailKind.DELETED, MailKind.EXTENDED, MailKind.WITHDRAWN]
)
def test_what_has_happened_is_said_however_late(kind: MailKind) -> None:
    waiting, last = a_mail(kind, ago=2), a_mail(MailKind.DELETED)

    assert select_mails([waiting, last]).messages == ((waiting,), (last,))


def test_the_same_key_in_another_account_overtakes_nothing() -> None:
    waiting, last = a_mail(ago=2), a_mail(account_id="210987654321")

    assert select_mails([waiting, last]).overtaken == ()


@pytest.mark.parametrize(
    ("left", "fit"), [(None, 3), (0, 0), (1, 1), (2, 1), (3, 2), (4, 3), (100, 3)]
)
def test_each_recipient_counts_for_the_quota(left: int | None, fit: int) -> None:
    """The second of three mails has two recipients."""
    two = an_owner("a@example.com", "b@example.com")
    mails = [a_mail(key="AKIA1", ago=3), a_mail(key="AKIA2", owner=two, ago=2)]
    selection = select_mails([*mails, a_mail(key="AKIA3", ago=1)])

    assert fitting(selection, SendQuota(left=left, per_second=1)) == fit
