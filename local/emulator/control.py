"""The control endpoint: operations on the emulated account that no AWS API offers.

It serves `/_local/` on the port of the emulator. Requests and responses are JSON; an error is
`{"error": ...}` with status 400.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from local.emulator import ministack_internals, organization
from local.emulator.components import Components
from local.emulator.records import LastUse

PREFIX = "/_local/"

# The names of the ASGI specification, which defines no Python types.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Arguments = Mapping[str, Any]


class Control:
    """The operations; each public method is one path."""

    def __init__(self, components: Components) -> None:
        """Operate on these components."""
        self._components = components

    def now(self, _: Arguments) -> str:
        """Return the emulated time."""
        return self._components.clock.now().isoformat()

    def move_clock(self, arguments: Arguments) -> None:
        """Move the clock forward and run the schedules that become due."""
        self._components.schedule_runner.move_to(datetime.fromisoformat(arguments["to"]))

    def wait(self, _: Arguments) -> None:
        """Return when no asynchronous invocation is running."""
        self._components.background_tasks.wait()

    def backdate_key(self, arguments: Arguments) -> None:
        """Set the creation date of an access key of any account."""
        ministack_internals.backdate_key(
            arguments["access_key_id"], datetime.fromisoformat(arguments["created"])
        )

    def set_last_used(self, arguments: Arguments) -> None:
        """Set the last use of an access key; a null `at` means never used."""
        key_id = arguments["access_key_id"]
        self._components.event_log.last_uses.pop(key_id, None)
        if arguments["at"]:
            use = LastUse(
                at=datetime.fromisoformat(arguments["at"]),
                service=arguments["service"],
                region=arguments["region"],
            )
            self._components.event_log.last_uses[key_id] = use

    def set_account_state(self, arguments: Arguments) -> None:
        """Set the state of a member of an organization."""
        organization.set_account_state(arguments["account"], arguments["state"])

    def set_account_name(self, arguments: Arguments) -> None:
        """Set the name of a member of an organization."""
        organization.account_record(arguments["account"])["Name"] = arguments["name"]

    def emit_event(self, arguments: Arguments) -> None:
        """Send an event to the default event bus as a service of AWS."""
        ministack_internals.emit_event(
            arguments["source"], arguments["detail_type"], arguments["detail"]
        )

    def set_confirmed(self, arguments: Arguments) -> None:
        """Set the subscriptions of an endpoint to confirmed or to pending confirmation."""
        ministack_internals.set_confirmed(arguments["endpoint"], confirmed=arguments["confirmed"])

    def set_function_endpoint(self, arguments: Arguments) -> None:
        """Set the URL at which functions call AWS, such as that of a proxy."""
        self._components.pool.endpoint = arguments["url"]

    def set_sleep_speedup(self, arguments: Arguments) -> None:
        """Divide the duration of every sleep in a function by `times`."""
        self._components.pool.sleep_speedup = arguments["times"]

    def kill_functions(self, _: Arguments) -> int:
        """Kill the functions that are running, and return their number."""
        return self._components.pool.kill()

    def role_credentials(self, arguments: Arguments) -> dict[str, str]:
        """Return the credentials of a function's execution role."""
        return ministack_internals.role_credentials(
            ministack_internals.function_record(arguments["function"])
        )

    def invocations(self, _: Arguments) -> list[dict[str, Any]]:
        """List the invocations."""
        return [each.to_json() for each in self._components.event_log.invocations]

    def outbox(self, _: Arguments) -> list[dict[str, Any]]:
        """List the messages that were published to SNS."""
        return [each.to_json() for each in self._components.event_log.messages]


def with_control(app: App, control: Control) -> App:
    """Return an application that serves the control endpoint and passes other requests to `app`."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if not path.startswith(PREFIX):
            await app(scope, receive, send)
            return
        arguments = json.loads(await _body(receive) or b"{}")
        status, answer = await asyncio.to_thread(_call, control, path, arguments)
        await _respond(send, status, answer)

    return serve


def _call(control: Control, path: str, arguments: Arguments) -> tuple[HTTPStatus, Any]:
    name = path.removeprefix(PREFIX)
    if name.startswith("_") or not hasattr(control, name):
        return HTTPStatus.NOT_FOUND, {"error": f"no control {name}"}
    try:
        return HTTPStatus.OK, getattr(control, name)(arguments)
    except ValueError as error:
        return HTTPStatus.BAD_REQUEST, {"error": str(error)}


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _respond(send: Send, status: HTTPStatus, answer: object) -> None:
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
