"""An account whose owners of keys get mail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from key_rotation.adapters.clients import MailClients
from key_rotation.reporting.metrics import run_metrics
from key_rotation.reporting.owner_mail.terms import MailTerms
from key_rotation.service_layer.owner_mail_environment import OwnerMailEnvironment
from tests.aws.aws_account import AwsAccount
from tests.aws.conftest import AccountFactory
from tests.aws.owner_mail.fakes import FakeQueue, FakeSes, client_error

FALLBACK = "keys@example.com"


@dataclass(kw_only=True)
class MailAccount:
    """An account with SES and the queue of its events."""

    aws: AwsAccount
    ses: FakeSes
    queue: FakeQueue

    def create_key(self, user: str, *, age: int = 83, owner: str | None = "") -> str:
        """Create a key that gets its notice today; returns its id.

        owner: the value of the tag; empty for `USER@example.com`, None for no tag
        """
        key_id = self.aws.create_key(user, age=age)
        if owner is not None:
            value = owner or f"{user}@example.com"
            self.name_owner(user, value)
        return key_id

    def name_owner(self, user: str, value: str) -> None:
        """Write the tag that names the owner of a user's keys."""
        self.aws.clients.iam.tag_user(UserName=user, Tags=[{"Key": "owner-email", "Value": value}])

    def run(self, days: int = 0) -> list[dict[str, Any]]:
        """Let days pass, then run; returns the mails that were sent."""
        before = len(self.ses.sent)
        self.queue.show_again()
        self.aws.run_after(days)
        return self.ses.sent[before:]

    def metrics_after(self, days: int) -> dict[str, int]:
        """Let days pass, then run; returns the metrics of the run."""
        self.queue.show_again()
        self.aws.now += timedelta(days=days)
        return run_metrics(self.aws.run_for_part())

    @property
    def digest(self) -> dict[str, Any]:
        """The last digest."""
        return self.aws.messages[-1]

    @property
    def pending(self) -> list[str]:
        """The ids of the mails that SES has not accepted."""
        return [str(i["sk"]) for i in self.aws.items("PENDING_MAIL") if i["sk"] != "#PROBLEMS"]


@contextmanager
def failing_query(
    account: MailAccount,
    partition: str,
    error: BaseException | None = None,
    *,
    since: int = 0,
    only_first: bool = False,
) -> Iterator[None]:
    """Make the reading of one partition fail.

    error: None for a refusal by the table
    since: the number of the first reading that fails
    only_first: whether the others succeed
    """
    error = error or client_error("Query", "InternalServerError", "fault", 500)
    readings = count()

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if partition.encode() in params["body"]:
            number = next(readings)
            if number == since or (number > since and not only_first):
                raise error

    events = account.aws.clients.table.meta.client.meta.events
    events.register_first("before-call.dynamodb.Query", refuse)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.Query", refuse)


def environment(ses: FakeSes, queue: FakeQueue, **terms: str) -> OwnerMailEnvironment:
    """Return how mail to owners is configured."""
    clients = MailClients(ses=cast("Any", ses), sqs=cast("Any", queue))
    return OwnerMailEnvironment(
        domains=("example.com", "*.example.org"),
        fallback=(FALLBACK,),
        terms=MailTerms(
            sender="key-rotation@example.com",
            contact=terms.get("contact", "security@example.com"),
            reply_to=terms.get("reply_to", ""),
            partition="aws",
            zone=ZoneInfo("UTC"),
        ),
        configuration_set="key-rotation",
        queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/events",
        clients=clients,
    )


@pytest.fixture
def account(accounts: AccountFactory) -> Iterator[MailAccount]:
    """Open an account whose owners get mail."""
    ses, queue = FakeSes(), FakeQueue()
    with accounts() as opened:
        opened.owner_mail = environment(ses, queue)
        tags = "owner-email email owner contact"
        opened.put_parameters(owner_tags=tags, owner_notice="try")
        yield MailAccount(aws=opened, ses=ses, queue=queue)
