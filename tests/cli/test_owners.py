"""What the commands say of the owners of keys, in a deployment that mails them."""

import json

import pytest
import time_machine

from tests.aws.aws_account import AwsAccount
from tests.aws.owner_mail.conftest import FALLBACK, MailAccount, environment
from tests.aws.owner_mail.fakes import FakeQueue, FakeSes, bounce, delivery
from tests.cli.deployment import deploy
from tests.cli.terminal import key_rotation

VARIABLES = {
    "OWNER_MAIL_FROM": "key-rotation@example.com",
    "OWNER_DOMAINS": "example.com *.example.org",
    "OWNER_FALLBACK": FALLBACK,
}


@pytest.fixture
def mailing(account: AwsAccount) -> MailAccount:
    """Deploy a stack that mails owners."""
    ses, queue = FakeSes(), FakeQueue()
    account.owner_mail = environment(ses, queue)
    account.put_parameters(owner_tags="owner-email owner", owner_notice="require")
    deploy(account, variables=VARIABLES)
    return MailAccount(aws=account, ses=ses, queue=queue)


def words(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def test_status_says_who_owns_a_key_and_whether_the_owner_was_reached(
    mailing: MailAccount,
) -> None:
    mailing.create_key("alice")
    mailing.create_key("bob", owner="bob@elsewhere.org")
    mailing.create_key("carol", age=10)
    mailing.run()

    shown = words(key_rotation("status").stdout)

    assert "owner alice@example.com (tag owner-email); mail to alice@example.com acc" in shown
    assert f"owner {FALLBACK} (fallback; tag owner-email: 'bob@elsewhere.org' is outside" in shown
    assert "carol@example.com" not in shown


def test_status_gives_programs_the_owner(mailing: MailAccount) -> None:
    mailing.create_key("alice")
    mailing.run()

    [entry] = json.loads(key_rotation("status", "--json").stdout)["keys"]

    assert entry["owner"] == {
        "addresses": ["alice@example.com"],
        "source": "tag",
        "tag": "owner-email",
        "problem": None,
        "reached": "mail to alice@example.com accepted on Tue 24 Nov 2026",
    }


def test_status_says_that_a_key_waits_for_an_owner(mailing: MailAccount) -> None:
    mailing.create_key("alice")
    mailing.ses.sending_enabled = False
    mailing.run()
    mailing.run(3)

    with time_machine.travel(mailing.aws.now, tick=False):
        shown = words(key_rotation("status").stdout)

    assert "waits for an owner, at least until" in shown
    assert "mail not accepted yet" in shown


def test_explain_lists_a_mail_that_waits(mailing: MailAccount) -> None:
    key_id = mailing.create_key("alice")
    mailing.create_key("bob")
    mailing.ses.sending_enabled = False
    mailing.run()

    shown = words(key_rotation("explain", key_id).stdout)
    mails = json.loads(key_rotation("explain", key_id, "--json").stdout)["mails"]

    assert "Mail to alice@example.com: notice, waits to be sent" in shown
    assert [(each["addresses"], each["state"]) for each in mails] == [
        (["alice@example.com"], "pending")
    ]


def test_status_says_that_an_address_accepts_no_mail_whatever_mail_showed_it(
    mailing: MailAccount,
) -> None:
    mailing.create_key("alice")
    mailing.create_key("pipeline", owner="alice@example.com")
    [about_alice, _] = mailing.run()
    mailing.queue.put(bounce(about_alice))
    mailing.ses.sending_enabled = False  # so that the fallback is not reached either
    mailing.run(1)

    with time_machine.travel(mailing.aws.now, tick=False):
        keys = json.loads(key_rotation("status", "--json").stdout)["keys"]

    reached = {entry["user"]: entry["owner"]["reached"] for entry in keys}
    assert reached == dict.fromkeys(
        ("alice", "pipeline"), "nobody reached, known on Wed 25 Nov 2026"
    )


def test_explain_lists_the_mails_about_a_key_and_what_came_of_them(mailing: MailAccount) -> None:
    key_id = mailing.create_key("alice")
    [mail] = mailing.run()
    mailing.queue.put(bounce(mail))
    [again] = mailing.run(1)
    mailing.queue.put(delivery(again))
    mailing.run(1)

    shown = words(key_rotation("explain", key_id).stdout)
    mails = json.loads(key_rotation("explain", key_id, "--json").stdout)["mails"]

    assert "Mail to alice@example.com: notice, bounced (550 no such user)" in shown
    assert f"Mail to {FALLBACK}: notice, delivered" in shown
    assert [(each["addresses"], each["state"]) for each in mails] == [
        (["alice@example.com"], "bounced"),
        ([FALLBACK], "delivered"),
    ]


def test_without_mail_to_owners_the_commands_do_not_speak_of_owners(
    deployed: AwsAccount,
) -> None:
    key_id = deployed.create_key("alice", age=83)
    deployed.run()

    assert "owner" not in key_rotation("status", "--json").stdout
    assert "mails" not in key_rotation("explain", key_id, "--json").stdout
