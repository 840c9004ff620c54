"""A hub that is deployed into an emulated organization, and the executions of its state machine."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.demo.organisation.playback import document
from local.demo.synthesis import STACK
from local.emulator.account import ACCOUNT, LocalAccount
from local.emulator.local_organization import LocalOrganization, client
from local.emulator.records import Invocation, PublishedMessage
from tests.local.account_calls import AccountCalls
from tests.local.assembly import synthesise
from tests.local.proxy import proxy_to

MEMBER_ROLE = "KeyRotationMember"
STALE = timedelta(days=100)
_POLL = 0.1  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A hub, and the organization that its account is a member of.

    outputs: of its stack
    """

    organization: LocalOrganization
    outputs: Mapping[str, str]

    @property
    def account(self) -> LocalAccount:
        """The emulator, and the account of the hub."""
        return self.organization.account

    def iam(self, account_id: str) -> Any:
        """Return a client of an account's administrator."""
        return client(self.account, "iam", account_id)

    def create_key(self, account_id: str, user: str) -> str:
        """Create a user with a stale key, and return the ID of the key."""
        iam = self.iam(account_id)
        iam.create_user(UserName=user)
        key_id: str = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        self.account.backdate_key(key_id, self.account.now - STALE)
        return key_id

    def status(self, account_id: str, user: str) -> str:
        """Return the status of a user's only key."""
        (key,) = self.iam(account_id).list_access_keys(UserName=user)["AccessKeyMetadata"]
        return str(key["Status"])

    def set_parameter(self, name: str, value: str) -> None:
        """Set a parameter, by what follows the path."""
        self.account.client("ssm").put_parameter(
            Name=f"{self.outputs['ParameterPath']}/{name}",
            Value=value,
            Type="String",
            Overwrite=True,
        )

    def executions(self) -> list[str]:
        """Return the ARNs of all executions of the state machine, the newest first."""
        machine = self.outputs["StateMachineArn"]
        states = self.account.client("stepfunctions")
        listed = states.list_executions(stateMachineArn=machine)["executions"]
        return [each["executionArn"] for each in listed]

    def start(self, request: Mapping[str, Any]) -> str:
        """Start an execution by hand, and return its ARN."""
        states = self.account.client("stepfunctions")
        machine = self.outputs["StateMachineArn"]
        started = states.start_execution(stateMachineArn=machine, input=json.dumps(request))
        return started["executionArn"]

    def wait(self, arn: str) -> Mapping[str, Any]:
        """Return an execution when it has ended."""
        states = self.account.client("stepfunctions")
        while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(_POLL)
        return found

    def run(self, request: Mapping[str, Any]) -> Any:
        """Run by hand, and return the answer of the execution, which must succeed."""
        ended = self.wait(self.start(request))
        assert ended["status"] == "SUCCEEDED", ended
        return json.loads(ended["output"])

    def invoke_account_step(self, event: Mapping[str, Any]) -> Invocation:
        """Invoke the function of the account step directly, as a person with the right could."""
        before = len(self.account.invocations())
        functions = self.account.client("lambda")
        name = self.outputs["AccountFunctionName"]
        functions.invoke(FunctionName=name, Payload=json.dumps(event))
        return next(i for i in self.account.invocations()[before:] if i.payload == event)

    def digests(self, messages: Sequence[PublishedMessage]) -> list[PublishedMessage]:
        """Return those of some messages that the organization's topic got."""
        return [each for each in messages if each.topic == self.outputs["TopicArn"]]

    def telling(self, section: str, key_id: str) -> list[PublishedMessage]:
        """Return all digests of the organization that list a key in a section."""
        return [
            message
            for message in self.digests(self.account.outbox())
            if key_id in {e["access_key_id"] for e in document(message).get(section, [])}
        ]


def deploy_hub(organization: LocalOrganization, folder: Path, **context: str) -> Hub:
    """Deploy the hub into the account of the emulator, a member of the organization."""
    account = organization.account
    organization.delegate(ACCOUNT)
    assembly = synthesise(folder, {"organization": organization.id} | context)
    outputs = account.deploy(assembly, STACK)
    account.wait()
    return Hub(organization=organization, outputs=outputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunUnderWay:
    """A run that waits for SNS; `arn` is that of its execution."""

    arn: str
    run_id: str


class Gate:
    """Sees each call of a function, through a proxy, and can hold the digest of a run.

    in_accounts: the calls in the accounts of the organization
    """

    def __init__(self) -> None:
        """Hold nothing."""
        self.calls: list[bytes] = []
        self.in_accounts = AccountCalls()
        self._armed = threading.Event()
        self._reached, self._released = threading.Event(), threading.Event()

    def let_through(self, call: bytes) -> None:
        """Note a call that AWS has answered, and hold the answer to a publication if asked to."""
        self.calls.append(call)
        if b"Action=Publish&" in call and self._armed.is_set():
            self._armed.clear()
            self._reached.set()
            self._released.wait()

    @contextmanager
    def run_under_way(self, hub: Hub, request: Mapping[str, Any]) -> Iterator[RunUnderWay]:
        """Hold a run, during the block, when SNS has accepted its digest: there must be news.

        After the block the run has ended. The block must be shorter than the function waits for an
        answer: it would publish again.
        """
        self._reached.clear()
        self._released.clear()
        self._armed.set()
        arn = hub.start(request)
        try:
            assert self._reached.wait(timeout=60), "the run has not published"
            run_id = hub.account.invocations()[-1].payload["run_id"]
            yield RunUnderWay(arn=arn, run_id=run_id)
        finally:
            self._released.set()
        hub.wait(arn)


@contextmanager
def functions_through(gate: Gate, account: LocalAccount) -> Iterator[None]:
    """Send the calls of all functions through a gate; those that ran before start anew."""
    see = gate.in_accounts.see
    with proxy_to(account.endpoint, gate.let_through, on_answer=see) as url:
        account.send_function_through(url)
        yield
