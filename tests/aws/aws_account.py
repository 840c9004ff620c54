"""An AWS account in moto, with a clock of its own, in which people use keys and runs take place.

What people do is done in moto's own models, which takes a hundredth of the time of a call.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import moto
import time_machine
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam import models as moto_iam
from moto.iam.models import AccessKeyLastUsed, iam_backends
from moto.sns.models import sns_backends
from moto.ssm.models import ssm_backends

from key_rotation.adapters.clients import build_deployment_clients, build_member_clients
from key_rotation.adapters.lease import LeaseOptions, LeaseTiming
from key_rotation.domain.execution import UNLIMITED, Clock, TimeBudget
from key_rotation.domain.model import Now, RunEnvironment
from key_rotation.reporting.report import FinishedPart, Report
from key_rotation.reporting.response import response
from key_rotation.request import Request
from key_rotation.run import run
from key_rotation.service_layer.owner_mail_environment import OwnerMailEnvironment
from key_rotation.service_layer.run_context import Execution
from key_rotation.service_layer.single_account import single_account_services
from tests.aws.clients import Clients, InstantClock
from tests.aws.moto_costs import save_moto_repeated_work, sign_nothing
from tests.aws.untraced import do_not_trace_botocore_and_moto

moto_iam.LIMIT_KEYS_PER_USER = 9  # some AWS accounts have a quota of more than two
save_moto_repeated_work()
do_not_trace_botocore_and_moto()
REGION = "eu-west-1"
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DEFAULTS = {
    "mode": "enforce",
    "max-age-days": "90",
    "notice-days": "7",
    "grace-days": "30",
    "max-changes-per-run": "25",
    "delete-unused-keys": "true",
    "adopt-inactive-keys": "false",
    "exemptions": "none",
}
_NOT_GIVEN: dict[str, Any] = dict.fromkeys(
    ("allowed_pattern", "description", "keyid", "policies", "tags", "tier")
)


def with_root_row(content: bytes) -> bytes:
    """Add the row of the root user, which moto omits, to a credential report."""
    head, *rows = content.decode().strip().split("\n")
    root_fields = {"user": "<root_account>", "user_creation_time": "2020-01-01T00:00:00+00:00"}
    no_keys = {"access_key_1_active": "false", "access_key_2_active": "false"}
    root = ",".join((root_fields | no_keys).get(column, "N/A") for column in head.split(","))
    return "\n".join([head, root, *rows]).encode()


@dataclass(kw_only=True)
class AwsAccount:
    """One account, its clock, and what people do in it.

    report_generated_at: when the credential report was generated; None for now
    clock: measures and waits; by default, waiting takes no time
    owner_mail: how owners get mail; None if they get none
    """

    clients: Clients
    environment: RunEnvironment
    now: datetime = START
    run_count: int = 0
    report_generated_at: datetime | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    clock: Clock = field(default_factory=InstantClock)
    lease_options: LeaseOptions = field(default_factory=LeaseOptions)
    owner_mail: OwnerMailEnvironment | None = None

    def create_key(self, user: str, *, age: int, status: str = "Active", path: str = "/") -> str:
        """Create a key of an age in days, and its user if there is none; returns the key id."""
        iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
        with time_machine.travel(self.now - timedelta(days=age), tick=False):
            if user not in iam.users:
                iam.create_user(REGION, user, path)
            created = iam.create_access_key(user)
        created.status = status
        return str(created.access_key_id)

    def set_status(self, user: str, key_id: str, status: str) -> None:
        """Set the status of a key, as a person would."""
        key = self._key(key_id)
        assert key.user_name == user
        key.status = status

    def use_key(self, key_id: str, at: datetime | None = None) -> None:
        """Use a key, now or at another time."""
        self._key(key_id).last_used = AccessKeyLastUsed(at or self.now, "s3", REGION)

    def tag_key(self, user: str, key_id: str, description: str) -> None:
        """Describe a key, as the console does: with a tag of its user, named after the key id."""
        self.clients.iam.tag_user(UserName=user, Tags=[{"Key": key_id, "Value": description}])

    def rename_owner(self, user: str, name: str) -> None:
        """Give the keys of a renamed user the new name, which moto does not do."""
        for create_key in iam_backends[DEFAULT_ACCOUNT_ID]["aws"].access_keys.values():
            if create_key.user_name == user:
                create_key.user_name = name

    def delete_key(self, user: str, key_id: str) -> None:
        """Delete a key, as its owner would."""
        self.clients.iam.delete_access_key(UserName=user, AccessKeyId=key_id)

    def put_parameters(self, **parameters: str) -> None:
        """Edit parameters; underscores stand for dashes."""
        for name, value in parameters.items():
            ssm_backends[DEFAULT_ACCOUNT_ID][REGION].put_parameter(
                f"/key-rotation/{name.replace('_', '-')}",
                value=value,
                parameter_type="String",
                overwrite=True,
                data_type="text",
                **_NOT_GIVEN,
            )

    def run_for_report(self, event: Mapping[str, Any] | None = None) -> Report:
        """Run once; returns the report."""
        return self.run_within(UNLIMITED, event).report

    def run_for_part(self, event: Mapping[str, Any] | None = None) -> FinishedPart:
        """Run once; returns the part of the run with its report."""
        return self.run_within(UNLIMITED, event)

    def run_within(
        self, budget: TimeBudget, event: Mapping[str, Any] | None = None
    ) -> FinishedPart:
        """Run once, with a time budget; returns the part of the run with its report."""
        self.run_count += 1
        execution = Execution(
            run_id=f"run-{self.run_count}",
            now=Now(instant=self.now, zone=self.zone),
            clock=self.clock,
            budget=budget,
            lease_options=self.lease_options,
        )
        return run(
            Request.parse(event or {}, execution.run_id),
            self.environment,
            single_account_services(
                self.clients.member, self.clients.deployment, self.environment, self.owner_mail
            ),
            execution,
        )

    def in_real_time(self, **timing: float) -> None:
        """Use the real clock for leases, and heartbeats in a thread."""
        self.clock = time
        self.lease_options = LeaseOptions(timing=LeaseTiming(**timing))

    def run(self, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run once; returns the response."""
        return response(self.run_for_part(event))

    def run_after(self, days: int) -> dict[str, Any]:
        """Let days pass without a run, then run once; returns the response."""
        self.now += timedelta(days=days)
        return self.run()

    @contextmanager
    def without_listener(self) -> Iterator[None]:
        """Set the only subscription to pending confirmation."""
        [subscription] = sns_backends[DEFAULT_ACCOUNT_ID][REGION].subscriptions.values()
        arn, subscription.arn = subscription.arn, "PendingConfirmation"
        try:
            yield
        finally:
            subscription.arn = arn

    def iam_keys(self) -> dict[str, tuple[str | None, str, datetime]]:
        """Return the user, status and creation date of all keys."""
        keys = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].access_keys.values()
        return {
            create_key.access_key_id: (
                create_key.user_name,
                create_key.status,
                create_key.create_date,
            )
            for create_key in keys
        }

    def watch(self, key_id: str) -> dict[str, Any] | None:
        """Return the stored watch of a key; None if there is none."""
        return next((item for item in self.items("WATCH") if item["sk"] == key_id), None)

    def history(self, key_id: str) -> list[str]:
        """Return the actions in the history of a key."""
        return [item["action"] for item in self.items(f"HISTORY#{key_id}")]

    def status(self, key_id: str) -> str | None:
        """Return the status of a key; None if it was deleted."""
        keys = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].access_keys
        return keys[key_id].status if key_id in keys else None

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Return all messages that SNS accepted: subject, text, JSON and attributes."""
        topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[self.environment.topic_arn]
        return [
            {
                "subject": notification[2],
                "text": variants["email"],
                "data": json.loads(variants.get("sqs", variants["default"])),
                "attributes": notification[3],
                "variants": variants,
            }
            for notification in topic.sent_notifications
            if (variants := json.loads(notification[1]))
        ]

    def items(self, pk: str) -> list[dict[str, Any]]:
        """Return the items of one partition of the ledger."""
        response = self.clients.table.query(
            KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": pk}
        )
        return response["Items"]

    def _key(self, key_id: str) -> Any:
        return iam_backends[DEFAULT_ACCOUNT_ID]["aws"].access_keys[key_id]


@cache
def _clients() -> tuple[Clients, Any, Any]:
    """Build the clients once, since botocore is slow; they work with each account of moto."""
    session = boto3.Session(region_name=REGION)
    member, deployment = build_member_clients(), build_deployment_clients("ledger")
    clients = Clients(
        iam=member.iam,
        iam_once=member.iam_once,
        ssm=deployment.ssm,
        sns=deployment.sns,
        table=deployment.table,
        functions=deployment.functions,
    )
    table = clients.table.meta.client
    sign_nothing(clients.iam, clients.iam_once, clients.ssm, clients.sns, table)
    return clients, session.client("dynamodb"), session.client("sns")


def create_ledger_table(dynamodb: Any) -> None:
    """Create the table of the ledger with a client of DynamoDB."""
    dynamodb.create_table(
        TableName="ledger",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@contextmanager
def open_account() -> Iterator[AwsAccount]:
    """Open an account with a table, a topic with one subscriber, and the parameters."""
    with moto.mock_aws():
        clients, dynamodb, sns = _clients()
        create_ledger_table(dynamodb)
        topic_arn = sns.create_topic(Name="notices")["TopicArn"]
        sns.subscribe(TopicArn=topic_arn, Protocol="email", Endpoint="sec@example.com")
        account = AwsAccount(
            clients=clients,
            environment=RunEnvironment(
                account_id=DEFAULT_ACCOUNT_ID,
                topic_arn=topic_arn,
                parameter_path="/key-rotation",
            ),
        )
        account.put_parameters(**DEFAULTS)

        def set_generated_time(parsed: dict[str, Any], **_: Any) -> None:
            parsed["GeneratedTime"] = account.report_generated_at or account.now
            if parsed.get("Content", b"").startswith(b"user,"):
                parsed["Content"] = with_root_row(parsed["Content"])

        events = clients.iam.meta.events
        events.register("after-call.iam.GetCredentialReport", set_generated_time)
        yield account
        events.unregister("after-call.iam.GetCredentialReport", set_generated_time)
