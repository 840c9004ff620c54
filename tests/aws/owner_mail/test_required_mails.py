"""With `owner-notice` = `require`, a key stops working only after its owner got mail in time."""

import pytest

from key_rotation.errors import LedgerError
from tests.aws.owner_mail.conftest import FALLBACK, MailAccount, failing_query
from tests.aws.owner_mail.fakes import bounce, client_error


@pytest.fixture(autouse=True)
def required(account: MailAccount) -> None:
    """Require that the owner got mail."""
    account.aws.put_parameters(owner_notice="require")


def without_fallback(account: MailAccount) -> None:
    """Configure no fallback."""
    owner_mail = account.aws.owner_mail
    assert owner_mail
    object.__setattr__(owner_mail, "fallback", ())


def status_on_each_day(account: MailAccount, key_id: str, days: int) -> list[str | None]:
    """Run on each of the next days; returns the status of a key after each run."""
    found = []
    for _ in range(days):
        account.run(1)
        found.append(account.aws.status(key_id))
    return found


def test_an_accepted_mail_lets_the_key_be_deactivated_on_its_day(account: MailAccount) -> None:
    key_id = account.create_key("bob")
    account.run()

    assert status_on_each_day(account, key_id, 7) == ["Active"] * 6 + ["Inactive"]


def test_a_mail_to_the_fallback_counts(account: MailAccount) -> None:
    key_id = account.create_key("bob", owner=None)
    [mail] = account.run()

    assert mail["to"] == (FALLBACK,)
    assert status_on_each_day(account, key_id, 7)[-1] == "Inactive"


def test_a_key_without_an_owner_waits_and_is_listed_each_day(account: MailAccount) -> None:
    without_fallback(account)
    key_id = account.create_key("bob", owner=None)
    account.run()

    for _ in range(10):
        account.run(1)
        [entry] = account.digest["data"]["waiting"]
        assert entry["access_key_id"] == key_id
        assert "1 waiting for an owner" in account.digest["subject"]
    assert account.aws.status(key_id) == "Active"


def test_once_an_address_appears_the_key_gets_a_whole_notice(account: MailAccount) -> None:
    without_fallback(account)
    key_id = account.create_key("bob", owner=None)
    account.run()
    account.run(9)
    account.name_owner("bob", "bob@example.com")

    [mail] = account.run(1)
    assert mail["to"] == ("bob@example.com",)
    [entry] = account.digest["data"]["waiting"]
    assert entry["due"] == "2026-12-11"
    assert "11 Dec 2026" in mail["text"]
    assert status_on_each_day(account, key_id, 7) == ["Active"] * 6 + ["Inactive"]


def test_after_a_bounce_the_notice_counts_from_the_mail_to_the_fallback(
    account: MailAccount,
) -> None:
    key_id = account.create_key("bob")
    [mail] = account.run()
    account.run(3)
    account.queue.put(bounce(mail))
    [again] = account.run(1)

    assert again["to"] == (FALLBACK,)
    assert status_on_each_day(account, key_id, 7) == ["Active"] * 6 + ["Inactive"]


def test_after_a_bounce_without_a_fallback_the_key_waits(account: MailAccount) -> None:
    without_fallback(account)
    key_id = account.create_key("bob")
    [mail] = account.run()
    account.run(5)
    account.queue.put(bounce(mail))

    assert status_on_each_day(account, key_id, 20) == ["Active"] * 20
    assert account.digest["data"]["waiting"]


def test_the_bounce_of_a_later_mail_shows_that_nobody_reads_the_notice_either(
    account: MailAccount,
) -> None:
    key_id = account.create_key("bob")
    account.run()
    [reminder] = account.run(6)
    account.queue.put(bounce(reminder))

    mails = account.run(1)

    assert account.aws.status(key_id) == "Active"
    assert [mail["to"] for mail in mails] == [(FALLBACK,)]
    assert "8 Dec 2026" in mails[0]["text"]
    assert status_on_each_day(account, key_id, 7) == ["Active"] * 6 + ["Inactive"]


def test_the_bounce_about_an_earlier_notice_says_nothing_of_the_present_one(
    account: MailAccount,
) -> None:
    key_id = account.create_key("bob")
    [first] = account.run()
    account.aws.put_parameters(max_age_days="120")
    account.run(1)
    account.aws.put_parameters(max_age_days="90")
    account.name_owner("bob", "alice@example.com")
    account.run(1)
    account.queue.put(bounce(first))

    assert account.run(2) == []
    assert status_on_each_day(account, key_id, 5) == ["Active"] * 4 + ["Inactive"]


def test_a_ledger_that_fails_for_mails_stops_the_run(account: MailAccount) -> None:
    """Without it, nobody knows whose owner got mail."""
    account.create_key("bob")
    with failing_query(account, "UNREACHABLE_ADDRESS"), pytest.raises(LedgerError):
        account.run()


def test_while_ses_refuses_the_sender_no_key_stops_working(account: MailAccount) -> None:
    key_id = account.create_key("bob")
    account.ses.account_failure = client_error("GetAccount", "AccessDeniedException", "no", 403)
    account.run()
    assert status_on_each_day(account, key_id, 10) == ["Active"] * 10

    account.ses.account_failure = None
    assert len(account.run(1)) == 1
    assert status_on_each_day(account, key_id, 7) == ["Active"] * 6 + ["Inactive"]


@pytest.mark.parametrize(("days", "counted"), [(6, 0), (7, 1), (12, 1)])
def test_the_metric_counts_keys_that_have_waited_for_a_week(
    account: MailAccount, days: int, counted: int
) -> None:
    without_fallback(account)
    account.create_key("bob", owner=None)
    account.run()

    assert account.metrics_after(days)["WaitingForOwner"] == counted


def test_the_metric_counts_the_addresses_that_accept_no_mail(account: MailAccount) -> None:
    account.create_key("bob")
    [mail] = account.run()
    assert account.metrics_after(0)["OwnersUnreachable"] == 0
    account.queue.put(bounce(mail))

    assert account.metrics_after(1)["OwnersUnreachable"] == 1
    assert account.metrics_after(89)["OwnersUnreachable"] == 1
    assert account.metrics_after(1)["OwnersUnreachable"] == 0
