"""The client of the emulated account, for tests, the demo and the benchmark."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from local.emulator.control_client import ControlClient
from local.emulator.process import EmulatorProcess
from local.emulator.records import Invocation
from local.emulator.stack_deployer import StackDeployer

ACCOUNT = "000000000000"
_ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_NO_RETRY = Config(retries={"total_max_attempts": 1}, read_timeout=900)


class LocalAccount(ControlClient):
    """An AWS account on 127.0.0.1 with its own clock.

    It is ministack, an emulator, patched where it differs from AWS (see local/emulator/patches).
    IAM policies are enforced, and the deployed function runs under AWS's own runtime client. Use it
    as a context manager: the emulator stops, and its files are deleted, when the block ends.
    """

    def __init__(self, process: EmulatorProcess, *, region: str) -> None:
        """Connect to a running emulator; `start` starts one."""
        self._process = process
        self.region = region
        super().__init__(process.endpoint)
        administrator = self._session(_ADMINISTRATOR)
        self.client = administrator.client
        self._deployer = StackDeployer(administrator, account=ACCOUNT)
        self.outputs: dict[str, str] = {}  # of the selected stack

    @classmethod
    def start(
        cls,
        *,
        now: datetime,
        port: int = 0,
        state: Path | None = None,
        region: str = "eu-west-1",
    ) -> Self:
        """Start an emulator whose clock is at `now`, on a given port or on a free one.

        Its log is kept in the folder `state`, if given.
        """
        process = EmulatorProcess(now=now, port=port, state=state, region=region)
        return cls(process, region=region)

    def __enter__(self) -> Self:
        """Return this account."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the emulator."""
        self.close()

    def close(self) -> None:
        """Stop the emulator and its functions."""
        self._process.close()

    def deploy(self, assembly: Path, stack: str) -> dict[str, str]:
        """Create or update a stack from a cloud assembly, select it, and return its outputs.

        `local/emulator/stack_deployer.py` lists what ministack does not implement.
        """
        self._deployer.deploy(assembly, stack)
        return self.use(stack)

    def use(self, stack: str) -> dict[str, str]:
        """Select a stack that was deployed by other means, such as the CDK CLI.

        Returns its outputs.
        """
        self.outputs = self._deployer.outputs(stack)
        return self.outputs

    @property
    def function_name(self) -> str:
        """The output `FunctionName` of the selected stack; KeyError if no stack is selected."""
        return self.outputs["FunctionName"]

    def invoke(self, payload: dict[str, Any]) -> Invocation:
        """Invoke the function, wait until it ends, and return its invocation."""
        client = self.client("lambda", config=_NO_RETRY)
        before = len(self.invocations())
        client.invoke(FunctionName=self.function_name, Payload=json.dumps(payload))
        return next(each for each in self.invocations()[before:] if each.payload == payload)

    def role_session(self, function: str | None = None) -> boto3.Session:
        """Return a session of the role of a function; without a name, of the stack's function."""
        return self._session(self.role_credentials(function or self.function_name))

    def root_session(self, account: str) -> boto3.Session:
        """Return a session of the root user of any account; the emulator has all of them."""
        root = {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "test"}
        return self._session(root)

    def assume_role(self, arn: str, *, caller: boto3.Session) -> boto3.Session:
        """Return a session of a role of any account, which the caller assumes."""
        client = caller.client("sts")
        made = client.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        return self._session(
            {
                "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
                "AWS_SESSION_TOKEN": made["SessionToken"],
            }
        )

    def create_user(self, name: str, path: str = "/") -> None:
        """Create an IAM user."""
        self.client("iam").create_user(UserName=name, Path=path)

    def create_key(self, user: str, *, created: datetime | None = None) -> str:
        """Create an access key, backdated to `created` if given, and return its ID."""
        key = self.client("iam").create_access_key(UserName=user)["AccessKey"]
        if created:
            self.backdate_key(key["AccessKeyId"], created)
        return key["AccessKeyId"]

    def _session(self, credentials: Mapping[str, str]) -> boto3.Session:
        session = boto3.Session(
            region_name=self.region,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
        )
        # boto3 has no endpoint per session. The variable AWS_ENDPOINT_URL is one per process, and a
        # method of our own would lose the types of the clients.
        session.client = partial(session.client, endpoint_url=self.endpoint)  # type: ignore[method-assign]
        return session
