"""Accounts of an organization in moto, in which runs take place through the member role."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import time_machine
from botocore.exceptions import ClientError
from moto.iam.models import AccessKeyLastUsed, iam_backends

from key_rotation.adapters.clients import MemberClients
from key_rotation.adapters.member_role import MemberRole
from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.domain.model import Now
from key_rotation.domain.organisation.accounts import (
    Account,
    AccountSettings,
    Coverage,
    RegisteredAccount,
)
from key_rotation.domain.run_state import Continuation
from key_rotation.domain.settings import Parameter
from key_rotation.organisation.account_run import AccountRun
from key_rotation.organisation.hub import Hub
from key_rotation.service_layer.owners import NO_OWNERS, Owners
from key_rotation.service_layer.run_context import Execution
from tests.aws.aws_account import DEFAULTS, REGION, AwsAccount

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

MEMBER = "222222222222"
RUN_ID = "20261124T090000Z-organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRole(MemberRole):
    """A member role that some accounts do not have.

    errors: by account id, what STS answers
    assumed: the accounts whose role was assumed, and whether the session could only read
    clients: by account id, since botocore takes long to build them
    """

    errors: dict[str, ClientError] = field(default_factory=dict)
    assumed: list[tuple[str, bool]] = field(default_factory=list)
    clients: dict[str, MemberClients] = field(default_factory=dict)

    def assume(self, account_id: str, run_id: str, *, read_only: bool) -> MemberClients:
        """Assume the role in moto, unless the account has none."""
        self.assumed.append((account_id, read_only))
        if account_id in self.errors:
            raise self.errors[account_id]
        if account_id not in self.clients:
            clients = MemberRole.assume(self, account_id, run_id, read_only=read_only)
            self.clients[account_id] = clients
        return self.clients[account_id]


@dataclass(kw_only=True)
class Members:
    """The member accounts of a hub, and what people do in them."""

    hub: AwsAccount
    role: BrokenRole
    attempts: int = 0

    def create_key(self, user: str, *, age: int, account_id: str = MEMBER) -> str:
        """Create an active key of an age in days; returns its id."""
        iam = iam_backends[account_id]["aws"]
        with time_machine.travel(self.hub.now - timedelta(days=age), tick=False):
            if user not in iam.users:
                iam.create_user(REGION, user, "/")
            return str(iam.create_access_key(user).access_key_id)

    def use_key(self, key_id: str, account_id: str = MEMBER) -> None:
        """Use a key now."""
        key = iam_backends[account_id]["aws"].access_keys[key_id]
        key.last_used = AccessKeyLastUsed(self.hub.now, "s3", REGION)

    def status(self, key_id: str, account_id: str = MEMBER) -> str | None:
        """Return the status of a key; None if it was deleted."""
        keys = iam_backends[account_id]["aws"].access_keys
        return keys[key_id].status if key_id in keys else None

    def registered(self, account_id: str = MEMBER, **fields: Any) -> RegisteredAccount:
        """Return the row of an account that a run is to look at; some parameters may differ."""
        parameters = DEFAULTS | fields.pop("parameters", {})
        raw = {name: Parameter(value=value, version=1) for name, value in parameters.items()}
        row: dict[str, Any] = {
            "account": Account(
                account_id=account_id, name="prod", ous=("r-1", "ou-1-a"), state="ACTIVE"
            ),
            "coverage": Coverage.COVERED,
            "run_id": RUN_ID,
            "event_id": "event-1",
            "first_seen": self.hub.now,
            "settings": AccountSettings(raw=raw),
        }
        return RegisteredAccount(**(row | fields))

    def account_run(
        self,
        registered: RegisteredAccount,
        *,
        report_only: bool = False,
        remainder: Continuation | None = None,
    ) -> AccountRun:
        """Return the run in an account, as the account step makes it."""
        hub = Hub(
            account_id=self.hub.environment.account_id,
            parameter_path=self.hub.environment.parameter_path,
            table=self.hub.clients.table,
            owners=self.hub.owner_mail is not None,
        )
        assert registered.settings is not None
        return AccountRun(
            hub=hub,
            role=self.role,
            registered=registered,
            settings=hub.settings(registered.settings),
            report_only=report_only,
            remainder=remainder,
            owners=self._owners(hub, registered.account.account_id),
        )

    def _owners(self, hub: Hub, account_id: str) -> Owners:
        mail = self.hub.owner_mail
        if mail is None:
            return NO_OWNERS
        return mail.known(OwnerMails(hub.table, hub.partitions), account_id)

    def execution(self, run_id: str = RUN_ID, **options: Any) -> Execution:
        """Return one execution of the account step."""
        self.attempts += 1
        return Execution(
            run_id=run_id,
            now=Now(instant=self.hub.now, zone=self.hub.zone),
            clock=self.hub.clock,
            attempt=f"attempt-{self.attempts}",
            **options,
        )


@contextmanager
def open_members(hub: AwsAccount) -> Iterator[Members]:
    """Give a hub in moto its member accounts."""
    sts: STSClient = boto3.client("sts", region_name=REGION)
    role = BrokenRole(
        sts=sts, partition="aws", name="key-rotation/KeyRotationMember", external_id="o-example00"
    )
    yield Members(hub=hub, role=role)
