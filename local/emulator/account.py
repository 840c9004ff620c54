"""The client of the emulated account, for tests, the demo and the benchmark."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.config import Config

from local.emulator.process import EmulatorProcess
from local.emulator.records import Invocation, PublishedMessage
from local.emulator.sessions import LocalSession
from local.emulator.stack_deployer import StackDeployer

ACCOUNT = "000000000000"
_ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_NO_RETRY = Config(retries={"total_max_attempts": 1}, read_timeout=900)


class ControlError(Exception):
    """Raised when the control endpoint returns an error; the message is that error."""


class LocalAccount:
    """An AWS account on 127.0.0.1 with its own clock.

    It is ministack, an emulator, patched where it differs from AWS (see local/emulator/patches).
    IAM policies are enforced, and the deployed function runs under AWS's own runtime client. Use it
    as a context manager: the emulator stops, and its files are deleted, when the block ends.
    """

    def __init__(self, process: EmulatorProcess, *, region: str) -> None:
        """Connect to a running emulator; `start` starts one."""
        self._process = process
        self.region = region
        self.endpoint = process.endpoint
        admin = LocalSession(endpoint=self.endpoint, region=region, keys=lambda: _ADMINISTRATOR)
        role = LocalSession(endpoint=self.endpoint, region=region, keys=self._role_keys)
        self.client = admin.client  # uses the administrator's credentials
        self.function_client = role.client  # uses the credentials of the function's role
        self._deployer = StackDeployer(admin, account=ACCOUNT)
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

    # --- through the AWS API ---

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

    def create_user(self, name: str, path: str = "/") -> None:
        """Create an IAM user."""
        self.client("iam").create_user(UserName=name, Path=path)

    def create_key(self, user: str, *, created: datetime | None = None) -> str:
        """Create an access key, backdated to `created` if given, and return its ID."""
        key = self.client("iam").create_access_key(UserName=user)["AccessKey"]
        if created:
            key_id = key["AccessKeyId"]
            self._control("backdate_key", access_key_id=key_id, created=created.isoformat())
        return key["AccessKeyId"]

    # --- through the control endpoint ---

    @property
    def now(self) -> datetime:
        """The emulated time."""
        return datetime.fromisoformat(self._control("now"))

    def move_clock(self, *, to: datetime) -> None:
        """Move the clock forward; each schedule runs at each of its due times.

        Returns when all invocations have ended.
        """
        self._control("move_clock", to=to.astimezone(UTC).isoformat())

    def wait(self) -> None:
        """Return when no asynchronous invocation is running."""
        self._control("wait")

    def set_last_used(
        self, key_id: str, at: datetime | None, *, service: str = "s3", region: str = "eu-west-1"
    ) -> None:
        """Set what `GetAccessKeyLastUsed` returns for a key; None means never used."""
        at_text = at and at.astimezone(UTC).isoformat()
        self._control(
            "set_last_used", access_key_id=key_id, at=at_text, service=service, region=region
        )

    def set_confirmed(self, endpoint: str, *, confirmed: bool) -> None:
        """Set a subscription to confirmed (the initial state) or to pending confirmation."""
        self._control("set_confirmed", endpoint=endpoint, confirmed=confirmed)

    def send_function_through(self, url: str | None) -> None:
        """Make the function call AWS at another URL, such as that of a proxy; None resets it."""
        self._control("set_function_endpoint", url=url or self.endpoint)

    def speed_up_sleep(self, times: float) -> None:
        """Divide the duration of the function's sleeps, such as those between retries.

        Its timeouts and the heartbeat of its lease are unchanged.
        """
        self._control("set_sleep_speedup", times=times)

    def kill_functions(self) -> int:
        """Kill the functions that are running, and return their number."""
        killed: int = self._control("kill_functions")
        return killed

    def invocations(self) -> list[Invocation]:
        """List all invocations."""
        return [Invocation.from_json(each) for each in self._control("invocations")]

    def outbox(self) -> list[PublishedMessage]:
        """List all messages that were published to SNS."""
        return [PublishedMessage.from_json(each) for each in self._control("outbox")]

    def _role_keys(self) -> dict[str, str]:
        keys: dict[str, str] = self._control("role_credentials", function=self.function_name)
        return keys

    def _control(self, name: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        url = f"{self.endpoint}/_local/{name}"
        try:
            with urllib.request.urlopen(url, json.dumps(arguments).encode()) as answer:  # noqa: S310 - http, to ourselves
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ControlError(json.load(error)["error"]) from error
