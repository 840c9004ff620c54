"""The client of the control endpoint."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.emulator.records import Invocation, PublishedMessage, SentMail


class ControlError(Exception):
    """Raised when the control endpoint returns an error; the message is that error."""


class ControlClient:
    """The operations on an emulated account that no AWS API offers."""

    def __init__(self, endpoint: str) -> None:
        """Call a running emulator."""
        self.endpoint = endpoint

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

    def set_account_state(self, account: str, state: str) -> None:
        """Set the `State` of a member of an organization, such as SUSPENDED, which no API sets."""
        self._control("set_account_state", account=account, state=state)

    def set_account_name(self, account: str, name: str) -> None:
        """Set the name of a member of an organization, which its owner chose before it joined."""
        self._control("set_account_name", account=account, name=name)

    def emit_event(self, source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Send an event to the default event bus as an AWS service does, such as `aws.ses`.

        `PutEvents` refuses such a source, and the emulated SES sends no events.
        """
        self._control("emit_event", source=source, detail_type=detail_type, detail=detail)

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

    def mails(self) -> list[SentMail]:
        """List all mails of all accounts that SES accepted, in the order of their time."""
        with urllib.request.urlopen(f"{self.endpoint}/_ministack/ses/messages") as answer:  # noqa: S310 - http, to ourselves
            by_account = json.load(answer)["messages"]
        sent = [SentMail.from_ministack(each) for mails in by_account.values() for each in mails]
        return sorted(sent, key=lambda mail: mail.at)

    def role_credentials(self, function_name: str) -> dict[str, str]:
        """Return the credentials of a function's execution role, by environment variable."""
        credentials: dict[str, str] = self._control("role_credentials", function=function_name)
        return credentials

    def backdate_key(self, key_id: str, created: datetime) -> None:
        """Set the creation date of an access key of any account."""
        self._control("backdate_key", access_key_id=key_id, created=created.isoformat())

    def _control(self, name: str, /, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        url = f"{self.endpoint}/_local/{name}"
        try:
            with urllib.request.urlopen(url, json.dumps(arguments).encode()) as answer:  # noqa: S310 - http, to ourselves
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ControlError(json.load(error)["error"]) from error
