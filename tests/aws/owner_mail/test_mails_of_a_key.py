"""What the owner of a key hears of it, from its notice to its deletion."""

from tests.aws.owner_mail.conftest import FALLBACK, MailAccount


def test_the_owner_hears_of_the_notice_the_reminder_the_deactivation_and_the_deletion(
    account: MailAccount,
) -> None:
    account.create_key("bob", age=83)
    subjects = {}
    for day in range(40):
        mails = account.run(days=1 if day else 0)
        if mails:
            [mail] = mails
            subjects[day] = mail["subject"]
            assert mail["to"] == ("bob@example.com",)

    first = subjects[0]
    assert first.startswith("Action needed by Tue 1 Dec 2026: AWS access key ...")
    assert subjects == {
        0: first,
        6: f"Re: {first}",
        7: f"Re: {first}",
        36: f"Re: {first}",
        37: f"Re: {first}",
    }


def test_the_mails_about_one_notice_are_one_thread(account: MailAccount) -> None:
    account.create_key("bob")
    mails = [*account.run(), *account.run(6), *account.run(1)]

    references = {mail["headers"]["References"] for mail in mails}

    assert len(mails) == 3
    assert len(references) == 1


def test_a_key_without_an_owner_is_mailed_to_the_fallback(account: MailAccount) -> None:
    account.create_key("bob", owner=None)

    [mail] = account.run()

    assert mail["to"] == (FALLBACK,)
    [entry] = account.digest["data"]["noticed"]
    assert entry["owner"]["source"] == "fallback"
    assert entry["owner"]["problem"] == "neither a tag nor the user name has an address"


def test_the_digest_says_who_owns_a_key_and_how_that_is_known(account: MailAccount) -> None:
    account.create_key("bob")
    account.run()

    assert "owner bob@example.com (tag owner-email)" in account.digest["text"]
    [entry] = account.digest["data"]["noticed"]
    assert entry["owner"] == {
        "addresses": ["bob@example.com"],
        "source": "tag",
        "tag": "owner-email",
        "problem": None,
    }
    assert entry["tags"] == {"owner-email": "bob@example.com"}


def test_in_report_mode_nobody_gets_mail_and_the_digest_says_who_would(
    account: MailAccount,
) -> None:
    account.aws.put_parameters(mode="report")
    account.create_key("bob")

    assert account.run() == []
    assert account.pending == []
    assert "owner bob@example.com (tag owner-email)" in account.digest["text"]


def test_an_owner_of_more_than_five_keys_gets_one_mail(account: MailAccount) -> None:
    for number in range(6):
        account.create_key(f"bob{number}", owner="bob@example.com")
    for number in range(5):
        account.create_key(f"eve{number}", owner="eve@example.com")

    mails = account.run()

    assert (
        sorted(mail["to"] for mail in mails) == [("bob@example.com",)] + [("eve@example.com",)] * 5
    )
    assert account.pending == []


def test_a_quiet_run_asks_ses_nothing(account: MailAccount) -> None:
    account.create_key("bob", age=10)
    account.run()

    assert account.ses.calls == []
