"""The deployed function mails the owners of keys, with the permissions of its role alone.

Its sender is verified after the first days. eve gets her mails, those to dora bounce, and the tag
of vendor names an address outside the domains.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from local.demo.actors import Actors
from local.demo.mailboxes import Mailboxes, user_of_mail
from local.demo.playback import document
from local.demo.scenario_owners import BOUNCE, FALLBACK, SENDER, TAGS
from local.emulator.account import LocalAccount
from local.emulator.records import PublishedMessage, SentMail
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import disable_schedule

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
STALE = timedelta(days=400)
USERS = ("dora", "eve", "vendor")
NOTICE = GRACE = 3
VERIFIED, REMINDED, DEACTIVATED, DELETED = 2, 2, 3, 6
"""The days on which the sender is verified before the run, and on which the keys have news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one run sent; pending: the ids of the mails that were pending after it."""

    mails: Sequence[SentMail]
    digests: Sequence[PublishedMessage]
    pending: Sequence[str]
    error: Any

    def mails_to(self, address: str) -> list[str]:
        """Return the first line of each mail to an address."""
        return [mail.text.partition("\n")[0] for mail in self.mails if mail.to == (address,)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An account and its runs, one a day."""

    account: LocalAccount
    key_ids: dict[str, str]
    days: Sequence[Day]


@pytest.fixture(scope="module")
def story(account_with_owner_mail: AccountFactory) -> Iterator[Story]:
    """Give three keys a notice, and run until they are deleted."""
    with account_with_owner_mail(START) as account:
        disable_schedule(account)
        actors = Actors(account)
        for name, length in {"notice-days": NOTICE, "grace-days": GRACE}.items():
            actors.set_parameter(name, str(length))
        for user in USERS:
            account.create_user(user)
            actors.name_owner(user, *TAGS[user])
            actors.create_key(user, created=START - STALE)
        days = list(_days(account))
        yield Story(account=account, key_ids=dict(actors.key_ids), days=days)


@pytest.fixture
def days(story: Story) -> Sequence[Day]:
    """The runs, one a day."""
    return story.days


def _days(account: LocalAccount) -> Iterator[Day]:
    mailboxes = None
    for day in range(DELETED + 1):
        account.move_clock(to=START + timedelta(days=day, hours=1))
        if day == VERIFIED:
            mailboxes = Mailboxes(account)
        published = len(account.outbox())
        run = account.invoke({})
        yield Day(
            mails=mailboxes.take() if mailboxes else account.mails(),
            digests=account.outbox()[published:],
            pending=[
                item["sk"]
                for item in _items(account, "PENDING_MAIL")
                if item["sk"] != "#PROBLEMS"  # why mails are not sent
            ],
            error=run.error,
        )


def _items(account: LocalAccount, pk: str) -> list[dict[str, Any]]:
    """Read a partition of the ledger, as an administrator."""
    read = TypeDeserializer().deserialize
    answer = account.client("dynamodb").query(
        TableName=account.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
    )
    return [{name: read(value) for name, value in item.items()} for item in answer["Items"]]


def test_each_run_completes(days: Sequence[Day]) -> None:
    assert [day.error for day in days] == [None] * (DELETED + 1)


def test_mails_of_a_sender_that_is_not_verified_wait_and_the_next_digests_say_why(
    days: Sequence[Day],
) -> None:
    assert [day.mails for day in days[:VERIFIED]] == [[], []]
    assert [len(day.pending) for day in days[:VERIFIED]] == [len(USERS)] * 2
    told = [
        (day, digest)
        for day in range(len(days))
        for digest in days[day].digests
        if "The last mails to owners were not sent" in digest.text
    ]
    assert [day for day, _ in told] == [1, VERIFIED]  # the day after, and until mails were sent
    (problem,) = {document(digest)["mail_problems"]["send"] for _, digest in told}
    assert problem.startswith("SendEmail: MessageRejected: Email address is not verified.")
    assert SENDER in problem


def test_one_mail_a_key_is_sent_once_it_is_verified(days: Sequence[Day]) -> None:
    """The reminder of that day: it overtakes the notice that waited."""
    assert len(days[VERIFIED].mails) == len(USERS)
    assert [day.pending for day in days[VERIFIED:]] == [[]] * (DELETED + 1 - VERIFIED)


def test_the_owner_hears_of_each_step(days: Sequence[Day]) -> None:
    told = {number: day.mails_to("eve@example.com") for number, day in enumerate(days)}
    key = "n AWS access key of eve"
    assert {number: lines for number, lines in told.items() if lines} == {
        REMINDED: [f"Reminder: a{key} stops working on Thu 4 Jun 2026"],
        DEACTIVATED: [f"A{key} no longer works"],
        DELETED - 1: [f"Reminder: a{key} is deleted on Sun 7 Jun 2026"],
        DELETED: [f"A{key} was deleted"],
    }


def test_a_mail_that_bounces_reaches_the_fallback_and_one_digest_names_the_address(
    days: Sequence[Day],
) -> None:
    assert len(days[VERIFIED].mails_to("dora@example.com")) == 1
    assert all(not day.mails_to("dora@example.com") for day in days[VERIFIED + 1 :])
    again = [mail for mail in days[VERIFIED + 1].mails if user_of_mail(mail) == "dora"]
    assert {mail.to for mail in again} == {(FALLBACK,)}
    assert [mail.text.partition("\n")[0] for mail in again] == [
        "An AWS access key of dora no longer works"  # and not the reminder: the day has come
    ]
    named = [
        (number, digest)
        for number, day in enumerate(days)
        for digest in day.digests
        if document(digest)["owners_not_reached"]
    ]
    ((number, digest),) = named
    (found,) = document(digest)["owners_not_reached"]
    assert (number, found["address"], found["words"]) == (VERIFIED + 1, "dora@example.com", BOUNCE)
    assert "OWNERS NOT REACHED (1)" in digest.text


def test_no_mail_goes_to_an_address_outside_the_domains(days: Sequence[Day]) -> None:
    recipients = {(user_of_mail(mail), *mail.to) for day in days for mail in day.mails}
    assert recipients == {
        ("dora", "dora@example.com"),
        ("dora", FALLBACK),
        ("eve", "eve@example.com"),
        ("vendor", FALLBACK),
    }


def test_the_ledger_has_what_became_of_each_mail(story: Story) -> None:
    """The events on the mails of the last day are still in the queue."""
    states = {
        user: [each["state"] for each in _items(story.account, f"MAIL#{story.key_ids[user]}")]
        for user in USERS
    }
    assert states["eve"] == ["delivered"] * 3 + ["accepted"]
    assert states["vendor"] == ["delivered"] * 3 + ["accepted"]
    assert sorted(states["dora"]) == ["accepted"] + ["bounced"] + ["delivered"] * 2


@pytest.mark.parametrize(
    "partition", ["HISTORY#{}", "MAIL#{}", "NOTICE_MAIL", "MAIL_MESSAGE", "UNREACHABLE_ADDRESS"]
)
def test_the_role_deletes_pending_mails_and_nothing_that_must_stay(
    story: Story, partition: str
) -> None:
    account, ledger = story.account, story.account.role_session().client("dynamodb")
    table = account.outputs["TableName"]
    pending = {"pk": {"S": "PENDING_MAIL"}, "sk": {"S": "sample"}}
    ledger.delete_item(TableName=table, Key=pending)
    key = {"pk": {"S": partition.format(story.key_ids["eve"])}, "sk": {"S": "sample"}}
    with pytest.raises(ClientError, match=r"\(AccessDenied.* dynamodb:DeleteItem"):
        ledger.delete_item(TableName=table, Key=key)
