"""A hub in moto: the account of the deployment, with an organization and a state machine.

Organizations is answered from memory at botocore's level: moto knows neither `Paths` nor empty
pages. One test compares it with moto.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID

from key_rotation.adapters.clients import HubClients, build_hub_clients
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.adapters.register import Register
from key_rotation.domain.model import Now
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.domain.organisation.request import OrganisationRequest
from key_rotation.domain.watch import Watch, WatchChange
from key_rotation.organisation.facts import HubEnvironment
from key_rotation.organisation.preparation import Preparation, prepare
from key_rotation.service_layer.run_context import Execution
from tests.aws.aws_account import AwsAccount

OWN = DEFAULT_ACCOUNT_ID
ORGANIZATION_ID = "o-exampleorgid"
ROOT, PRODUCTION, SANDBOX = "r-root", "ou-root-prod0001", "ou-root-sand0001"
FIRST, SECOND, THIRD = "111122223333", "444455556666", "777788889999"
OPERATIONS = ("DescribeOrganization", "ListAccounts", "ListParents")


@dataclass(kw_only=True)
class Organization:
    """An organization in memory, as the three operations give it.

    members: the accounts as `ListAccounts` gives them
    parents: of the accounts and units, as `ListParents` gives them
    page_size: how many accounts are on a page; an empty page follows the first one
    errors: the error codes of the next calls, by operation
    on_call: called before and after each call
    """

    organization_id: str = ORGANIZATION_ID
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    page_size: int = 20
    errors: dict[str, list[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    on_call: Callable[[str, str], None] = lambda *_: None

    def add(self, account_id: str, *units: str, state: str = "ACTIVE") -> None:
        """Add an account, or move it; `units` contain it, the outermost first."""
        path = "/".join((self.organization_id, ROOT, *units, account_id, ""))
        self.members[account_id] = {
            "Id": account_id,
            "Name": f"name of {account_id}",
            "State": state,
            "Paths": [path],
        }
        for parent, child in zip((ROOT, *units), (*units, account_id), strict=True):
            self.parents[child] = parent

    def answer(self, model: Any, params: Mapping[str, Any], **_: Any) -> Any:
        """Answer a call instead of AWS (botocore's event `before-call`)."""
        self.calls.append(model.name)
        self.on_call("before", model.name)
        if codes := self.errors.get(model.name):
            error = {"Code": codes.pop(0), "Message": "fault"}
            return SimpleNamespace(status_code=400), {"Error": error}
        answer = getattr(self, model.name)(json.loads(params["body"] or "{}"))
        self.on_call("after", model.name)
        return SimpleNamespace(status_code=200), answer

    def DescribeOrganization(self, _: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802  # AWS's
        """Answer with the id and the management account."""
        found = {"Id": self.organization_id, "MasterAccountId": SECOND}
        return {"Organization": found}

    def ListAccounts(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802  # AWS's
        """Answer with a page; the second one is empty, and has a token."""
        pages = [
            list(self.members.values())[start : start + self.page_size]
            for start in range(0, len(self.members), self.page_size)
        ]
        pages[1:1] = [[]]
        number = int(request.get("NextToken", "0"))
        answer: dict[str, Any] = {"Accounts": pages[number]}
        return answer | ({"NextToken": str(number + 1)} if number + 1 < len(pages) else {})

    def ListParents(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802  # AWS's
        """Answer with the parent of an account or unit."""
        parent = self.parents[request["ChildId"]]
        kind = "ROOT" if parent == ROOT else "ORGANIZATIONAL_UNIT"
        return {"Parents": [{"Id": parent, "Type": kind}]}


@dataclass(kw_only=True)
class Hub:
    """The deployment's account, in which people start executions."""

    account: AwsAccount
    clients: HubClients
    organization: Organization
    machine: str
    targets: frozenset[str] = frozenset({ROOT})
    executions: int = 0

    @property
    def environment(self) -> HubEnvironment:
        """Where the step works."""
        return HubEnvironment(
            account_id=OWN,
            organization_id=ORGANIZATION_ID,
            targets=self.targets,
            topic_arn=self.account.environment.topic_arn,
            parameter_path="/key-rotation",
        )

    def start(self) -> str:
        """Start an execution, which goes on until it is stopped; returns its ARN."""
        self.executions += 1
        started = self.clients.states.start_execution(
            stateMachineArn=self.machine, name=f"execution-{self.executions}"
        )
        return started["executionArn"]

    def stop(self, arn: str) -> None:
        """End an execution."""
        self.clients.states.stop_execution(executionArn=arn)

    def prepare(self, request: Mapping[str, Any] | None = None, arn: str = "") -> Preparation:
        """Prepare a run in an execution: a new one, unless it is given."""
        arn = arn or self.start()
        execution = Execution(
            run_id=f"run-{self.executions}",
            now=Now(instant=self.account.now, zone=self.account.zone),
            clock=self.account.clock,
        )
        event = {"execution_arn": arn, "input": request or {}}
        return prepare(OrganisationRequest.parse(event), self.environment, self.clients, execution)

    def prepare_whole(self, request: Mapping[str, Any] | None = None) -> Preparation:
        """Prepare a run, and end it as the digest does; returns what was prepared."""
        arn = self.start()
        prepared = self.prepare(request, arn)
        assert self.runs.end(prepared.run, self.account.now)
        self.stop(arn)
        return prepared

    def after(self, days: float) -> None:
        """Let days pass."""
        self.account.now += timedelta(days=days)

    @property
    def register(self) -> Register:
        """The register of accounts."""
        return Register(self.clients.table)

    @property
    def runs(self) -> OrganisationRuns:
        """What runs leave in the ledger."""
        return OrganisationRuns(self.clients.table)

    @property
    def run(self) -> OrganisationRun | None:
        """The run under way, or the last one."""
        return self.runs.read()

    def row(self, account_id: str) -> RegisteredAccount:
        """Return the row of an account."""
        row = Register(self.clients.table).read(account_id)
        assert row is not None
        return row

    def watch(self, account_id: str, *watches: Watch) -> None:
        """Record watches of an account, as its earlier runs did."""
        partitions = Partitions(None if account_id == OWN else account_id)
        ledger = Ledger(self.clients.table, "earlier", partitions)
        written = ledger.write_watches(WatchChange(watch=watch) for watch in watches)
        assert all(isinstance(each, Watch) for each in written.values())


@cache
def _clients() -> HubClients:
    """Build the clients once, since botocore is slow; they work with each account of moto."""
    return build_hub_clients("ledger")


def begin_partition(account: AwsAccount, pk: str) -> None:
    """Let moto know a partition, which it loses if two threads write its first item at once."""
    account.clients.table.put_item(Item={"pk": pk, "sk": "first"})
    account.clients.table.delete_item(Key={"pk": pk, "sk": "first"})


@contextmanager
def open_hub(account: AwsAccount) -> Iterator[Hub]:
    """Open a hub with the own account and two members, all in units of their own."""
    shared = account.clients
    clients = replace(_clients(), ssm=shared.ssm, sns=shared.sns, table=shared.table)
    organization = Organization()
    organization.add(OWN)
    organization.add(FIRST, PRODUCTION)
    organization.add(SECOND, PRODUCTION)
    organization.add(THIRD, SANDBOX)
    role = account.clients.iam.create_role(RoleName="machine", AssumeRolePolicyDocument="{}")
    machine = clients.states.create_state_machine(
        name="KeyRotation", definition="{}", roleArn=role["Role"]["Arn"]
    )
    account.put_parameters(
        **{
            "organisation/leave-out": "none",
            "organisation/max-changes-per-run": "250",
        }
    )
    events = clients.organizations.meta.events
    for name in OPERATIONS:
        events.register(f"before-call.organizations.{name}", organization.answer)
    begin_partition(account, "ACCOUNT")
    hub = Hub(
        account=account,
        clients=clients,
        organization=organization,
        machine=machine["stateMachineArn"],
    )
    try:
        yield hub
    finally:
        for name in OPERATIONS:
            events.unregister(f"before-call.organizations.{name}", organization.answer)
