"""Mail to owners, with faults between the deployed function and SES or the queue of its events.

The fakes of tests/aws/owner_mail show each state of a mail. This shows that the deployed function,
with its own retries, leads to the same: each owner gets the mail at least once. It is a part of
`make soak`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from local.demo.actors import Actors
from local.demo.mailboxes import Mailboxes
from local.demo.playback import document
from local.emulator.account import LocalAccount
from local.emulator.records import Invocation
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import disable_schedule
from tests.local.proxy import proxy_to

pytestmark = pytest.mark.soak
START = datetime(2026, 6, 1, 10, tzinfo=UTC)
SLEEP_SPEEDUP = 50
NOTICE = 30
"""Days: no key gets another mail than that of its notice, in whatever order the tests run."""
GET_ACCOUNT = b"GET /v2/email/account"
SEND = b"POST /v2/email/outbound-emails"
RECEIVE = b"AmazonSQS.ReceiveMessage"
DELETE_EVENT = b"AmazonSQS.DeleteMessage"


class AnswerLostError(Exception):
    """Raised in the proxy to close a connection after the call took effect."""


@dataclass(slots=True, kw_only=True)
class OwnersDay:
    """An account on whose days one key of a new user gets its notice."""

    account: LocalAccount
    actors: Actors
    mailboxes: Mailboxes
    days: Iterator[int] = field(default_factory=lambda: count(1))
    user: str = ""

    def begin(self) -> None:
        """Move to the next day, and create a user with a stale key."""
        number = next(self.days)
        self.user = f"owner{number}"
        self.account.move_clock(to=START + timedelta(days=number))
        self.account.create_user(self.user)
        self.actors.name_owner(self.user, "owner-email", f"{self.user}@example.com")
        created = self.account.now - timedelta(days=400)
        self.actors.create_key(self.user, created=created)

    def run(self) -> Invocation:
        """Run, with the faults that are in force."""
        return self.account.invoke({})

    def mails(self) -> int:
        """Return how many mails the owner of today's key got since the last time."""
        to = (f"{self.user}@example.com",)
        return sum(mail.to == to for mail in self.mailboxes.take())


@pytest.fixture(scope="module")
def day(account_with_owner_mail: AccountFactory) -> Iterator[OwnersDay]:
    """Deploy the stack into a new account, whose sender is verified."""
    with account_with_owner_mail(START) as account:
        disable_schedule(account)
        account.speed_up_sleep(SLEEP_SPEEDUP)
        actors = Actors(account)
        actors.set_parameter("notice-days", str(NOTICE))
        yield OwnersDay(account=account, actors=actors, mailboxes=Mailboxes(account))


def _run_through(
    day: OwnersDay,
    *,
    drop: Callable[[bytes], bool] | None = None,
    on_forwarded: Callable[[bytes], object] = bool,
) -> Invocation:
    """Start a day, and run once with a fault."""
    day.begin()
    with proxy_to(day.account.endpoint, on_forwarded, drop=drop) as url:
        day.account.send_function_through(url)
        invocation = day.run()
    day.account.send_function_through(None)
    return invocation


def test_mails_wait_while_the_quota_cannot_be_read_and_the_digest_says_so(day: OwnersDay) -> None:
    invocation = _run_through(day, drop=lambda request: GET_ACCOUNT in request)
    assert len(invocation.answer["noticed"]) == 1
    assert day.mails() == 0
    digest = document(day.account.outbox()[-1])
    assert digest["mails_waiting"] == 1
    assert "/v2/email/account" in digest["mail_problems"]["send"]

    day.run()
    assert day.mails() == 1


@pytest.mark.parametrize("call", [RECEIVE, DELETE_EVENT])
def test_mails_are_sent_while_the_queue_cannot_be_reached(day: OwnersDay, call: bytes) -> None:
    """And what came of an earlier mail is recorded by the next run."""
    dropped: list[bytes] = []

    def drop(request: bytes) -> bool:
        if call in request:
            dropped.append(request)
        return call in request

    day.begin()
    day.run()
    assert day.mails() == 1  # SES reports now that it was delivered

    invocation = _run_through(day, drop=drop)
    assert dropped
    assert len(invocation.answer["noticed"]) == 1
    assert day.mails() == 1

    day.run()
    assert day.mails() == 0


def test_a_mail_whose_answer_is_lost_is_sent_again(day: OwnersDay) -> None:
    """As often as the function tries it, and once more by the next run."""

    def lose_answer(request: bytes) -> None:
        if SEND in request:
            raise AnswerLostError

    invocation = _run_through(day, on_forwarded=lose_answer)
    assert len(invocation.answer["noticed"]) == 1
    assert day.mails() == 1

    day.run()
    assert day.mails() == 1
    day.run()
    assert day.mails() == 0


@pytest.mark.parametrize(("when", "mails"), [("before", 1), ("after", 2)])
def test_a_run_that_is_killed_while_it_sends_leaves_the_mail_to_the_next_one(
    day: OwnersDay, when: str, mails: int
) -> None:
    def kill(request: bytes) -> bool:
        return SEND in request and bool(day.account.kill_functions())

    if when == "before":
        invocation = _run_through(day, drop=kill)
    else:
        invocation = _run_through(day, on_forwarded=kill)
    assert invocation.error
    assert invocation.error["errorType"] == "Runtime.ExitError"

    day.run()
    assert day.mails() == mails
    day.run()
    assert day.mails() == 0
