"""The emulated account, for whoever tests or shows the product in it."""

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
STACK = "KeyRotation"
_ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_NO_RETRY = Config(retries={"total_max_attempts": 1}, read_timeout=900)


class ControlError(Exception):
    """Raised when the emulator's control endpoint refuses; it says why."""


class LocalAccount:
    """An AWS account on 127.0.0.1, by a clock of its own.

    It is ministack, an emulator, with the differences from AWS that matter here patched (see
    local/emulator/patches): IAM policies are enforced, and the deployed function runs under AWS's
    own runtime client. Use it as a context manager; nothing of it is left when that ends.
    """

    def __init__(self, process: EmulatorProcess, *, region: str) -> None:
        """Speak to a running emulator; `start` starts one."""
        self._process = process
        self.region = region
        self.endpoint = process.endpoint
        admin = LocalSession(endpoint=self.endpoint, region=region, keys=lambda: _ADMINISTRATOR)
        role = LocalSession(endpoint=self.endpoint, region=region, keys=self._role_keys)
        self.client = admin.client  # with the administrator's credentials
        self.function_client = role.client  # with those of the deployed function's role
        self._deployer = StackDeployer(admin, account=ACCOUNT)
        self._function_name = ""

    @classmethod
    def start(
        cls,
        *,
        now: datetime,
        port: int = 0,
        state: Path | None = None,
        region: str = "eu-west-1",
    ) -> Self:
        """Start an emulator whose clock shows `now`, on a port, or on a free one.

        Its log stays in the folder `state`, where one is given.
        """
        process = EmulatorProcess(now=now, port=port, state=state, region=region)
        return cls(process, region=region)

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.close()

    def close(self) -> None:
        """Stop the emulator, with all it runs."""
        self._process.close()

    # --- the account, through AWS's own API ---

    def deploy(self, template_dir: Path, stack: str = STACK) -> dict[str, str]:
        """Create or update a stack from a cloud assembly, and return its outputs.

        `local/emulator/stack_deployer.py` says what of a template ministack does not do.
        """
        self._deployer.deploy(template_dir, stack)
        return self.use(stack)

    def use(self, stack: str = STACK) -> dict[str, str]:
        """Take a stack that something else deployed, such as the CDK's CLI; return its outputs."""
        outputs = self._deployer.outputs(stack)
        self._function_name = outputs.get("FunctionName", "")
        return outputs

    @property
    def function_name(self) -> str:
        """The function of the stack in use."""
        return self._function_name or self.use()["FunctionName"]

    def invoke(self, payload: dict[str, Any]) -> Invocation:
        """Invoke the function and wait for its answer."""
        client = self.client("lambda", config=_NO_RETRY)
        before = len(self.invocations())
        client.invoke(FunctionName=self.function_name, Payload=json.dumps(payload))
        return next(each for each in self.invocations()[before:] if each.payload == payload)

    def create_user(self, name: str, path: str = "/") -> None:
        """Create an IAM user."""
        self.client("iam").create_user(UserName=name, Path=path)

    def create_key(self, user: str, *, created: datetime | None = None) -> str:
        """Create an access key, as of long ago if so wanted, and return its id."""
        key = self.client("iam").create_access_key(UserName=user)["AccessKey"]
        if created:
            key_id = key["AccessKeyId"]
            self._control("backdate_key", access_key_id=key_id, created=created.isoformat())
        return key["AccessKeyId"]

    # --- what no API of AWS does ---

    @property
    def now(self) -> datetime:
        """The emulated instant."""
        return datetime.fromisoformat(self._control("now"))

    def move_clock(self, *, to: datetime) -> None:
        """Move the clock ahead; each schedule fires at each of its times on the way.

        It returns when all invocations have ended.
        """
        self._control("move_clock", to=to.astimezone(UTC).isoformat())

    def wait(self) -> None:
        """Return when no asynchronous invocation runs any more."""
        self._control("wait")

    def set_last_used(
        self, key_id: str, at: datetime | None, *, service: str = "s3", region: str = "eu-west-1"
    ) -> None:
        """Set what `GetAccessKeyLastUsed` tells of a key; None is "never"."""
        at_text = at and at.astimezone(UTC).isoformat()
        self._control(
            "set_last_used", access_key_id=key_id, at=at_text, service=service, region=region
        )

    def set_confirmed(self, endpoint: str, *, confirmed: bool) -> None:
        """Confirm a subscription (ministack does it by itself at first), or let it wait."""
        self._control("set_confirmed", endpoint=endpoint, confirmed=confirmed)

    def send_function_through(self, url: str | None) -> None:
        """Let the function find AWS at another address, such as a proxy's; None is the own one."""
        self._control("set_function_endpoint", url=url or self.endpoint)

    def speed_up_sleep(self, times: float) -> None:
        """Shorten the pauses that the function makes, as between two tries of a call; 1 for none.

        Its timeouts, and the heartbeat of its lease, stay as they are.
        """
        self._control("set_sleep_speedup", times=times)

    def kill_functions(self) -> int:
        """Kill the functions that run, wherever they are in their work; tell how many."""
        killed: int = self._control("kill_functions")
        return killed

    def invocations(self) -> list[Invocation]:
        """List every execution of a function so far."""
        return [Invocation.from_json(each) for each in self._control("invocations")]

    def outbox(self) -> list[PublishedMessage]:
        """List every message that SNS took so far."""
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
