"""Whole runs of an organization in moto: prepare, the run in each account, and the digest."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from key_rotation.adapters import codec
from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.execution import UNLIMITED, TimeBudget
from key_rotation.domain.model import Now
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.organisation.organisation_run import ParameterSnapshot
from key_rotation.domain.run_state import Continuation
from key_rotation.organisation.chat_step import ChatStep
from key_rotation.organisation.digest_step import DigestStep
from key_rotation.organisation.hub import Hub as LedgerHub
from key_rotation.organisation.owner_mail import OrganisationOwners
from key_rotation.organisation.published_digest import PublishedDigest
from key_rotation.organisation.run_collector import CollectedRun, RunCollector
from key_rotation.organisation.save_digest import DigestSaver
from key_rotation.reporting.organisation.answer import answer
from key_rotation.reporting.organisation.metrics import metrics
from key_rotation.service_layer.chat_notifier import ChatNotifier
from tests.aws.aws_account import REGION, AwsAccount
from tests.aws.organisation.hub import ORGANIZATION_ID, OWN, Hub, open_hub
from tests.aws.organisation.members import Members, open_members


@dataclass(kw_only=True)
class FinishedRun:
    """What came of a whole run.

    answer: of the execution
    messages: those of the organization's topic
    chat_failure: why its chat message was not accepted
    """

    answer: dict[str, Any]
    messages: list[dict[str, Any]]
    metrics: Mapping[str, int]
    collected: CollectedRun
    published: PublishedDigest
    chat_failure: str = ""

    @property
    def text(self) -> str:
        """The text of the only message."""
        [message] = self.messages
        return str(message["text"])

    def entries(self, section: str) -> list[tuple[str, str]]:
        """Return account id and user of what the messages name in a section."""
        return [
            (entry["account_id"], entry["user"])
            for message in self.messages
            for entry in message["data"].get(section, [])
        ]


@dataclass(kw_only=True)
class Organisation:
    """An organization in moto.

    silent: the accounts whose step ends without an answer
    """

    hub: Hub
    members: Members
    account_topic_arn: str
    silent: set[str] = field(default_factory=set)

    @property
    def account(self) -> AwsAccount:
        """The account of the deployment."""
        return self.hub.account

    def create_key(self, user: str, *, age: int, account_id: str = OWN) -> str:
        """Create an active key of an age in days; returns its id."""
        return self.members.create_key(user, age=age, account_id=account_id)

    def status(self, key_id: str, account_id: str = OWN) -> str | None:
        """Return the status of a key; None if it was deleted."""
        return self.members.status(key_id, account_id)

    def put(self, name: str, value: str) -> None:
        """Write a parameter, by what follows the path in its name."""
        self.account.put_parameters(**{name: value})

    def run(self, request: Mapping[str, Any] | None = None) -> FinishedRun:
        """Run once, as the state machine does."""
        arn = self.hub.start()
        prepared = self.hub.prepare(request, arn)
        for row in prepared.rows:
            if row.is_item and row.account.account_id not in self.silent:
                self.run_in_account(row)
        finished = self.publish()
        self.hub.stop(arn)
        return finished

    def runs_on(self, *days: int) -> Iterator[tuple[int, FinishedRun]]:
        """Run on each of these days, counted from today; on those between, nothing is to happen."""
        passed = 0
        for day in days:
            self.hub.after(day - passed)
            passed = day
            yield day, self.run()

    def run_in_account(self, row: RegisteredAccount, *budgets: TimeBudget) -> None:
        """Run in one account, until nothing is left.

        budgets: of its parts; further ones have the last of them
        """
        remainder: Continuation | None = None
        for budget in chain(budgets, repeat(budgets[-1] if budgets else UNLIMITED)):
            account_run = self.members.account_run(row, remainder=remainder)
            found = account_run.execute(self.members.execution(row.run_id, budget=budget))
            if "remainder" not in found:
                return
            remainder = codec.read(found["remainder"], Continuation)

    def publish(self, broken_off: str | None = None) -> FinishedRun:
        """Publish the digest of the run under way."""
        before = len(self.account.messages)
        collected, step = self.collect(broken_off), self.digest_step()
        owners = self._owners()
        collected = owners.begin(collected, lambda: step.require_current(collected))
        published = step.publish(collected)
        step.publish_to_accounts(collected, published)
        saver = DigestSaver(hub=self._ledger_hub, now=self._now, run=collected, published=published)
        saver.save()
        saver.end()
        owners.finish(collected, lambda: None, delivered=published.was_delivered)
        chat_failure = self.chat_step().send_digest(collected.report, published)
        return FinishedRun(
            chat_failure=chat_failure,
            answer=answer(collected.report, len(published.message_ids)),
            messages=self.account.messages[before:],
            metrics=metrics(collected.report),
            collected=collected,
            published=published,
        )

    def collect(self, broken_off: str | None = None) -> CollectedRun:
        """Read what the run under way left."""
        runs = self.hub.runs
        run = runs.read()
        assert run
        snapshot = runs.read_snapshot(run.run_id)
        return RunCollector(
            hub=self._ledger_hub,
            organization_id=ORGANIZATION_ID,
            run=run,
            now=self._now,
            registered=self.hub.register.read_all().by_id,
            snapshot=snapshot or ParameterSnapshot(parameters={}),
            previous=runs.read_state(),
        ).collect(broken_off)

    def _owners(self) -> OrganisationOwners:
        """Return what mails owners at this moment."""
        mail, hub = self.account.owner_mail, self._ledger_hub
        return OrganisationOwners(
            mailer=mail.mailer(OwnerMails(hub.table, hub.partitions)) if mail else None,
            now=self._now,
            clock=self.account.clock,
            budget=UNLIMITED,
        )

    def digest_step(self) -> DigestStep:
        """Return the digest step of this moment."""
        sns = self.account.clients.sns
        return DigestStep(
            hub=self._ledger_hub,
            topic=SnsTopic(sns, self.account.environment.topic_arn),
            account_topic=SnsTopic(sns, self.account_topic_arn),
            now=self._now,
            clock=self.account.clock,
        )

    def chat_step(self) -> ChatStep:
        """Return what publishes to the chat topic, if the account has one."""
        account = self.account
        chat = ChatNotifier.of(account.clients.sns, account.environment.chat_topic_arn)
        return ChatStep(chat=chat, runs=self.hub.runs, now=self._now)

    @property
    def account_messages(self) -> list[dict[str, Any]]:
        """Return the messages of the topic for the accounts: account id, text and subject."""
        topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[self.account_topic_arn]
        return [
            {
                "account_id": (notification[3] or {})["account_id"]["Value"],
                "subject": notification[2],
                "text": json.loads(notification[1])["email"],
            }
            for notification in topic.sent_notifications
        ]

    @property
    def _ledger_hub(self) -> LedgerHub:
        return LedgerHub(
            account_id=OWN,
            parameter_path="/key-rotation",
            table=self.account.clients.table,
            owners=self.account.owner_mail is not None,
        )

    @property
    def _now(self) -> Now:
        return Now(instant=self.account.now, zone=self.account.zone)


def sections(run: FinishedRun) -> Counter[str]:
    """Count the keys in the answer, by section, without empty ones."""
    return Counter(
        {
            name: run.answer[name]
            for name in ("noticed", "deactivated", "deleted", "deferred", "failed", "exempt")
            if run.answer[name]
        }
    )


@contextmanager
def open_organisation(account: AwsAccount) -> Iterator[Organisation]:
    """Open an organization in moto."""
    topic = account.clients.sns.create_topic(Name="account-notices")["TopicArn"]
    with open_hub(account) as hub, open_members(account) as members:
        yield Organisation(hub=hub, members=members, account_topic_arn=topic)
