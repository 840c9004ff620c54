"""A deployment for an organization in moto, as the command line sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import Any

import time_machine
from moto.iam.models import iam_backends
from moto.ssm.models import ssm_backends

from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.adapters.register import Register
from key_rotation.domain.model import Action, Reason, User
from key_rotation.domain.watch import Event, Held, Noticed, State, Watch, WatchChange
from tests.aws.aws_account import REGION, AwsAccount
from tests.aws.organisation.hub import FIRST, OWN, SECOND, THIRD, Hub, open_hub
from tests.cli.deployment import deploy

__all__ = ["FIRST", "OWN", "SECOND", "THIRD", "DeployedHub", "open_deployed_hub"]


@dataclass(kw_only=True)
class DeployedHub:
    """The hub, and what people and runs do in its accounts."""

    hub: Hub

    @property
    def own(self) -> AwsAccount:
        """The account of the deployment."""
        return self.hub.account

    def create_key(self, account_id: str, user: str, *, age: int, status: str = "Active") -> str:
        """Create a key of an age in days, and its user if there is none; returns its id."""
        iam = iam_backends[account_id]["aws"]
        with time_machine.travel(self.own.now - timedelta(days=age), tick=False):
            if user not in iam.users:
                iam.create_user(REGION, user, "/")
            created = iam.create_access_key(user)
        created.status = status
        return str(created.access_key_id)

    def status(self, account_id: str, key_id: str) -> str:
        """Return the status of a key."""
        return str(iam_backends[account_id]["aws"].access_keys[key_id].status)

    def record(self, account_id: str, key_id: str, state: State, action: Action) -> None:
        """Record a key's watch and an event, as a run does."""
        iam = iam_backends[account_id]["aws"]
        key = iam.access_keys[key_id]
        user = iam.users[str(key.user_name)]
        watch = Watch(
            access_key_id=key_id,
            user=User(name=user.name, path=user.path, user_id=user.id),
            created=key.create_date.replace(tzinfo=UTC),
            state=state,
        )
        event = Event(action=action, reason=Reason.STALE, at=self.own.now, run_id="run-1")
        ledger = Ledger(
            self.own.clients.table, "run-1", Partitions(None if account_id == OWN else account_id)
        )
        [written] = ledger.write_watches([WatchChange(watch=watch, events=(event,))]).values()
        assert isinstance(written, Watch), written

    def notice(self, account_id: str, key_id: str, due: date) -> None:
        """Record a notice that was delivered."""
        state = Noticed(at=self.own.now, due=due, announced_on=self.own.now.date())
        self.record(account_id, key_id, state, Action.NOTICE)

    def hold(self, account_id: str, key_id: str) -> None:
        """Record a hold."""
        self.record(account_id, key_id, Held(since=self.own.now), Action.HOLD)

    def look_at(self, *account_ids: str) -> None:
        """Record that the last run looked at accounts."""
        register = Register(self.own.clients.table)
        rows = (self.hub.row(account_id) for account_id in account_ids)
        register.write(replace(row, last_looked_at=self.own.now) for row in rows)

    def put(self, **parameters: str) -> None:
        """Edit parameters by what follows the path; underscores stand for dashes."""
        self.own.put_parameters(**parameters)

    def parameter(self, name: str) -> str | None:
        """Return the value of a parameter by what follows the path; None if there is none."""
        store: Any = ssm_backends[OWN][REGION]
        found = store.get_parameters([f"/key-rotation/{name}"])
        return str(found[f"/key-rotation/{name}"].value) if found else None

    def prepare(self) -> None:
        """Let a run register the accounts."""
        self.hub.prepare_whole()


@contextmanager
def open_deployed_hub(account: AwsAccount) -> Iterator[DeployedHub]:
    """Deploy a hub with two accounts in one unit, and one in another; a run registered them."""
    with open_hub(account) as hub:
        deploy(
            account,
            StateMachineArn=hub.machine,
            PrepareFunctionName="prepare",
            AccountFunctionName="KeyRotation-function",
            DigestFunctionName="digest",
            MemberRoleName="KeyRotationMember",
        )
        opened = DeployedHub(hub=hub)
        opened.prepare()
        yield opened
