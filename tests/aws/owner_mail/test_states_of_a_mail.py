"""From pending to accepted, delivered or bounced: at least once, and none forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from key_rotation.domain.execution import TimeBudget
from key_rotation.errors import PublishError
from tests.aws.faults import failing_call, refused
from tests.aws.owner_mail.conftest import FALLBACK, MailAccount, failing_query
from tests.aws.owner_mail.fakes import bounce, client_error, complaint, delivery, event_of
from tests.simulation.fault_injection import KilledError


def states(account: MailAccount, key_id: str) -> list[str]:
    """Return what became of the mails about a key, in the order of their ids."""
    return [item["state"] for item in account.aws.items(f"MAIL#{key_id}")]


def killed(account: MailAccount) -> None:
    """Run, and die in the middle."""
    with pytest.raises(KilledError):
        account.run()


def test_a_mail_is_recorded_when_ses_accepted_it_and_when_it_was_delivered(
    account: MailAccount,
) -> None:
    key_id = account.create_key("bob")
    [mail] = account.run()
    assert states(account, key_id) == ["accepted"]
    assert account.pending == []

    account.queue.put(delivery(mail))
    account.run(1)

    assert states(account, key_id) == ["delivered"]
    assert account.queue.messages == {}


@pytest.mark.parametrize("call", ["dynamodb.TransactWriteItems"])
def test_a_run_that_dies_before_a_notice_is_recorded_gives_it_again_with_one_mail(
    account: MailAccount, call: str
) -> None:
    account.create_key("bob")
    with failing_call(account.aws, call, KilledError()):
        killed(account)
    assert account.ses.sent == []

    assert [mail["to"] for mail in account.run(1)] == [("bob@example.com",)]


def test_a_run_that_dies_before_it_sends_leaves_a_mail_that_the_next_run_sends(
    account: MailAccount,
) -> None:
    account.create_key("bob")
    account.ses.failures = [KilledError()]
    killed(account)
    assert len(account.pending) == 1

    assert [mail["to"] for mail in account.run(1)] == [("bob@example.com",)]
    assert account.pending == []
    assert account.run(1) == []


def test_a_run_that_dies_after_ses_accepted_a_mail_leads_to_a_second_one(
    account: MailAccount,
) -> None:
    account.create_key("bob")
    account.ses.killed_after = True
    killed(account)
    account.ses.killed_after = False

    assert len(account.run(1)) == 1
    assert len({mail["subject"] for mail in account.ses.sent}) == 1
    assert account.run(1) == []


def test_a_mail_whose_answer_is_lost_is_sent_again(account: MailAccount) -> None:
    """SES has no token that makes a call idempotent."""
    account.create_key("bob")
    account.ses.lost_answers = 1

    assert len(account.run()) == 1
    assert len(account.pending) == 1
    assert len(account.run(1)) == 1
    assert account.run(1) == []


@pytest.mark.parametrize("nth", [1, 2])
def test_a_mail_that_the_ledger_did_not_record_as_accepted_is_sent_again(
    account: MailAccount, nth: int
) -> None:
    """The first transaction records the notice, the next two what became of its mail."""
    account.create_key("bob")
    with failing_call(account.aws, "dynamodb.TransactWriteItems", KilledError(), nth=nth):
        killed(account)

    assert len(account.run(1)) == 1
    assert account.pending == []


def test_a_mail_that_is_recorded_and_still_pending_is_not_sent_again(
    account: MailAccount,
) -> None:
    account.create_key("bob")
    with failing_call(account.aws, "dynamodb.DeleteItem", KilledError(), only_for=None, nth=0):
        killed(account)
    assert len(account.pending) == 1

    assert account.run(1) == []
    assert account.pending == []


def test_what_a_digest_could_not_report_reaches_the_owner_with_the_next_one(
    account: MailAccount,
) -> None:
    account.create_key("bob")
    account.run()
    account.aws.now += timedelta(days=7)
    with refused(account.aws, "sns.Publish"), pytest.raises(PublishError):
        account.aws.run()

    [mail] = account.run(1)

    assert "no longer works" in mail["text"]


def test_a_bounce_with_other_capitals_is_that_of_the_owner(account: MailAccount) -> None:
    account.create_key("bob", owner="Bob@example.com")
    [mail] = account.run()
    account.queue.put(bounce(mail, "bob@example.com"))

    assert [again["to"] for again in account.run(1)] == [(FALLBACK,)]


def test_a_bounce_reaches_the_fallback_at_once_and_is_news(account: MailAccount) -> None:
    key_id = account.create_key("bob")
    [mail] = account.run()
    account.queue.put(bounce(mail))

    [again] = account.run(1)

    assert again["to"] == (FALLBACK,)
    assert again["subject"] == mail["subject"]
    assert states(account, key_id) == ["bounced", "accepted"]
    assert "1 owner not reached" in account.digest["subject"]
    assert "550 no such user" in account.digest["text"]
    [entry] = account.digest["data"]["owners_not_reached"]
    assert (entry["address"], entry["user"]) == ("bob@example.com", "bob")


def test_an_owner_not_reached_is_reported_once(account: MailAccount) -> None:
    account.create_key("bob")
    [mail] = account.run()
    account.queue.put(bounce(mail))
    account.run(1)
    messages = len(account.aws.messages)

    account.run(1)

    assert len(account.aws.messages) == messages


def test_later_mails_go_to_the_fallback_until_the_tag_changes(account: MailAccount) -> None:
    account.create_key("bob")
    [mail] = account.run()
    account.queue.put(bounce(mail))
    account.run(1)

    assert [mail["to"] for mail in account.run(5)] == [(FALLBACK,)]
    account.name_owner("bob", "alice@example.com")
    assert [mail["to"] for mail in account.run(1)] == [("alice@example.com",)]


@pytest.mark.parametrize("days", [30, 89, 90, 91])
def test_an_address_that_bounced_is_used_again_after_90_days(
    account: MailAccount, days: int
) -> None:
    account.create_key("bob")
    [mail] = account.run()
    account.queue.put(bounce(mail))
    account.run(1)
    account.create_key("bob", age=83 - days)

    [*_, last] = account.run(days)

    assert last["to"] == (("bob@example.com",) if days >= 90 else (FALLBACK,))


def test_a_complaint_makes_an_address_unreachable(account: MailAccount) -> None:
    account.create_key("bob")
    [mail] = account.run()
    account.queue.put(complaint(mail))
    account.run(1)

    assert [mail["to"] for mail in account.run(5)] == [(FALLBACK,)]


def test_a_temporary_bounce_changes_nothing(account: MailAccount) -> None:
    key_id = account.create_key("bob")
    [mail] = account.run()
    account.queue.put(bounce(mail, kind="Transient"))

    assert account.run(1) == []
    assert states(account, key_id) == ["accepted"]
    assert account.queue.messages == {}


def test_of_several_recipients_the_others_have_the_mail(account: MailAccount) -> None:
    account.create_key("bob", owner="bob@example.com alice@example.com")
    [mail] = account.run()
    account.queue.put(bounce(mail, "bob@example.com"))

    assert account.run(1) == []
    [entry] = account.digest["data"]["owners_not_reached"]
    assert entry["address"] == "bob@example.com"


def test_an_event_that_was_recorded_and_not_deleted_changes_nothing_more(
    account: MailAccount,
) -> None:
    account.create_key("bob")
    [mail] = account.run()
    account.queue.put(bounce(mail))
    account.queue.killed_before_deletion = True
    account.aws.now += timedelta(days=1)
    killed(account)
    account.queue.killed_before_deletion = False

    assert [again["to"] for again in account.run()] == [(FALLBACK,)]
    assert account.run(1) == []


@pytest.mark.parametrize("nth", [0])
def test_an_event_whose_effect_was_not_recorded_comes_again(account: MailAccount, nth: int) -> None:
    account.create_key("bob")
    [mail] = account.run()
    account.queue.put(bounce(mail))
    account.aws.now += timedelta(days=1)
    with failing_call(account.aws, "dynamodb.TransactWriteItems", KilledError(), nth=nth):
        killed(account)

    assert [again["to"] for again in account.run()] == [(FALLBACK,)]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        "null",
        '{"detail": 1}',
        '{"detail": {"eventType": "Bounce"}}',
        '{"detail": {"eventType": "Bounce", "mail": {"messageId": "message-1"}, "bounce": []}}',
        '{"detail": {"eventType": "Reject", "mail": {"messageId": 1}, "reject": {}}}',
    ],
)
def test_a_malformed_event_is_deleted_and_changes_nothing(account: MailAccount, body: str) -> None:
    key_id = account.create_key("bob")
    account.run()
    account.queue.put(body)

    assert account.run(1) == []
    assert account.queue.messages == {}
    assert states(account, key_id) == ["accepted"]


@pytest.mark.parametrize(
    ("message_id", "address"),
    [("message-9", "bob@example.com"), ("message-1", "eve@example.com"), ("message-1", "<bob>")],
)
def test_an_event_of_a_foreign_mail_or_address_makes_nobody_unreachable(
    account: MailAccount, message_id: str, address: str
) -> None:
    account.create_key("bob")
    [mail] = account.run()
    account.queue.put(bounce(mail | {"message_id": message_id}, address))

    assert account.run(1) == []
    assert account.aws.items("UNREACHABLE_ADDRESS") == []


def test_an_unknown_kind_of_event_changes_nothing(account: MailAccount) -> None:
    account.create_key("bob")
    [mail] = account.run()
    account.queue.put(event_of(mail, "Open"))

    assert account.run(1) == []
    assert account.queue.messages == {}


SENDER = client_error(
    "SendEmail",
    "MessageRejected",
    "Email address is not verified. The following identities failed the check in region EU-WEST-1: "
    "key-rotation@example.com",
)
PAUSED = client_error("SendEmail", "SendingPausedException", "Sending is paused")
DENIED = client_error("SendEmail", "AccessDeniedException", "not authorized", 403)
DOMAIN = client_error("SendEmail", "MailFromDomainNotVerifiedException", "not verified")


@pytest.mark.parametrize("error", [SENDER, PAUSED, DENIED, DOMAIN])
def test_a_refusal_of_the_sender_makes_no_address_unreachable_and_is_reported_once(
    account: MailAccount, error: Exception
) -> None:
    account.create_key("bob")
    account.ses.failures = [error] * 9
    account.run()
    assert account.aws.items("UNREACHABLE_ADDRESS") == []
    assert len(account.pending) == 1

    account.run(1)
    assert "mails not sent" in account.digest["subject"]
    assert str(error).split(": ", 1)[1][:20] in account.digest["data"]["mail_problems"]["send"]
    messages = len(account.aws.messages)
    account.run(1)
    assert len(account.aws.messages) == messages

    account.ses.failures = []
    assert [mail["to"] for mail in account.run(1)] == [("bob@example.com",)]


def test_a_recipient_that_ses_refuses_is_unreachable_and_the_fallback_gets_the_mail(
    account: MailAccount,
) -> None:
    """In the sandbox, a recipient must be verified."""
    account.create_key("bob")
    account.ses.unverified = {"bob@example.com"}

    assert [mail["to"] for mail in account.run()] == [(FALLBACK,)]
    assert account.pending == []
    account.run(1)
    [entry] = account.digest["data"]["owners_not_reached"]
    assert entry["address"] == "bob@example.com"


def test_of_several_recipients_only_the_refused_one_is_left_out(account: MailAccount) -> None:
    account.create_key("bob", owner="bob@example.com alice@example.com")
    account.ses.unverified = {"bob@example.com"}

    assert [mail["to"] for mail in account.run()] == [("alice@example.com",)]


def test_a_bounce_that_comes_late_repeats_nothing_that_is_no_longer_true(
    account: MailAccount,
) -> None:
    account.create_key("bob")
    [notice] = account.run()
    account.run(7)
    account.queue.put(bounce(notice))

    assert account.run(2) == []
    assert "1 owner not reached" in account.digest["subject"]


@pytest.mark.parametrize("what", ["exempted", "deleted"])
def test_a_notice_that_waited_is_not_sent_once_its_key_is_exempt_or_gone(
    account: MailAccount, what: str
) -> None:
    key_id = account.create_key("bob")
    account.ses.sending_enabled = False
    account.run()
    account.ses.sending_enabled = True
    if what == "exempted":
        account.aws.put_parameters(exemptions="bob")
    else:
        account.aws.delete_key("bob", key_id)

    assert account.run(1) == []
    assert account.pending == []


def test_a_notice_of_a_deleted_key_is_not_sent_after_a_run_that_died_when_it_had_saved_that(
    account: MailAccount,
) -> None:
    """Only the run that finds it deleted knows that, so it drops the mail before it is saved."""
    key_id = account.create_key("bob")
    account.ses.sending_enabled = False
    account.run()
    account.ses.sending_enabled = True
    account.aws.delete_key("bob", key_id)
    with failing_query(account, "PENDING_MAIL", KilledError(), since=1):
        account.aws.now += timedelta(days=1)
        killed(account)
    assert account.aws.items("WATCH") == []

    assert account.run(1) == []


def test_a_notice_of_a_deleted_key_is_not_sent_together_with_mails_about_other_keys(
    account: MailAccount,
) -> None:
    """Mails of earlier runs are sent at the beginning, but for those that announce a day."""
    account.create_key("alice", age=90)
    account.run()
    account.ses.sending_enabled = False
    key_id = account.create_key("bob")
    account.run(7)
    account.ses.sending_enabled = True
    account.aws.delete_key("bob", key_id)

    assert [mail["to"] for mail in account.run(1)] == [("alice@example.com",)]
    assert account.pending == []


@pytest.mark.parametrize("notice", ["try", "require"])
def test_a_notice_of_a_deleted_key_is_not_sent_by_a_run_that_could_not_delete_it(
    account: MailAccount, notice: str
) -> None:
    """It stays pending; the digest is published, and says so."""
    account.aws.put_parameters(owner_notice=notice)
    key_id = account.create_key("bob")
    account.ses.sending_enabled = False
    account.run()
    account.ses.sending_enabled = True
    account.aws.delete_key("bob", key_id)
    with refused(account.aws, "dynamodb.DeleteItem", "AccessDenied"):
        assert account.run(1) == []
    assert "did not delete a pending mail" in account.digest["data"]["mail_problems"]["send"]
    assert [entry["access_key_id"] for entry in account.digest["data"]["closed"]] == [key_id]


def test_a_notice_of_a_deleted_key_is_not_sent_where_mails_could_not_be_read_at_first(
    account: MailAccount,
) -> None:
    key_id = account.create_key("bob")
    account.ses.sending_enabled = False
    account.run()
    account.ses.sending_enabled = True
    account.aws.delete_key("bob", key_id)
    with failing_query(account, "UNREACHABLE_ADDRESS", only_first=True):
        assert account.run(1) == []
    assert account.pending == []


def test_a_ledger_that_fails_for_mails_does_not_keep_keys_from_being_rotated(
    account: MailAccount,
) -> None:
    key_id = account.create_key("bob")
    account.run()
    with failing_query(account, "UNREACHABLE_ADDRESS"):
        account.run(7)

    assert account.aws.status(key_id) == "Inactive"
    assert "The ledger cannot be read" in account.digest["data"]["mail_problems"]["send"]
    assert [mail["to"] for mail in account.run(1)] == [("bob@example.com",)]


def test_an_address_that_bounces_on_two_days_is_reported_once(account: MailAccount) -> None:
    account.create_key("bob", owner="bob@example.com")
    account.create_key("carol", owner="Bob bob@example.com")
    first, second = account.run()
    account.queue.put(bounce(first))
    account.run(1)
    messages = len(account.aws.messages)
    account.queue.put(bounce(second))

    account.run(1)

    assert len(account.aws.messages) == messages


def test_a_reason_in_other_words_is_no_news(account: MailAccount) -> None:
    account.create_key("bob")
    for number in range(4):
        words = f"The account is suspended, request {number}"
        account.ses.failures = [client_error("SendEmail", "AccountSuspendedException", words)] * 9
        account.run(1 if number else 0)

    assert len(account.aws.messages) == 2


def test_one_mail_that_is_refused_each_time_does_not_stop_the_others(account: MailAccount) -> None:
    for user in ("alice", "bob", "carol"):
        account.create_key(user)
    refused = client_error("SendEmail", "BadRequestException", "Local address contains a space")
    account.ses.failures = [refused, None, None, refused]  # the second time in the same run

    assert len(account.run()) == 2
    assert len(account.pending) == 1


def test_many_mails_that_are_refused_one_by_one_do_not_stop_the_others(
    account: MailAccount,
) -> None:
    for number in range(6):
        account.create_key(f"user{number}")
    refused = client_error("SendEmail", "BadRequestException", "Local address contains a space")
    account.ses.failures = [*[refused] * 5, None, *[refused] * 5]

    assert len(account.run()) == 1
    assert len(account.pending) == 5


def test_a_mail_that_ses_throttles_is_tried_again_in_the_same_run(account: MailAccount) -> None:
    account.create_key("bob")
    throttled = client_error("SendEmail", "TooManyRequestsException", "Rate exceeded", 429)
    account.ses.failures = [throttled] * 3

    assert len(account.run()) == 1
    assert account.ses.calls.count("SendEmail") == 4


def test_once_a_domain_is_no_longer_allowed_a_pending_mail_goes_to_the_fallback(
    account: MailAccount,
) -> None:
    account.create_key("bob", owner="bob@a.example.org")
    account.ses.sending_enabled = False
    account.run()
    owner_mail = account.aws.owner_mail
    assert owner_mail
    account.aws.owner_mail = replace(owner_mail, domains=("example.com",))
    account.ses.sending_enabled = True

    assert [mail["to"] for mail in account.run(1)] == [(FALLBACK,)]
    assert account.aws.items("UNREACHABLE_ADDRESS") == []


def test_an_address_that_two_tags_write_differently_stays_unreachable_for_both(
    account: MailAccount,
) -> None:
    account.create_key("bob", owner="bob@example.com")
    account.create_key("carol", owner="Bob bob@example.com")
    for mail in account.run():
        account.queue.put(bounce(mail))

    assert {mail["to"] for mail in account.run(1)} == {(FALLBACK,)}
    assert {mail["to"] for mail in account.run(5)} == {(FALLBACK,)}


def test_another_reason_why_mails_are_not_sent_is_reported_again(account: MailAccount) -> None:
    account.create_key("bob")
    account.ses.failures = [PAUSED] * 9
    account.run()
    account.run(1)
    account.ses.failures = [DENIED] * 9
    messages = len(account.aws.messages)
    account.run(1)
    account.run(1)

    assert len(account.aws.messages) == messages + 1
    assert "AccessDeniedException" in account.digest["data"]["mail_problems"]["send"]


def test_mails_of_earlier_runs_take_an_eighth_of_the_time_at_most(account: MailAccount) -> None:
    """A backlog of mails must not keep a run from reading and changing keys."""
    for number in range(5):
        account.create_key(f"user{number}")
    account.ses.sending_enabled = False
    account.run()
    account.ses.sending_enabled, account.ses.rate = True, 1
    clock, start = account.aws.clock, account.aws.clock.monotonic()

    def time_left() -> timedelta:
        return timedelta(seconds=16) - timedelta(seconds=clock.monotonic() - start)

    account.aws.now += timedelta(days=1)
    account.aws.run_within(TimeBudget(time_left, timedelta(seconds=16)))

    assert len(account.ses.sent) == 5
    calls = account.ses.calls
    first = calls.index("SendEmail")
    assert calls[first : first + 3] == ["SendEmail", "SendEmail", "SendEmail"]


def test_only_what_is_left_of_the_quota_is_sent_and_the_digest_counts_the_rest(
    account: MailAccount,
) -> None:
    for user in ("alice", "bob", "carol"):
        account.create_key(user)
    account.ses.quota, account.ses.sent_before = 200, 198

    assert len(account.run()) == 2
    assert account.digest["data"]["mails_waiting"] == 1
    account.ses.sent_before = 0
    assert len(account.run(1)) == 1


def test_mails_keep_to_the_rate_of_the_account(account: MailAccount) -> None:
    for user in ("alice", "bob", "carol"):
        account.create_key(user)
    account.ses.rate = 1
    before = account.aws.clock.monotonic()
    account.run()

    assert account.aws.clock.monotonic() - before >= 2


def test_where_the_quota_cannot_be_read_mails_wait_and_the_run_goes_on(
    account: MailAccount,
) -> None:
    account.create_key("bob")
    account.ses.account_failure = client_error("GetAccount", "AccessDeniedException", "no", 403)

    assert account.run() == []
    assert account.digest["data"]["mails_waiting"] == 1
    assert "GetAccount: AccessDeniedException" in account.digest["data"]["mail_problems"]["send"]
    account.ses.account_failure = None
    assert len(account.run(1)) == 1


def test_where_sending_is_paused_mails_wait(account: MailAccount) -> None:
    account.create_key("bob")
    account.ses.sending_enabled = False

    assert account.run() == []
    assert "SHUTDOWN" in account.digest["data"]["mail_problems"]["send"]


def test_where_events_cannot_be_read_the_run_goes_on_and_says_so_once(
    account: MailAccount,
) -> None:
    account.create_key("bob")
    account.queue.failure = client_error("ReceiveMessage", "AccessDenied", "no", 403)

    assert len(account.run()) == 1
    assert "ReceiveMessage: AccessDenied" in account.digest["data"]["mail_problems"]["follow"]
    messages = len(account.aws.messages)
    account.run(1)
    assert len(account.aws.messages) == messages


def test_a_notice_that_waited_until_the_key_was_deactivated_is_not_sent(
    account: MailAccount,
) -> None:
    account.create_key("bob")
    account.ses.quota = 0
    account.run()
    account.run(7)
    account.ses.quota = 200

    [mail] = account.run(1)

    assert "no longer works" in mail["text"]
    assert account.pending == []
