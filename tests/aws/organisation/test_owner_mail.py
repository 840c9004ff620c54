"""Mail to the owners of keys in the accounts of an organization: the hub sends it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from moto.iam.models import iam_backends

from tests.aws.organisation.hub import FIRST, OWN, PRODUCTION, SECOND
from tests.aws.organisation.organisation import FinishedRun, Organisation
from tests.aws.owner_mail.conftest import FALLBACK, environment
from tests.aws.owner_mail.fakes import FakeQueue, FakeSes, bounce


@dataclass(kw_only=True)
class MailingOrganisation:
    """An organization whose owners of keys get mail."""

    organisation: Organisation
    ses: FakeSes
    queue: FakeQueue

    def create_key(self, user: str, account_id: str, *, owner: str | None = "") -> str:
        """Create a key that gets its notice today; `owner` is as in the fixture of one account."""
        key_id = self.organisation.create_key(user, age=83, account_id=account_id)
        if owner is not None:
            value = owner or f"{user}@example.com"
            backend = iam_backends[account_id]["aws"]
            backend.tag_user(user, [{"Key": "owner-email", "Value": value}])
        return key_id

    def run(self, days: int = 0) -> tuple[list[dict[str, Any]], FinishedRun]:
        """Let days pass, then run; returns the mails that were sent, and what came of the run."""
        before = len(self.ses.sent)
        self.queue.show_again()
        self.organisation.account.now += timedelta(days=days)
        finished = self.organisation.run()
        return self.ses.sent[before:], finished


@pytest.fixture
def mailing(organisation: Organisation) -> MailingOrganisation:
    """Open an organization of three accounts whose owners of keys get mail."""
    ses, queue = FakeSes(), FakeQueue()
    organisation.account.owner_mail = environment(ses, queue)
    organisation.account.put_parameters(owner_tags="owner-email", owner_notice="try")
    for account_id in (OWN, FIRST, SECOND):
        organisation.hub.organization.add(account_id, PRODUCTION)
    return MailingOrganisation(organisation=organisation, ses=ses, queue=queue)


def recipients(mails: list[dict[str, Any]]) -> list[str]:
    """Return the recipients of all mails, sorted."""
    return sorted(address for mail in mails for address in mail["to"])


def test_the_hub_mails_the_owners_of_all_accounts_by_the_tags_there(
    mailing: MailingOrganisation,
) -> None:
    mailing.create_key("alice", OWN)
    mailing.create_key("bob", FIRST)
    mailing.create_key("carol", SECOND, owner=None)

    mails, finished = mailing.run()

    assert recipients(mails) == ["alice@example.com", "bob@example.com", FALLBACK]
    assert FIRST in next(mail["text"] for mail in mails if mail["to"] == ("bob@example.com",))
    [message] = finished.messages
    owners = {entry["user"]: entry["owner"]["source"] for entry in message["data"]["noticed"]}
    assert owners == {"alice": "tag", "bob": "tag", "carol": "fallback"}


def test_a_key_is_followed_to_its_deletion(mailing: MailingOrganisation) -> None:
    mailing.create_key("bob", FIRST)

    found, before = {}, 0
    for day in (0, 5, 6, 7, 35, 36, 37, 38):
        mails, _ = mailing.run(day - before)
        found[day], before = len(mails), day

    assert found == {0: 1, 5: 0, 6: 1, 7: 1, 35: 0, 36: 1, 37: 1, 38: 0}
    assert len({mail["headers"]["References"] for mail in mailing.ses.sent}) == 1


def test_a_bounce_is_reported_once_for_the_organization_and_reaches_the_fallback(
    mailing: MailingOrganisation,
) -> None:
    mailing.create_key("bob", FIRST)
    mailing.create_key("bob", SECOND)
    mails, _ = mailing.run()
    mailing.queue.put(bounce(mails[0]))

    again, finished = mailing.run(1)

    assert recipients(again) == [FALLBACK]
    assert "1 owner not reached" in finished.messages[0]["subject"]
    [entry] = finished.messages[0]["data"]["owners_not_reached"]
    assert entry["address"] == "bob@example.com"
    assert finished.metrics["OwnersUnreachable"] == 1
    _, later = mailing.run(1)
    assert later.messages == []


def test_an_account_can_require_that_its_owners_got_mail(mailing: MailingOrganisation) -> None:
    mailing.organisation.put(f"accounts/{FIRST}/owner-notice", "require")
    mailing.ses.quota = 0
    first, second = mailing.create_key("bob", FIRST), mailing.create_key("carol", SECOND)
    for days in (0, 6, 1, 1):
        mailing.run(days)

    assert mailing.organisation.status(first, FIRST) == "Active"
    assert mailing.organisation.status(second, SECOND) == "Inactive"
    mailing.ses.quota = 200
    mailing.run(1)
    mailing.run(6)
    assert mailing.organisation.status(first, FIRST) == "Active"
    mailing.run(1)
    assert mailing.organisation.status(first, FIRST) == "Inactive"


def test_a_bad_owner_parameter_of_one_account_fails_that_account_alone(
    mailing: MailingOrganisation,
) -> None:
    mailing.organisation.put(f"accounts/{FIRST}/owner-notice", "maybe")
    mailing.create_key("carol", SECOND)

    mails, finished = mailing.run()

    assert recipients(mails) == ["carol@example.com"]
    [failed] = finished.answer["not_looked_at"]
    assert failed["account_id"] == FIRST
    assert f"/key-rotation/accounts/{FIRST}/owner-notice" in failed["reason"]


def test_without_mail_to_owners_their_parameters_are_named_as_not_read(
    organisation: Organisation,
) -> None:
    for account_id in (OWN, FIRST):
        organisation.hub.organization.add(account_id, PRODUCTION)
    organisation.run()
    organisation.put(f"ous/{PRODUCTION}/owner-notice", "require")
    finished = organisation.run()

    [problem] = finished.messages[0]["data"]["unread_settings"]
    assert "deployed without owner-mail-from" in problem["problem"]


def test_an_organization_in_report_mode_mails_nobody(mailing: MailingOrganisation) -> None:
    mailing.organisation.put("mode", "report")
    mailing.create_key("bob", FIRST)

    mails, finished = mailing.run()

    assert mails == []
    assert "owner bob@example.com (tag owner-email)" in finished.text


def test_what_becomes_known_of_an_address_in_the_same_run_counts(
    mailing: MailingOrganisation,
) -> None:
    """The account step finds owners before the digest step reads what came of mails."""
    mailing.create_key("bob", FIRST)
    mails, _ = mailing.run()
    mailing.run(6)
    mailing.queue.put(bounce(mails[0]))

    again, _ = mailing.run(1)

    assert {mail["to"] for mail in again} == {(FALLBACK,)}
